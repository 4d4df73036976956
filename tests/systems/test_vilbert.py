"""ViLBERT's two streams: sizes as published, no leak, no influence of the batch, any modality."""

import dataclasses

import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, MASK, VOCABULARY, make_batch, seeded
from workbench.encoders.single_stream import SingleStream
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.layers.whole_picture import with_whole_picture
from workbench.patterns import BIDIRECTIONAL, AttentionPattern, Layout
from workbench.systems import vilbert
from workbench.systems.text_initialisation import minilm_weights
from workbench.systems.tiny_vilbert import vilbert_single_stream_tiny, vilbert_tiny
from workbench.systems.vilbert_inputs import with_task
from workbench.systems.vilbert_names import ORIGINAL_ENCODER_NAMES, layers_of, original_names
from workbench.weights.counting import count

torch.set_num_threads(1)
TEXT, REGIONS = [5, 9, 3, 6, 0], [4, 0, 7, 2, 3]
PATTERNS = {
    "bidirectional": BIDIRECTIONAL,
    "seq2seq": AttentionPattern("seq2seq", torch.tensor([2, 4, 3, 6, 0])),
}
PLAIN = vilbert.RELEASED
GATED = dataclasses.replace(PLAIN, fusion="sum", text_gates=True, tasks=3)
SIZES = TwoStreamSizes("TVCTVCVT", 24, 3, 48, 20, 2, 28, 16, 4, VOCABULARY, 32, FEATURES, CLASSES)


def strong(model):
    """Evaluation mode and weights far from zero: BERT's 0.02 would hide a leak in rounding."""
    torch.manual_seed(0)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
    return model.eval()


@pytest.fixture(params=[PLAIN, GATED], ids=["plain", "gated"])
def encoder(request):
    return strong(vilbert.encoder(SIZES, variant=request.param))


@pytest.fixture(params=PATTERNS.values(), ids=PATTERNS)
def pattern(request):
    return request.param


def of(pattern, chosen):
    """The pattern of some of the pairs."""
    source = pattern.source
    return pattern if source is None else AttentionPattern("seq2seq", source[chosen])


# Sizes


@pytest.mark.parametrize(
    ("blocks", "order"),
    [
        (2, "T" * 10 + "CTVCVT"),
        (4, "T" * 8 + "CTVCTVCTVCVT"),
        (6, "T" * 6 + "CTVCTVCTVCTVCTVCVT"),
        (8, "T" * 4 + "CTVCTVCTVCTVCTVCTVCTVCVT"),
    ],
)
def test_depths_are_the_ablations(blocks, order):
    sizes = vilbert.base(blocks)
    assert sizes.schedule == order
    assert layers_of(order) == {"t": 12, "v": blocks, "c": blocks}
    assert layers_of(vilbert.large(blocks).schedule) == {"t": 24, "v": blocks, "c": blocks}


def test_a_schedule_is_read_off_the_originals_fields():
    assert vilbert.schedule(4, 3, [1, 2, 3], [0, 1, 2]) == "TCTVCTVCVT"
    assert vilbert.schedule(5, 4, [0, 3], [1, 2]) == "VCTTTVCVVTT"
    assert vilbert.schedule(2, 2, [], []) == "VVTT"
    for text, regions in (([1], []), ([2, 1], [0, 1]), ([1], [9]), ([5], [1])):
        with pytest.raises(ValueError, match="rising order and up to 4 and 3"):
            vilbert.schedule(4, 3, text, regions)
    with pytest.raises(ValueError, match="rising order"):
        vilbert.base(blocks=13)


def test_the_published_count_is_that_of_blocks_and_poolers_with_the_dead_weights():
    """The UNITER paper's 221 M; by the same rule it prints 86 and 303 M for itself."""
    sizes = vilbert.base()
    with torch.device("meta"):
        model = vilbert.pretraining(sizes, 103, (1000, 30522))
    encoder = model.encoder
    counts = count(encoder)
    used = counts.without_words - counts.by_part["inputs"]
    biases = sizes.region_width + sizes.width
    dead = 6 * (sizes.shared * (sizes.region_width + sizes.width) + biases)
    assert round(used / 1e6, 1) == 209.8
    assert round(dead / 1e6, 1) == 11.0
    assert round((used + dead) / 1e6) == 221
    # what the released pre-training model holds in all
    assert round((count(model).total + dead) / 1e6, 1) == 250.0


