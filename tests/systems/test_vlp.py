"""Unified VLP: its layout, its two readings of a pair, its variants and how it begins."""

import dataclasses

import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, MASK, VOCABULARY, make_batch, seeded
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.layers.geometry import geometry6_and_classes
from workbench.objectives.masking import Tokens
from workbench.pairs import Offsets, PairBatch, TextTokens
from workbench.patterns import BIDIRECTIONAL, AttentionPattern, Layout
from workbench.systems import vlp
from workbench.systems.tiny_vlp import vlp_tiny
from workbench.systems.vlp_beginning import from_unilm, load_fc7
from workbench.systems.vlp_inputs import PrefixedInputs, causal, with_prefix
from workbench.systems.vlp_masking import OrTheEnd
from workbench.systems.vlp_names import (
    ORIGINAL_ENCODER_NAMES,
    ORIGINAL_NAMES,
    ORIGINAL_NAMES_WITH_PRETEXT,
)

torch.set_num_threads(1)
SEPARATOR = 3
TEXT, REGIONS = [5, 9, 3, 6], [4, 0, 7, 2]
MIXED = AttentionPattern("seq2seq", torch.tensor([1, 9, 1, 6]))
"""Pairs 0 and 2 are written, pairs 1 and 3 are read."""
PATTERNS = {
    "bidirectional": BIDIRECTIONAL,
    "seq2seq": AttentionPattern("seq2seq", torch.ones(4, dtype=torch.int64)),
    "mixed": MIXED,
}


def make_vlp(seed=0, spread=0.3, **options):
    torch.manual_seed(seed)
    sizes = SingleStreamSizes(
        24, 2, 3, 48, VOCABULARY, 32, FEATURES, CLASSES, segments=6, eps=vlp.EPS
    )
    sizes = dataclasses.replace(sizes, **options.pop("sizes", {}))
    model = vlp.pretraining(sizes, MASK, SEPARATOR, **options).eval()
    for parameter in model.parameters():  # BERT's 0.02 would hide a leak in rounding
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, spread)
    return model


@pytest.fixture
def batch():
    return make_batch(TEXT, REGIONS)


def test_a_separator_is_set_behind_every_first_row():
    text = make_batch([3, 0, 1], [1, 1, 1]).text
    text = dataclasses.replace(text, phrases=torch.tensor([-1, 5, -1, -1]))
    prefixed = with_prefix(text, SEPARATOR)
    assert prefixed.offsets.lengths.tolist() == [4, 0, 2]
    assert prefixed.ids[[0, 1, 4, 5]].tolist() == [2, SEPARATOR, 2, SEPARATOR]
    assert prefixed.ids[[2, 3]].tolist() == text.ids[1:3].tolist()
    assert prefixed.positions.tolist() == [0, 1, 2, 3, 0, 1]
    assert prefixed.words[[1, 5]].tolist() == [-1, -1]
    assert prefixed.words[2] == text.words[1]
    assert prefixed.phrases.tolist() == [-1, -1, 5, -1, -1, -1]


def test_the_picture_stands_between_first_row_and_separator_by_position_only(batch):
    inputs = make_vlp().encoder.inputs
    positions = inputs.positions(batch).split([6, 10, 4, 7])
    assert positions[0].tolist() == [0, 5, 6, 7, 8, 9]
    assert positions[1].tolist() == list(range(10))
    hundred = make_batch([4], [100])
    assert inputs.positions(hundred).tolist() == [0, 101, 102, 103, 104]


