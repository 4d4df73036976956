"""UNIMO: one encoder for pictures, sentences and pairs; nothing leaks, the table is invertible."""

import dataclasses

import pytest
import torch

from tests.parity import checks_unimo
from tests.parity.originals import Golden, cases, goldens_folder
from tests.properties.batches import CLASSES, FEATURES, VOCABULARY, make_batch
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.pairs import Offsets
from workbench.patterns import BIDIRECTIONAL, AttentionPattern
from workbench.systems import unimo, unimo_names
from workbench.systems.unimo_inputs import ObjectTags, with_object_tags

torch.set_num_threads(1)
TEXT, REGIONS = [5, 9, 3, 6, 0], [4, 0, 7, 2, 3]
ONE_TAG = Offsets.from_lengths([1, 0])
PATTERNS = [BIDIRECTIONAL, AttentionPattern("seq2seq", torch.tensor([2, 4, 3, 6, 0]))]
SIZES = SingleStreamSizes(
    24, 2, 3, 96, VOCABULARY, 34, FEATURES, CLASSES, segments=0, dropout=0.0, eps=1e-5
)


def widened(model):
    """The model with weights so wide that a leak cannot hide in rounding."""
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
    return model.eval()


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return widened(unimo.encoder(SIZES))


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("sizes", "millions"), [(unimo.base(), 88.2), (unimo.large(), 307.0)])
def test_parameter_counts_without_words(sizes, millions):
    with torch.device("meta"):
        encoder = unimo.encoder(sizes)
    total = sum(parameter.numel() for parameter in encoder.parameters())
    words = encoder.inputs.text.word.weight.numel()
    assert (total - words) / 1e6 == pytest.approx(millions, rel=0.001)
    # RoBERTa's blocks and positions, without its pooler, segments and word embeddings
    roberta = {768: 124_645_632 - 590_592 - 768, 1024: 355_359_744 - 1_049_600 - 1024}
    regions = sum(p.numel() for p in encoder.inputs.regions.parameters())
    poolers = sum(p.numel() for p in encoder.summary.parameters())
    assert total - regions - poolers == roberta[sizes.width]


@pytest.mark.parametrize("pattern", PATTERNS, ids=["bidirectional", "seq2seq"])
def test_a_pair_a_picture_or_a_text_equals_itself_in_any_batch(encoder, pattern):
    batch = make_batch(TEXT, REGIONS)
    with torch.no_grad():
        together = encoder(batch, pattern)
        for pair in range(len(batch)):
            chosen = torch.tensor([pair])
            own = pattern
            if pattern.source is not None:
                own = AttentionPattern("seq2seq", pattern.source[chosen])
            alone = encoder(batch.select(chosen), own)
            close(alone.text, together.text[batch.text.offsets.select(chosen)[0]])
            close(alone.regions, together.regions[batch.regions.offsets.select(chosen)[0]])
            for one, all_of_them in zip(
                (alone.pair, alone.text_summary, alone.image_summary),
                (together.pair, together.text_summary, together.image_summary),
                strict=True,
            ):
                close(one[0], all_of_them[pair])


def test_an_absent_modality_is_summarised_by_zeros_and_has_no_influence(encoder):
    batch = make_batch([5, 6], [3, 2])
    with torch.no_grad():
        blind, mute = encoder(batch.without_regions()), encoder(batch.without_text())
        assert not blind.image_summary.any() and not mute.text_summary.any()
        assert blind.regions.shape[0] == 0 and mute.text.shape[0] == 0
        other = make_batch([5, 6], [3, 2], seed=1)
        swapped = dataclasses.replace(batch, regions=other.regions)
        close(encoder(swapped.without_regions()).text, blind.text)
        swapped = dataclasses.replace(batch, text=other.text)
        close(encoder(swapped.without_text()).regions, mute.regions)


def test_words_see_no_later_word_and_pictures_see_no_target(encoder):
    batch, pattern = make_batch([7], [3]), AttentionPattern("seq2seq", torch.tensor([3]))
    with torch.no_grad():
        before = encoder(batch, pattern)
        for place in range(7):
            ids = batch.text.ids.clone()
            ids[place] += 1
            changed = dataclasses.replace(batch, text=dataclasses.replace(batch.text, ids=ids))
            after = encoder(changed, pattern)
            moved = (after.text - before.text).abs().amax(1) > 1e-6
            first = place if place >= 3 else 0
            assert moved.tolist() == [row >= first for row in range(7)]
            seen = (after.regions - before.regions).abs().amax(1) > 1e-6
            assert seen.tolist() == [place < 3] * 3


def test_texts_begin_at_position_two(encoder):
    batch = make_batch([6, 4], [2, 0])
    table = encoder.inputs.text.position.weight
    with torch.no_grad():
        before = encoder(batch).text
        table[:2] += 1.0
        close(encoder(batch).text, before)
        table[2] += 1.0
        assert not torch.allclose(encoder(batch).text, before)
    with pytest.raises(ValueError, match="stands at position 35"):
        encoder(make_batch([34], [1]))


def test_the_picture_row_is_the_mean_of_the_regions_as_they_stand(encoder):
    batch = make_batch([4], [3])
    mean = batch.regions.features.mean(0, keepdim=True)
    given = dataclasses.replace(batch, regions=dataclasses.replace(batch.regions, whole=mean))
    with torch.no_grad():
        close(encoder(given).image_summary, encoder(batch).image_summary)