def test_the_table_names_what_the_released_checkpoint_holds():
    sizes = vilbert.base()
    with torch.device("meta"):
        model = vilbert.pretraining(sizes, 103, (1000, 30522))
    table, layers = original_names(), layers_of(sizes.schedule)
    ours = model.state_dict()
    written = table.write(ours, layers)
    assert len(written) + len(table.dropped) * 6 == 533
    assert len({mine for _, mine in table.expanded(layers) if mine in ours}) == len(ours)


@pytest.mark.parametrize("variant", [PLAIN, GATED], ids=["plain", "gated"])
def test_original_names_are_strict_and_invertible(variant):
    made = vilbert.encoder(SIZES, variant=variant)
    layers = layers_of(SIZES.schedule)
    dead = {
        f"encoder.c_layer.{block}.biOutput.q_dense{side}.weight": torch.randn(2, 2)
        for block in range(2)
        for side in (1, 2)
    }
    theirs = ORIGINAL_ENCODER_NAMES.write(made.state_dict(), layers, dead)
    read = ORIGINAL_ENCODER_NAMES.read(theirs, made.state_dict(), layers)
    assert read.keys() == made.state_dict().keys()
    assert all(torch.equal(read[name], tensor) for name, tensor in made.state_dict().items())
    assert ORIGINAL_ENCODER_NAMES.left_out(theirs, layers).keys() == dead.keys()
    with pytest.raises(ValueError, match="unknown in the checkpoint: stranger"):
        ORIGINAL_ENCODER_NAMES.read(
            theirs | {"stranger": torch.zeros(1)}, made.state_dict(), layers
        )
    del theirs["t_pooler.dense.bias"]
    with pytest.raises(ValueError, match=r"not in this checkpoint: t_pooler\.dense\.bias"):
        ORIGINAL_ENCODER_NAMES.read(theirs, made.state_dict(), layers)


# Attention


def moved_by_tokens(encoder, batch, pattern):
    """For each token of each pair: (pair, token, joint rows whose state it changes)."""
    layout = Layout.of(batch)

    def joint(encoding):
        rows = torch.zeros(layout.joint.rows, 24)
        rows[layout.text_rows] = encoding.text
        rows[layout.region_rows, :20] = encoding.regions
        return rows

    with torch.no_grad():
        before = joint(encoder(batch, pattern))
        for row in range(batch.text.offsets.rows):
            ids = batch.text.ids.clone()
            ids[row] = (ids[row] + 7) % VOCABULARY
            changed = dataclasses.replace(batch, text=dataclasses.replace(batch.text, ids=ids))
            after = joint(encoder(changed, pattern))
            place = batch.text.offsets
            moved = (after - before).abs().amax(1) > 1e-6
            yield int(place.owner[row]), int(place.within[row]), moved


def test_changing_a_token_changes_exactly_what_may_see_it(encoder, pattern):
    batch = make_batch(TEXT, REGIONS)
    layout = Layout.of(batch)
    for pair, token, moved in moved_by_tokens(encoder, batch, pattern):
        visible = pattern.visible(batch, pair)
        start = int(layout.joint.starts[pair])
        expected = torch.zeros_like(moved)
        expected[start : start + len(visible)] = visible[:, REGIONS[pair] + token]
        assert torch.equal(moved, expected), (pair, token)


class RegionsReadEverything(AttentionPattern):
    """What would be wrong: the prefix of regions looks at the target's future."""

    def regions_to_text(self, layout):
        return BIDIRECTIONAL.regions_to_text(layout)


