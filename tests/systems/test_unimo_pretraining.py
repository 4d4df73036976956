"""UNIMO's pre-training: what each kind of example is asked, and how the losses add up."""

import dataclasses

import numpy as np
import pytest
import torch

from tests.properties.batches import FEATURES, MASK, VOCABULARY, make_batch, seeded
from tests.systems.test_unimo import SIZES, close, widened
from workbench.data.unpaired import parted
from workbench.objectives.contrastive import Contrastive
from workbench.objectives.masking import GeometricSpans
from workbench.systems import tiny_unimo, unimo, unimo_names
from workbench.systems.text_initialisation import minilm_weights

torch.set_num_threads(1)


def model_of(**options):
    torch.manual_seed(0)
    return widened(unimo.pretraining(SIZES, MASK, (5, VOCABULARY), 2, 3, **options))


def mixed_batch():
    """A pair, a picture, a sentence, a pair."""
    return parted(make_batch([9, 6, 8, 12], [4, 5, 3, 6]), np.array([2, 0, 1, 2]))


def parts_by_objectives(model, batch, seed=0):
    return {
        tuple(objective.name for objective, _ in part.asked): part
        for part in model.mix.plan(batch, seeded(seed))
    }


def test_contrast_is_asked_in_a_pass_of_its_own_or_of_masked_pairs():
    batch = mixed_batch()
    for contrast, rows in (("alone", 4), ("pairs", 2), ("masked", 2)):
        variant = dataclasses.replace(unimo.RELEASED, contrast=contrast)
        parts = parts_by_objectives(model_of(variant=variant), batch)
        names, part = next((n, p) for n, p in parts.items() if "cmcl" in n)
        assert len(part.batch) == rows
        assert (len(names) > 1) == (contrast == "masked")
        masked = part.batch.regions.hidden is not None
        assert masked == (contrast == "masked")


def test_a_contrast_alone_compares_no_picture_that_has_seen_its_sentence():
    batch = make_batch([6, 5, 7], [3, 4, 2])
    broken = model_of().mix["cmcl"].corrupt(batch, seeded(0))
    text, regions = broken.batch.text.offsets.lengths, broken.batch.regions.offsets.lengths
    assert len(broken.batch) == 6 and not ((text > 0) & (regions > 0)).any()
    assert (broken.targets[:, :6] == 0).all()
    for pair in range(3):
        near = (broken.targets[pair] > 0).nonzero().squeeze(1).tolist()
        assert near == [6 + pair, 12 + 3 + pair]  # its picture, its sentence
        assert int((broken.targets[pair] < 0).sum()) == 4  # two others' pictures and sentences
    with pytest.raises(ValueError, match="no positive of its own"):
        Contrastive(paired=False)


def test_contrast_brings_pictures_and_their_sentences_together():
    """The loss falls when the summaries of two pairs are taught apart, for every similarity."""
    for similarity in ("cosine", "product", "weighted"):
        variant = dataclasses.replace(unimo.RELEASED, similarity=similarity)
        model = model_of(variant=variant)
        contrast, batch = model.mix["cmcl"], make_batch([6, 5, 7], [3, 4, 2])
        broken = contrast.corrupt(batch, seeded(0))
        optimiser = torch.optim.Adam(model.parameters(), 2e-3)
        losses = []
        for _ in range(25):
            loss = contrast.loss(model.encoder(broken.batch), broken).mean()
            losses.append(float(loss.detach()))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        assert losses[-1] < 0.7 * losses[0], (similarity, losses)


def test_each_kind_is_asked_for_what_it_holds():
    model, drawn = model_of(contrastive=False), set()
    for seed in range(12):
        for names, part in parts_by_objectives(model, mixed_batch(), seed).items():
            text, regions = (o.offsets.lengths > 0 for o in (part.batch.text, part.batch.regions))
            assert bool(regions.all()) == ("mrfr" in names or "itm" in names)
            assert bool(text.all()) == bool({"mlm", "fragments", "itm"} & set(names))
            drawn.add(names)
    shown = ("mrfr", "mrc-kl")
    language = (("mlm",), ("fragments",))
    assert drawn == {shown, ("itm",), *language, *((*one, *shown) for one in language)}


def test_both_region_objectives_recover_the_same_rows_of_one_pass():
    model = model_of()
    for names, part in parts_by_objectives(model, mixed_batch()).items():
        if "mrfr" not in names:
            continue
        broken = {objective.name: one for objective, one in part.asked}
        rows = broken["mrfr"].rows
        assert torch.equal(rows, broken["mrc-kl"].rows) and len(rows)
        assert not part.batch.regions.features[rows].any()
        assert broken["mrfr"].targets.abs().sum(1).min() > 0


def test_under_fragments_regions_and_source_see_no_target():
    model = model_of()
    part = next(
        part
        for seed in range(20)
        for names, part in parts_by_objectives(model, make_batch([12], [5]), seed).items()
        if names[0] == "fragments" and len(names) > 1
    )
    source = int(part.pattern.source[0])
    assert 0 < source < len(part.batch.text.ids)
    with torch.no_grad():
        before = model.encoder(part.batch, part.pattern)
        ids = part.batch.text.ids.clone()
        ids[source + 1 :] = (ids[source + 1 :] + 1) % VOCABULARY
        text = dataclasses.replace(part.batch.text, ids=ids)
        after = model.encoder(dataclasses.replace(part.batch, text=text), part.pattern)
    close(after.regions, before.regions)
    close(after.text[: source + 1], before.text[: source + 1])