@pytest.mark.parametrize(("segments", "written"), [(6, [4, 4, 5]), (2, [0, 0, 1])])
def test_segments_tell_the_objective_of_each_pair(batch, segments, written):
    inputs = make_vlp(sizes={"segments": segments}).encoder.inputs
    regions, text = inputs.segments(batch, MIXED)
    of_pair = text.split([6, 10, 4, 7])
    assert of_pair[0].tolist() == [*written[1:2] * 2, *written[2:] * 4]
    assert of_pair[1].tolist() == [0, 0, *[1] * 8]
    assert regions.tolist() == [*written[:1] * 11, 0, 0]
    assert causal(batch, MIXED).tolist() == [True, False, True, False]
    assert not inputs.segments(batch, BIDIRECTIONAL)[0].any()
    with pytest.raises(ValueError, match="2 or 6 segments"):
        make_vlp(sizes={"segments": 3})


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_a_pair_alone_equals_itself_in_any_batch(batch, pattern):
    encoder = make_vlp().encoder
    with torch.no_grad():
        together = encoder(batch, pattern)
        for order in ([2, 0, 3, 1], [3], [1, 1, 0]):
            chosen = torch.tensor(order)
            part = pattern
            if pattern.source is not None:
                part = AttentionPattern("seq2seq", pattern.source[chosen])
            apart = encoder(batch.select(chosen), part)
            rows, _ = batch.text.offsets.select(chosen)
            torch.testing.assert_close(apart.text, together.text[rows], atol=1e-5, rtol=1e-5)
            rows, _ = batch.regions.offsets.select(chosen)
            torch.testing.assert_close(apart.regions, together.regions[rows], atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(apart.pair, together.pair[chosen], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_changing_a_word_moves_only_what_may_see_it(batch, pattern):
    encoder = make_vlp().encoder
    layout = Layout.of(batch)

    def joint(encoding):
        rows = torch.empty(layout.joint.rows, encoding.text.shape[-1])
        rows[layout.text_rows], rows[layout.region_rows] = encoding.text, encoding.regions
        return rows

    with torch.no_grad():
        before = joint(encoder(batch, pattern))
        for pair in range(len(batch)):
            visible, start = pattern.visible(batch, pair), int(layout.joint.starts[pair])
            for token in range(TEXT[pair]):
                row = int(batch.text.offsets.starts[pair]) + token
                ids = batch.text.ids.clone()
                ids[row] = (ids[row] + 7) % VOCABULARY
                changed = dataclasses.replace(batch, text=dataclasses.replace(batch.text, ids=ids))
                moved = (joint(encoder(changed, pattern)) - before).abs().amax(1) > 1e-6
                expected = torch.zeros_like(moved)
                expected[start : start + len(visible)] = visible[:, REGIONS[pair] + token]
                assert torch.equal(moved, expected), (pair, token)


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_states_are_the_same_with_and_without_a_trace(batch, pattern):
    encoder, trace = make_vlp().encoder, {}
    with torch.no_grad():
        plain, traced = encoder(batch, pattern), encoder(batch, pattern, trace)
    torch.testing.assert_close(plain.text, traced.text, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(plain.pair, traced.pair, atol=1e-5, rtol=1e-5)
    assert len(plain.text) == sum(TEXT) and len(plain.regions) == sum(REGIONS)
    assert len(trace["blocks.1.rows"]) == sum(TEXT) + len(TEXT) + sum(REGIONS)


def test_a_prefix_and_its_targets_rows_are_those_of_the_whole_pair(batch):
    """Writing a caption row by row begins with the very rows that training would have."""
    inputs = make_vlp().encoder.inputs
    source = AttentionPattern("seq2seq", torch.ones(4, dtype=torch.int64))
    starts, lengths = batch.text.offsets.starts, batch.text.offsets.lengths
    first = _rows(batch.text, starts[:-1], [1] * 4)
    rest = _rows(batch.text, (batch.text.offsets.within > 0).nonzero().squeeze(1), lengths - 1)
    whole = inputs(batch, source)
    prefix = inputs(dataclasses.replace(batch, text=first), source)
    torch.testing.assert_close(prefix.regions, whole.regions)
    place = whole.layout.text.within
    torch.testing.assert_close(prefix.text, whole.text[place < 2])
    targets = inputs.target_rows(rest, batch.regions.offsets.lengths)
    torch.testing.assert_close(targets, whole.text[place > 1])


def _rows(text, rows, lengths):
    picked = (text.ids[rows], text.segments[rows], text.positions[rows], text.words[rows])
    return TextTokens(*picked, Offsets.from_lengths(lengths))


def test_summaries_follow_what_is_there(batch):
    encoder = make_vlp().encoder
    with torch.no_grad():
        whole = encoder(batch)
        mute = encoder(dataclasses.replace(batch.select(torch.tensor([0, 2])), text=_nothing(2)))
    torch.testing.assert_close(mute.pair, mute.image_summary)
    assert not mute.text_summary.any() and not whole.image_summary[1].any()
    first = whole.text[batch.text.offsets.starts[:-1]]
    torch.testing.assert_close(whole.text_summary, encoder.summary.pooler(first))
    assert not torch.allclose(whole.pair, whole.text_summary)


def _nothing(pairs):
    none = torch.zeros(0, dtype=torch.int64)
    return TextTokens(none, none, none, none, Offsets.from_lengths([0] * pairs))


def test_hidden_regions_stay_visible_unless_blocked(batch):
    hidden = torch.zeros(sum(REGIONS), dtype=torch.bool)
    hidden[[1, 5, 12]] = True
    regions = dataclasses.replace(batch.regions, hidden=hidden)
    broken = dataclasses.replace(batch, regions=regions)
    # without a region the largest coordinates would be others
    variant = vlp.VlpVariant(largest_coordinate=False)
    released = make_vlp(variant=variant).encoder
    variant = dataclasses.replace(variant, block_hidden=True)
    blocking = make_vlp(variant=variant).encoder
    blocking.load_state_dict(released.state_dict())
    shown = dataclasses.replace(batch, regions=batch.regions.only(~hidden))
    for pattern in PATTERNS.values():
        with torch.no_grad():
            seen, blocked = released(broken, pattern), blocking(broken, pattern)
            torch.testing.assert_close(blocking(batch, pattern).text, released(batch, pattern).text)
            bare = _at_the_same_places(blocking, shown, broken, pattern)
        assert (seen.text - blocked.text).abs().max() > 1e-3
        torch.testing.assert_close(blocked.text, bare.text, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(blocked.regions[~hidden], bare.regions, atol=1e-5, rtol=1e-5)


def _at_the_same_places(encoder, shown, broken, pattern):
    """Encodes without the hidden regions, but with the position numbers that they leave behind."""
    places = encoder.inputs.positions(broken)
    encoder.inputs.positions = lambda batch: places
    try:
        return encoder(shown, pattern)
    finally:
        del encoder.inputs.positions


def test_hidden_regions_tell_nothing_of_feature_place_or_class(batch):
    hidden = torch.ones(sum(REGIONS), dtype=torch.bool)
    regions = dataclasses.replace(batch.regions, hidden=hidden)
    other = dataclasses.replace(
        regions, features=regions.features + 1, classes=regions.classes.flip(1)
    )
    encoder = make_vlp().encoder
    with torch.no_grad():
        one, two = (
            encoder(dataclasses.replace(batch, regions=part)).text for part in (regions, other)
        )
    assert torch.equal(one, two)


def test_region_codes_of_both_readings(batch):
    released = make_vlp().encoder.inputs.regions
    assert not list(released.code.parameters())
    torch.testing.assert_close(released.code(batch.regions), geometry6_and_classes(batch.regions))
    paper = make_vlp(variant=vlp.PAPER).encoder.inputs.regions
    code = paper.code
    assert code.of_geometry.weight.shape == (24, 5)
    assert code.of_classes.weight.shape == (24, CLASSES - 1)
    assert code.classes_norm.weight is not None
    assert code(batch.regions).shape == (sum(REGIONS), 48)
    classes = code.classes_norm(code.of_classes(batch.regions.classes[:, 1:]))
    torch.testing.assert_close(code(batch.regions)[:, :24], classes)


@pytest.mark.parametrize("lazy", [True, False])
@pytest.mark.parametrize("confidence", [True, False])
def test_box_numbers_of_every_reading(batch, lazy, confidence):
    geometry, size = vlp.VlpVariant(confidence=confidence, largest_coordinate=lazy).geometry()
    code = geometry(batch.regions)
    assert code.shape == (sum(REGIONS), size) and size == 5 + confidence
    boxes = batch.regions.boxes
    if lazy:
        owner = batch.regions.offsets.owner
        largest = torch.stack([boxes[owner == o, 2:].amax(0) for o in owner.tolist()])
        boxes = boxes / largest.repeat(1, 2)
    torch.testing.assert_close(code[:, :4], boxes, atol=1e-4, rtol=1e-4)
    if confidence:
        torch.testing.assert_close(code[:, 5], batch.regions.confidence)


def test_the_region_path_with_and_without_its_layers(batch):
    plain = make_vlp(variant=vlp.VlpVariant(relu=False, fc7=False)).encoder.inputs.regions
    torch.testing.assert_close(plain.features(batch.regions), plain.feature(batch.regions.features))
    model = make_vlp()
    weight, bias = torch.randn(FEATURES, FEATURES), torch.randn(FEATURES)
    load_fc7(model, weight, bias)
    whole = model.encoder.inputs.regions
    after = torch.relu(batch.regions.features @ weight.T + bias)
    torch.testing.assert_close(whole.features(batch.regions), torch.relu(whole.feature(after)))
    with pytest.raises(ValueError, match=r"fc7 weights of \(3, 3\) .* are \(12, 12\)"):
        load_fc7(model, torch.zeros(3, 3), torch.zeros(3))
    with pytest.raises(ValueError, match="are none"):
        plain.load_fc7(weight, bias)


def test_each_pair_is_written_or_read(batch):
    model = make_vlp()
    parts = model.mix.plan(batch.select(torch.arange(4).repeat(50)), seeded(0))
    counts = {objective.name: len(part.batch) for part in parts for objective, _ in part.asked}
    assert counts["seq2seq"] + counts["mlm"] == 200 and 130 < counts["seq2seq"] < 170
    for part in parts:
        ((objective, broken),) = part.asked
        written = objective.name == "seq2seq"
        assert bool(causal(part.batch, part.pattern).all()) is written
        first = broken.batch.text.offsets.starts[:-1]
        assert not torch.isin(broken.rows, first).any()
    ends = torch.cat([p.asked[0][1].targets for p in parts]) == SEPARATOR
    assert ends.any(), "the end of a sentence is never learnt"
    assert model.mix["seq2seq"].head is model.mix["mlm"].head


@pytest.mark.parametrize("options", [{}, {"task_parts": True}, {"region_pretext": 0.5}])
def test_losses_have_gradients_everywhere_they_should(batch, options):
    model = make_vlp(**options)
    for seed in range(8):
        model(batch, seeded(seed)).total.backward()
    without = {n for n, p in model.named_parameters() if p.grad is None}
    pooler = {f"encoder.summary.pooler.dense.{x}" for x in ("weight", "bias")}
    assert without == (set() if "region_pretext" in options else pooler)


def test_smoothing_and_dropping_change_the_loss(batch):
    model = make_vlp()
    broken = model.mix["seq2seq"].corrupt(batch, seeded(1))
    with torch.no_grad():
        encoding = model.encoder(broken.batch, broken.pattern)
        plain = model.mix["seq2seq"].loss(encoding, broken)
        for options in ({"smoothing": 0.1}, {"drop_worst": 0.5}):
            other = make_vlp(**options).mix["seq2seq"]
            other.load_state_dict(model.mix["seq2seq"].state_dict())
            loss = other.loss(encoding, broken)
            assert not torch.isclose(loss.mean(), plain.mean())
    assert loss.count < plain.count


def test_the_region_pretext_hides_a_share_and_knows_places():
    batch = make_batch([5, 6, 4], [8, 0, 5])
    pretext = make_vlp(region_pretext=0.25).mix["regions"]
    broken = pretext.corrupt(batch, seeded(0))
    hidden = broken.batch.regions.hidden
    assert hidden.split([8, 5])[0].sum() == 2 and hidden.split([8, 5])[1].sum() == 1
    model = make_vlp(region_pretext=0.25)
    loss = pretext.loss(model.encoder(broken.batch), broken)
    assert loss.count == 2 and loss.sum > 0
    empty = pretext.corrupt(make_batch([5], [2]), seeded(0))
    assert pretext.loss(model.encoder(empty.batch), empty).mean() == 0


def test_ends_are_hidden_besides_words():
    batch = make_batch([6] * 200, [1] * 200)
    text = batch.text
    last = text.offsets.within == 5
    chosen = OrTheEnd(Tokens(0.15), 0.3)(text, seeded(0))
    assert 0.2 < chosen[last].float().mean() < 0.4
    assert not chosen[text.offsets.within == 0].any()
    assert isinstance(make_vlp(variant=vlp.PAPER).mix["mlm"].choose, OrTheEnd)
    neither = vlp.VlpVariant(most_masked=None, last_masked=False)
    assert isinstance(make_vlp(variant=neither).mix["mlm"].choose, Tokens)


TABLES = [
    ({}, ORIGINAL_NAMES),
    ({"task_parts": True}, ORIGINAL_NAMES),
    ({"sizes": {"segments": 2}}, ORIGINAL_NAMES),
    ({"region_pretext": 0.25}, ORIGINAL_NAMES_WITH_PRETEXT),
]


@pytest.mark.parametrize(("options", "names"), TABLES)
def test_original_names_lead_there_and_back(options, names):
    model, other = make_vlp(0, **options), make_vlp(1, **options)
    original = names.write(model.state_dict(), 2)
    extra = {"crit_mask_lm_smoothed.one_hot": torch.zeros(1, VOCABULARY)}
    extra |= {"ans_classifier.2.bias": torch.ones(3)}
    given = original | extra
    other.load_state_dict(names.read(given, other.state_dict(), 2))
    for name, tensor in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor), name
    back = names.write(other.state_dict(), 2, names.left_out(given, 2))
    assert back.keys() == given.keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in given.items())
    alone = ORIGINAL_ENCODER_NAMES.read(given, model.encoder.state_dict(), 2)
    assert alone.keys() == model.encoder.state_dict().keys()
    with pytest.raises(ValueError, match="unknown in the checkpoint: stranger"):
        names.read(given | {"stranger": torch.zeros(1)}, model.state_dict(), 2)


@pytest.mark.parametrize("options", [{}, {"task_parts": True}, {"sizes": {"segments": 2}}])
def test_it_begins_from_a_text_model_with_old_names(options):
    text = make_vlp(1, sizes={"segments": 2})
    state = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in ORIGINAL_NAMES.write(text.state_dict(), 2).items()
        if not name.startswith("vis_")
    }
    model = make_vlp(0, **options)
    before = model.encoder.inputs.regions.feature.weight.clone()
    filling = from_unilm(model, state)
    segments = model.encoder.inputs.text.segment.weight
    two = text.encoder.inputs.text.segment.weight
    if len(segments) == 6:
        assert torch.equal(segments, two[[0, 1, 0, 0, 0, 1]])
    else:
        assert torch.equal(segments, two)
    theirs, ours = (m.encoder.blocks[1].attention_norm.weight for m in (text, model))
    assert torch.equal(theirs, ours)
    assert torch.equal(model.encoder.inputs.regions.feature.weight, before)
    assert any(name.startswith("encoder.inputs.regions") for name in filling.fresh)
    rows = torch.randn(3, 24)
    for name in ("seq2seq", "mlm"):
        head, given = model.mix[name].head, text.mix[name].head
        dense = given.transform.dense
        parts = head.transform.dense.weight.unflatten(0, (-1, 24))
        assert all(torch.equal(part, dense.weight) for part in parts)
        torch.testing.assert_close(head(rows), given(rows), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("sizes", "bert"), [(vlp.base(), 85.05e6 + 0.39e6), (vlp.large(), None)])
def test_parameters_are_berts_and_the_region_paths(sizes, bert):
    with torch.device("meta"):
        encoder = vlp.encoder(sizes, 102)
    total = sum(parameter.numel() for parameter in encoder.parameters())
    regions = sum(parameter.numel() for parameter in encoder.inputs.regions.parameters())
    width, features, code = sizes.width, 2048, 6 + 1601
    assert regions == features * (features + 1) + width * (features + 1) + width * (code + 1)
    layers = sizes.layers * (12 * width**2 + 13 * width)
    tables = (sizes.positions + sizes.segments + 2) * width + width**2 + width
    words = encoder.inputs.text.word.weight.numel()
    assert total - words - regions == layers + tables
    if bert is not None:
        assert layers + tables == pytest.approx(86e6, rel=0.01)


def test_tiny_takes_plain_numbers_and_learns():
    facts = {"vocabulary": VOCABULARY, "feature_size": FEATURES, "classes": CLASSES}
    facts |= {"mask_id": MASK, "random_range": [5, VOCABULARY]}
    torch.manual_seed(0)
    model = vlp_tiny(**facts, emphasis={"7": 0.9})
    assert model.mix["mlm"].choose.choose.probability[7] == pytest.approx(0.9)
    assert vlp_tiny(**facts).encoder.inputs.separator_id == SEPARATOR
    assert vlp_tiny(**facts, separator_id=9).encoder.inputs.separator_id == 9
    assert 0.5e6 < sum(parameter.numel() for parameter in model.parameters()) < 1.5e6
    batch: PairBatch = make_batch([5, 9, 4, 6] * 4, [4, 0, 7, 2] * 4)
    optimiser = torch.optim.AdamW(model.parameters(), 1e-3)
    losses = []
    for step in range(30):
        scored = model(batch, seeded(step))
        scored.total.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(scored.total.detach()))
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])
    only = vlp_tiny(**facts, seq2seq=1.0)
    assert list(only(batch, seeded(0)).losses) == ["seq2seq"]


def test_tiny_begins_from_minilm():
    facts = {"vocabulary": 3, "feature_size": 8, "classes": 5, "mask_id": 1}
    model = vlp_tiny(**facts, random_range=[2, 3], original_ids=[0, 103, 2000], separator_id=2)
    assert model.encoder.sizes.width == 384 and model.encoder.sizes.segments == 6
    from workbench.systems.text_initialisation import minilm_weights

    given = minilm_weights()
    words = given["embeddings.word_embeddings.weight"]
    assert torch.equal(model.encoder.inputs.text.word.weight[2], words[2000])
    segments = given["embeddings.token_type_embeddings.weight"]
    assert torch.equal(model.encoder.inputs.text.segment.weight[5], segments[1])
    assert isinstance(model.encoder.inputs, PrefixedInputs)