def test_regions_that_read_the_target_carry_it_back():
    encoder = strong(vilbert.encoder(SIZES))
    batch = make_batch([6], [3])
    source = torch.tensor([2])
    for kind, leaks in ((AttentionPattern, False), (RegionsReadEverything, True)):
        last = list(moved_by_tokens(encoder, batch, kind("seq2seq", source)))[-1]
        assert bool(last[2][:-1].any()) is leaks
        assert bool(last[2][-1])


def test_a_pair_alone_equals_itself_in_any_batch(encoder, pattern):
    batch = make_batch(TEXT, REGIONS)
    with torch.no_grad():
        together = encoder(batch, pattern)
        for order in ([2, 0, 3, 1, 4], [3], [1], [4], [1, 1, 0], [4, 1]):
            chosen = torch.tensor(order)
            apart = encoder(batch.select(chosen), of(pattern, chosen))
            rows, _ = batch.text.offsets.select(chosen)
            close = {"atol": 2e-5, "rtol": 2e-5}
            torch.testing.assert_close(apart.text, together.text[rows], **close)
            rows, _ = batch.regions.offsets.select(chosen)
            torch.testing.assert_close(apart.regions, together.regions[rows], **close)
            for name in ("text_summary", "image_summary", "pair"):
                ours, theirs = getattr(apart, name), getattr(together, name)[chosen]
                torch.testing.assert_close(ours, theirs, **close)


def test_watching_changes_nothing(encoder, pattern):
    batch, trace = make_batch(TEXT, REGIONS), {}
    with torch.no_grad():
        plain, traced = encoder(batch, pattern), encoder(batch, pattern, trace)
    for name in ("text", "regions", "text_summary", "image_summary", "pair"):
        ours, theirs = getattr(plain, name), getattr(traced, name)
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    looking = trace["cross.1.text_to_regions"]
    led = [regions and regions + 1 for regions in REGIONS]
    for pair, (tokens, regions) in enumerate(zip(TEXT, led, strict=True)):
        sums = looking[pair, :, :tokens].sum(-1)
        torch.testing.assert_close(sums, torch.full_like(sums, float(regions > 0)))
        assert not looking[pair, :, :, regions:].any()
    assert {"text.2.rows", "regions.2.attention", "cross.1.regions_to_text"} <= trace.keys()


@pytest.mark.parametrize(("text", "regions"), [([4, 6], [0, 0]), ([0, 0], [3, 5])])
def test_one_modality_alone(encoder, text, regions):
    batch = make_batch(text, regions)
    with torch.no_grad():
        encoding = encoder(batch)
    states = encoding.text if text[0] else encoding.regions
    assert states.isfinite().all() and len(states) == sum(text) + sum(regions)
    absent = encoding.image_summary if text[0] else encoding.text_summary
    assert not absent.any()


def test_empty_pairs_are_refused(encoder):
    with pytest.raises(ValueError, match="'pair-1' has neither tokens nor regions"):
        encoder(make_batch([4, 0], [2, 0]))


# Task tokens


def test_a_task_token_stands_after_the_first_one():
    batch = make_batch([4, 0, 3], [2, 2, 2])
    text = with_task(batch.text, torch.tensor([2, 1, 0]), VOCABULARY)
    assert text.offsets.lengths.tolist() == [5, 0, 4]
    assert text.ids[[1, 6]].tolist() == [VOCABULARY + 2, VOCABULARY]
    assert text.words[[1, 6]].tolist() == [-1, -1]
    kept = torch.tensor([0, 2, 3, 4, 5, 7, 8])
    for name in ("ids", "positions", "words", "segments"):
        assert torch.equal(getattr(text, name)[kept], getattr(batch.text, name))