def test_object_tags_are_source_text_before_the_sentence(encoder):
    batch = make_batch([5, 4, 6], [3, 2, 0])
    tags = ObjectTags(torch.tensor([9, 8, 7, 6, 5]), Offsets.from_lengths([2, 0, 3]))
    tagged, pattern = with_object_tags(batch, tags)
    assert tagged.text.offsets.lengths.tolist() == [7, 4, 9]
    assert pattern.source.tolist() == [2, 0, 3]
    assert tagged.text.positions.tolist() == [0, 1, *range(5), *range(4), *range(3), *range(6)]
    assert tagged.text.ids[:2].tolist() == [9, 8] and (tagged.text.words[:2] == -1).all()
    own = tagged.text.offsets.within >= pattern.source[tagged.text.offsets.owner]
    for field in ("ids", "segments", "positions", "words"):
        kept = getattr(tagged.text, field)[own]
        assert torch.equal(kept, getattr(batch.text, field)), field
    with torch.no_grad():
        before = encoder(tagged, pattern)
        ids = tagged.text.ids.clone()
        ids[own] = (ids[own] + 3) % VOCABULARY
        text = dataclasses.replace(tagged.text, ids=ids)
        after = encoder(dataclasses.replace(tagged, text=text), pattern)
    close(after.regions, before.regions)
    close(after.text[~own], before.text[~own])
    with pytest.raises(ValueError, match="1 runs of object tags were given for 3 pairs"):
        with_object_tags(batch, ObjectTags(tags.ids[:2], Offsets.from_lengths([2])))


def test_phrases_stay_with_their_words_behind_tags():
    batch = make_batch([3], [1])
    text = dataclasses.replace(batch.text, phrases=torch.tensor([-1, 0, -1]))
    tags = ObjectTags(torch.tensor([9, 8]), Offsets.from_lengths([2]))
    tagged, _ = with_object_tags(dataclasses.replace(batch, text=text), tags)
    assert tagged.text.phrases.tolist() == [-1, -1, -1, 0, -1]


def test_the_language_head_begins_as_the_variant_says(encoder):
    head = unimo.language_head(encoder)
    assert head.weight is encoder.inputs.text.word.weight
    assert (head.transform.norm.bias == 1).all()
    assert not unimo.language_head(encoder, variant=unimo.PAPER).transform.norm.bias.any()


def test_fusion_is_a_switch(encoder):
    added = unimo.encoder(SIZES, variant=unimo.UnimoVariant(fusion="sum")).eval()
    added.load_state_dict(encoder.state_dict())
    batch = make_batch([4], [3])
    with torch.no_grad():
        one, other = encoder(batch), added(batch)
    close(one.pair, one.text_summary * one.image_summary)
    close(other.pair, one.text_summary + one.image_summary)


def test_the_table_is_strict_and_invertible(encoder):
    table, state = unimo_names.ORIGINAL_ENCODER_NAMES, encoder.state_dict()
    original = table.write(state, SIZES.layers)
    assert original["image_emb.w_0"].shape == (FEATURES, SIZES.width)
    assert original["encoder_layer_1_ffn_fc_0.w_0"].shape == (SIZES.width, SIZES.inner)
    again = table.read(original, state, SIZES.layers)
    assert again.keys() == state.keys()
    assert all(torch.equal(again[name], tensor) for name, tensor in state.items())
    with pytest.raises(ValueError, match="unknown in the checkpoint: stranger"):
        table.read({**original, "stranger": torch.zeros(1)}, state, SIZES.layers)
    with pytest.raises(ValueError, match="not in this checkpoint: pooled_fc_text"):
        less = {k: v for k, v in original.items() if k != "pooled_fc_text.w_0"}
        table.read(less, state, SIZES.layers)
    tuned = {**original, "match_fc.w_0": torch.ones(4, 1)}
    table.read(tuned, state, SIZES.layers)
    assert table.left_out(tuned, SIZES.layers).keys() == {"match_fc.w_0"}


def test_the_variant_says_what_captions_are_made_from(encoder):
    batch, tags = make_batch([4, 3], [2, 1]), ObjectTags(torch.tensor([9]), ONE_TAG)
    assert unimo.captioning(batch, tags)[1].source.tolist() == [1, 0]
    plain, pattern = unimo.captioning(batch, tags, variant=unimo.PAPER)
    assert plain is batch and pattern.source.tolist() == [0, 0]
    on = dataclasses.replace(unimo.RELEASED, continuous_positions=True)
    counted, _ = unimo.captioning(batch, tags, variant=on)
    assert counted.text.positions.tolist() == [0, 1, 2, 3, 4, 0, 1, 2]


def test_captions_equal_the_released_graph(request):
    """The plain part of ``img2txt_train``; its adversarial steps come with fine-tuning."""
    folder = goldens_folder(request.config.getoption("--goldens", None))
    found = [c for c in cases(folder) if (c.family, c.kind) == ("unimo", "img2txt_train")]
    if not found:
        pytest.skip(f"no goldens below {folder}; give their folder with --goldens DIR")
    for case in found:
        checks_unimo.captions(Golden.at(case.path))