@pytest.mark.parametrize("variant", [unimo.RELEASED, unimo.PAPER], ids=["released", "paper"])
@pytest.mark.parametrize("alternate", ["step", "sample"])
def test_losses_add_up_as_visual_language_and_what_ties_them(variant, alternate):
    model = model_of(variant=dataclasses.replace(variant, alternate=alternate))
    for seed in range(4):
        scored = model(mixed_batch(), seeded(seed))
        means = {name: loss.mean() for name, loss in scored.losses.items()}
        language = [scored.losses[name] for name in ("mlm", "fragments") if name in means]
        others = sum(value for name, value in means.items() if name not in ("mlm", "fragments"))
        pooled = sum(loss.sum for loss in language) / sum(loss.count for loss in language)
        close(scored.total, others + pooled)


def test_alternating_by_sample_asks_both_of_one_batch():
    model = model_of(variant=dataclasses.replace(unimo.RELEASED, alternate="sample"))
    batch = make_batch([9] * 12, [3] * 12)
    assert {"mlm", "fragments"} <= set(model(batch, seeded(0)).losses)
    one = model_of()(batch, seeded(0)).losses
    assert len({"mlm", "fragments"} & set(one)) == 1


def test_a_lone_example_trains_nothing_of_the_other_modality():
    batch = make_batch([9, 8], [4, 3])
    for lone, idle in ((batch.without_regions(), "regions"), (batch.without_text(), "text")):
        model = model_of(padding_id=None)
        model(lone, seeded(0)).total.backward()
        reached = {n for n, p in model.named_parameters() if p.grad is not None and p.grad.any()}
        assert any(n.startswith("encoder.blocks") for n in reached)
        assert not any(
            n.startswith((f"encoder.inputs.{idle}", "mix.by_name.cmcl")) for n in reached
        )


def test_the_papers_reading_asks_for_other_things():
    model, paper = model_of(contrastive=False), model_of(contrastive=False, variant=unimo.PAPER)
    assert set(model.mix.found()) == {"mlm", "fragments", "mrfr", "mrc-kl", "itm"}
    assert set(paper.mix.found()) == {"mlm", "fragments", "mrfr", "mrc", "itm"}
    assert (model.mix["mrfr"].hide.overlap, paper.mix["mrfr"].hide.overlap) == (0.4, 0.3)
    paper.mix["mrfr"].load_state_dict(model.mix["mrfr"].state_dict())
    broken = model.mix["mrfr"].corrupt(make_batch([4], [6]), seeded(0))
    encoding = model.encoder(broken.batch)
    losses = [m.mix["mrfr"].loss(encoding, broken).mean() for m in (model, paper)]
    close(losses[1], losses[0] * FEATURES)


@pytest.mark.parametrize("contrastive", [True, False])
def test_the_whole_models_table_is_invertible_and_says_what_is_fresh(contrastive):
    model = model_of(contrastive=contrastive)
    names, state = unimo_names.pretraining_names(), model.state_dict()
    original = names.write(state, SIZES.layers)
    assert original["mask_lm_out_fc.b_0"].shape == (VOCABULARY,)
    read = names.read(original, state, SIZES.layers)
    assert all(torch.equal(read[name], state[name]) for name in read)
    assert set(state) - set(read) == set(state) & set(names.fresh)
    written = unimo_names.pretraining_names(names.write(state, SIZES.layers))
    assert written == names
    text_only = {k: v for k, v in original.items() if not k.startswith(("image_", "v_", "pooled"))}
    less = unimo_names.pretraining_names(text_only)
    assert less.read(text_only, state, SIZES.layers).keys() < read.keys()


FACTS = {"vocabulary": 60, "feature_size": 8, "classes": 5, "mask_id": 4, "random_range": [5, 60]}


def test_tiny_takes_plain_numbers_and_emphasis():
    model = tiny_unimo.unimo_tiny(**FACTS, start_id=2, end_id=3, emphasis={"7": 0.9})
    probability = model.mix["mlm"].choose.probability
    assert probability[7] == pytest.approx(0.9) and probability[8] == pytest.approx(0.15)
    spans = tiny_unimo.unimo_tiny(**FACTS, start_id=2, end_id=3, mask_probability=0.3)
    assert spans.mix["mlm"].choose == GeometricSpans(0.3)
    assert 0.5e6 < sum(parameter.numel() for parameter in model.parameters()) < 1.5e6
    assert (
        "itm" in tiny_unimo.unimo_tiny(**FACTS, start_id=2, end_id=3, contrastive=False).mix.found()
    )


def test_tiny_begins_from_minilm():
    facts = {**FACTS, "vocabulary": 3, "random_range": [2, 3], "mask_id": 1}
    model = tiny_unimo.unimo_tiny(**facts, start_id=0, end_id=0, original_ids=[0, 103, 2000])
    words = minilm_weights()["embeddings.word_embeddings.weight"]
    assert torch.equal(model.encoder.inputs.text.word.weight[2], words[2000])