def test_the_task_changes_the_states_and_an_unknown_one_is_refused():
    encoder = strong(vilbert.encoder(SIZES, variant=GATED))
    batch = make_batch([4], [2])
    encodings = []
    with torch.no_grad():
        for task in (0, 2):
            text = with_task(batch.text, torch.tensor([task]), VOCABULARY)
            encodings.append(encoder(dataclasses.replace(batch, text=text)).pair)
    assert (encodings[0] - encodings[1]).abs().max() > 1e-3
    text = with_task(batch.text, torch.tensor([3]), VOCABULARY)
    with pytest.raises(ValueError, match=f"token id {VOCABULARY + 3} is none of the {VOCABULARY}"):
        encoder(dataclasses.replace(batch, text=text))


def test_the_baseline_is_one_stream_over_the_same_inputs():
    sizes = vilbert.single_tiny(VOCABULARY, FEATURES, CLASSES)
    encoder = strong(vilbert.single_stream_encoder(sizes))
    assert isinstance(encoder, SingleStream)
    batch = make_batch(TEXT, REGIONS)
    trace = {}
    with torch.no_grad():
        encoding = encoder(batch, trace=trace)
    # one row more than tokens and regions for every picture: [IMG]
    assert len(trace["embeddings.rows"]) == sum(TEXT) + sum(REGIONS) + 4
    assert encoding.regions.shape == (sum(REGIONS), 128)
    torch.testing.assert_close(encoding.pair, encoding.text_summary * encoding.image_summary)
    with pytest.raises(ValueError, match="single stream has none"):
        vilbert.single_stream_encoder(sizes, variant=GATED)


# Pre-training


def training(variant=PLAIN, **options):
    return strong(vilbert.pretraining(SIZES, MASK, (5, VOCABULARY), variant=variant, **options))


def test_three_objectives_share_one_pass_and_weigh_alike():
    model = training()
    batch = make_batch([5, 9, 6, 7], [4, 5, 7, 2])
    (part,) = model.mix.plan(batch, seeded(0))
    assert [objective.name for objective, _ in part.asked] == ["itm", "mlm", "mrc-kl"]
    assert all(corrupted.batch.names == part.batch.names for _, corrupted in part.asked)
    scored = model(batch, seeded(0))
    losses = {name: loss.mean() for name, loss in scored.losses.items()}
    assert all(loss > 0 for loss in losses.values())
    torch.testing.assert_close(scored.total, sum(losses.values()))
    scored.total.backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_both_modalities_are_masked_in_the_pass_and_the_whole_picture_sees_the_masks():
    model = training(dataclasses.replace(PLAIN, at_least_one=True), region_probability=0.5)
    batch = make_batch([9] * 6, [6] * 6)
    (part,) = model.mix.plan(batch, seeded(1))
    assert (part.batch.text.ids == MASK).any() and part.batch.regions.hidden.any()
    made = model.encoder.inputs(part.batch, BIDIRECTIONAL)
    led = with_whole_picture(part.batch.regions)
    means = torch.stack([picture.mean(0) for picture in part.batch.regions.features.split(6)])
    torch.testing.assert_close(led.features[led.offsets.starts[:-1]], means)
    assert len(made.regions) == 6 * 7


def test_one_in_ten_hidden_regions_keeps_its_features():
    regions = training().mix["mrc-kl"]
    batch = make_batch([4] * 100, [20] * 100)
    broken = regions.corrupt(batch, seeded(0))
    zero = (broken.batch.regions.features[broken.rows] == 0).all(1)
    assert len(broken.rows) / 2000 == pytest.approx(0.15, abs=0.02)
    assert zero.float().mean() == pytest.approx(0.9, abs=0.04)
    torch.testing.assert_close(broken.targets, batch.regions.classes[broken.rows])


def test_variants_do_what_they_say():
    batch = make_batch([9] * 40, [6] * 40)
    captions = batch.text.ids.view(40, 9)

    def matched(model):
        broken = model.mix["itm"].corrupt(batch, seeded(0))
        wrong = ~broken.batch.matched
        assert torch.equal(broken.targets, wrong.long())  # class 0: they belong together
        moved = (broken.batch.text.ids.view(40, 9) != captions).any(1)
        return wrong, moved

    wrong, moved = matched(training())
    assert wrong.any() and torch.equal(wrong, moved)
    wrong, moved = matched(training(vilbert.PAPER))
    assert moved.any() and (wrong & ~moved).any() and not (moved & ~wrong).any()

    for variant, lowest in ((PLAIN, 0), (vilbert.PAPER, 5)):
        assert training(variant).mix["mlm"].random_range == (lowest, VOCABULARY)
    for variant, scored in ((PLAIN, False), (vilbert.MULTI_TASK, True)):
        (part,) = training(variant).mix.plan(batch, seeded(0))
        for objective, corrupted in part.asked[1:]:
            run = part.batch.text if objective.name == "mlm" else part.batch.regions
            pairs = run.offsets.owner[corrupted.rows]
            assert bool(part.batch.matched[pairs].all()) is scored
        assert (part.batch.regions.whole is None) is not scored

    features = training(dataclasses.replace(PLAIN, region_target="mse")).mix["mrfr"]
    assert features.head.scores.out_features == FEATURES
    relu, gelu = torch.relu, torch.nn.functional.gelu
    for variant, own in ((PLAIN, gelu), (vilbert.PAPER, relu)):
        model = training(variant, region_activation=relu)
        assert model.mix["mrc-kl"].head.transform.activation is own


def test_objectives_can_alternate_instead():
    model = training(ratios={"mlm": 1.0, "mrc-kl": 1.0})
    batch = make_batch([9, 9], [6, 6])
    drawn = {model(batch, seeded(seed)).objective for seed in range(12)}
    assert drawn == {"mlm", "mrc-kl"}
    with pytest.raises(ValueError, match=r"unknown objectives \['mrfr'\]; ViLBERT has"):
        training(ratios={"mrfr": 1.0})


FACTS = {"vocabulary": 60, "feature_size": 8, "classes": 5, "mask_id": 4, "random_range": [5, 60]}


@pytest.mark.parametrize("build", [vilbert_tiny, vilbert_single_stream_tiny])
def test_tiny_ones_learn_a_batch_by_heart(build):
    torch.manual_seed(0)
    model = build(**FACTS, emphasis={"7": 0.9}).train()
    assert model.mix["mlm"].choose.probability[7] == pytest.approx(0.9)
    total = sum(parameter.numel() for parameter in model.parameters())
    assert 0.5e6 < total < 2.5e6
    batch = make_batch([6] * 8, [4] * 8)
    features, classes = batch.regions.features[:, :8], batch.regions.classes[:, :5].softmax(-1)
    narrow = dataclasses.replace(batch.regions, features=features, classes=classes)
    batch = dataclasses.replace(batch, regions=narrow)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    found = []
    for _ in range(15):  # the same broken batch every time
        optimiser.zero_grad()
        scored = model(batch, seeded(0))
        scored.total.backward()
        optimiser.step()
        found.append({name: loss.mean().item() for name, loss in scored.losses.items()})
    first, last = found[0], found[-1]
    assert first.keys() == {"itm", "mlm", "mrc-kl"}
    assert all(last[name] < 0.5 * first[name] for name in first), (first, last)


@pytest.mark.parametrize("build", [vilbert_tiny, vilbert_single_stream_tiny])
def test_tiny_ones_begin_from_minilm(build):
    facts = {"vocabulary": 3, "feature_size": 8, "classes": 5, "mask_id": 1}
    model = build(**facts, random_range=[2, 3], original_ids=[0, 103, 2000])
    state, weights = model.encoder.state_dict(), minilm_weights()
    blocks = "text_blocks" if build is vilbert_tiny else "blocks"
    for ours, theirs in (
        ("inputs.text.position.weight", weights["embeddings.position_embeddings.weight"][:64]),
        ("inputs.text.word.weight", weights["embeddings.word_embeddings.weight"][[0, 103, 2000]]),
        (f"{blocks}.3.attention.key.weight", weights["encoder.layer.3.attention.self.key.weight"]),
    ):
        assert torch.equal(state[ours], theirs), ours
