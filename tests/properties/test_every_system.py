"""Every system under every pattern, with every objective that it can carry.

No leak, pattern kept, attention paths equal, batches left as they were, losses that reach just
what they should, and a clear refusal where a system cannot carry an objective.
"""

import dataclasses

import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, VOCABULARY, make_batch, seeded
from tests.properties.everything import (
    ENCODERS,
    MIXES,
    OBJECTIVES,
    PATTERNS,
    REGIONS,
    TEXT,
    VARIANTS,
    batch_of,
    refusal,
    tensors_of,
    widened,
)
from workbench.encoders.encoding import Widths
from workbench.patterns import AttentionPattern

torch.set_num_threads(1)
CLOSE = {"atol": 1e-5, "rtol": 1e-4}
PARTS = ("text", "regions", "text_summary", "image_summary", "pair")


@pytest.fixture(scope="module", params=list(ENCODERS))
def encoder(request):
    torch.manual_seed(0)
    return widened(ENCODERS[request.param]())


@pytest.fixture(params=list(PATTERNS))
def pattern(request):
    return PATTERNS[request.param]


def of_pairs(pattern: AttentionPattern, chosen: torch.Tensor) -> AttentionPattern:
    source = pattern.source
    return pattern if source is None else AttentionPattern("seq2seq", source[chosen])


def picked(encoding, batch, chosen):
    """What an encoding says of some pairs, in their order."""
    text, _ = batch.text.offsets.select(chosen)
    regions, _ = batch.regions.offsets.select(chosen)
    rows = {"text": text, "regions": regions}
    return {part: getattr(encoding, part)[rows.get(part, chosen)] for part in PARTS}


@torch.no_grad()
def test_a_pair_alone_equals_itself_in_any_batch(encoder, pattern):
    batch = batch_of()
    together = encoder(batch, pattern)
    for order in ([4, 2, 0, 5, 3, 1], [3], [1], [1, 1, 0], [5, 2]):
        chosen = torch.tensor(order)
        apart = encoder(batch.select(chosen), of_pairs(pattern, chosen))
        for part, expected in picked(together, batch, chosen).items():
            torch.testing.assert_close(getattr(apart, part), expected, **CLOSE, msg=part)


@torch.no_grad()
def test_lone_pictures_and_sentences_stand_beside_pairs(encoder):
    batch = make_batch([5, 0, 6, 0, 3], [4, 3, 0, 6, 2])
    together = encoder(batch)
    assert all(getattr(together, part).isfinite().all() for part in PARTS)
    for pair in range(len(batch)):
        chosen = torch.tensor([pair])
        apart = encoder(batch.select(chosen))
        for part, expected in picked(together, batch, chosen).items():
            torch.testing.assert_close(getattr(apart, part), expected, **CLOSE, msg=part)


def one_change_each(batch):
    """For every row a copy of its pair in which just that row is changed.

    Answers (pairs the copies are of, the changed row within [regions | text] of each, the copies).
    """
    of_text, of_regions = batch.text.offsets, batch.regions.offsets
    pairs = torch.cat([of_text.owner, of_regions.owner])
    within = torch.cat([of_text.within + of_regions.lengths[of_text.owner], of_regions.within])
    copies = batch.select(pairs)
    text, regions = copies.text.offsets, copies.regions.offsets
    words, places = of_text.rows, torch.arange(len(pairs))
    ids, features = copies.text.ids.clone(), copies.regions.features.clone()
    changed = text.starts[:words] + of_text.within
    ids[changed] = (ids[changed] + 7) % VOCABULARY
    features[regions.starts[places[words:]] + of_regions.within] += 1.0
    text = dataclasses.replace(copies.text, ids=ids)
    regions = dataclasses.replace(copies.regions, features=features)
    return pairs, within, dataclasses.replace(copies, text=text, regions=regions)


def moved_rows(before, after, offsets):
    """Whether each row of two encodings differs, as one list per pair."""
    moved = (before - after).abs().amax(-1) > 1e-6
    return moved.split(offsets.lengths.tolist())


@torch.no_grad()
def test_a_change_reaches_exactly_the_rows_that_may_see_it(encoder, pattern):
    """Through all layers: regions that read the target's future would carry it back to the text."""
    batch = batch_of()
    pairs, within, changed = one_change_each(batch)
    before = encoder(batch.select(pairs), of_pairs(pattern, pairs))
    after = encoder(changed, of_pairs(pattern, pairs))
    text = moved_rows(before.text, after.text, changed.text.offsets)
    regions = moved_rows(before.regions, after.regions, changed.regions.offsets)
    for copy, (pair, row) in enumerate(zip(pairs.tolist(), within.tolist(), strict=True)):
        moved = torch.cat([regions[copy], text[copy]])
        assert torch.equal(moved, pattern.visible(batch, pair)[:, row]), (pair, row)


@torch.no_grad()
def test_states_are_the_same_with_and_without_a_trace(encoder, pattern):
    batch, trace = batch_of(), {}
    plain, traced = encoder(batch, pattern), encoder(batch, pattern, trace)
    for part in PARTS:
        torch.testing.assert_close(getattr(plain, part), getattr(traced, part), **CLOSE, msg=part)
    weights = {name: value for name, value in trace.items() if value.ndim == 4}
    assert weights, "every pattern's attention is traced"
    for name, shares in weights.items():
        sums = shares.sum(-1)
        ones = torch.isclose(sums, torch.ones_like(sums), atol=1e-5)
        assert (ones | (sums == 0)).all(), name
        assert ones.any()


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_an_objective_leaves_its_batch_as_it_was(name):
    objective = OBJECTIVES[name].build(Widths(24, 24, 24))
    batch = batch_of()
    copies = {path: tensor.clone() for path, tensor in tensors_of(batch).items()}
    shown = tensors_of(objective.corrupt(batch, seeded(3)))
    again = tensors_of(objective.corrupt(batch, seeded(3)))
    assert all(torch.equal(tensor, copies[path]) for path, tensor in tensors_of(batch).items())
    assert again.keys() == shown.keys()
    assert all(torch.equal(tensor, shown[path]) for path, tensor in again.items())
    if name.startswith(("cmcl", "next-token")):
        return  # these break nothing, so there is nothing to draw
    other = tensors_of(objective.corrupt(batch, seeded(4)))
    pairs = ((other[path], tensor) for path, tensor in shown.items())
    assert any(a.shape != b.shape or not torch.equal(a, b) for a, b in pairs), "no chance in it"


def test_encoding_leaves_its_batch_as_it_was(encoder, pattern):
    batch = OBJECTIVES["mrfr"].build(encoder.widths).corrupt(batch_of(), seeded(0)).batch
    copies = {path: tensor.clone() for path, tensor in tensors_of(batch).items()}
    encoder(batch, pattern).pair.sum().backward()
    assert all(torch.equal(tensor, copies[path]) for path, tensor in tensors_of(batch).items())


def reached(module, total):
    """Names of the parameters that a number depends on; their gradients must be finite."""
    module.zero_grad(set_to_none=True)
    total.backward()
    found = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    assert all(gradient.isfinite().all() for gradient in found.values())
    return found


@pytest.mark.parametrize("name", list(OBJECTIVES))
@pytest.mark.parametrize("encoder", [n for n in ENCODERS if n not in VARIANTS], indirect=True)
def test_an_objective_is_carried_or_refused(encoder, name):
    """Carried: its loss is finite and reaches what it reads.  Refused: the reason is said."""
    torch.manual_seed(1)
    objective = OBJECTIVES[name].build(encoder.widths)
    broken = objective.corrupt(batch_of(), seeded(5))
    if reason := refusal(name, encoder):
        with pytest.raises(ValueError, match=reason):
            objective.loss(encoder(broken.batch, broken.pattern), broken)
        return
    loss = objective.loss(encoder(broken.batch, broken.pattern), broken)
    assert loss.count > 0 and loss.sum.isfinite() and loss.mean() != 0
    ours = reached(encoder, loss.mean())
    heads = [p.grad for p in objective.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in heads)
    # a bias that is added to all scores of a contrast alike changes nothing
    assert all(gradient.any() for gradient in heads) or name == "cmcl-product"
    states = OBJECTIVES[name].reads(encoder(broken.batch, broken.pattern))
    rng = seeded(6)
    probe = sum((state * torch.randn(state.shape, generator=rng)).sum() for state in states)
    expected = reached(encoder, probe)
    assert ours.keys() == expected.keys()
    # shifting all keys of a query by one number changes no softmax: their bias learns nothing
    silent = [n for n, g in ours.items() if not g.any() and not n.endswith("key.bias")]
    assert not [name for name in silent if expected[name].any()]


@pytest.mark.parametrize("name", list(MIXES))
def test_a_systems_own_mix_trains_every_parameter(name):
    """Over some steps every weight gets a gradient, but those that only other tasks read."""
    torch.manual_seed(0)
    model = MIXES[name]()
    learnt: set[str] = set()
    for step in range(12):
        scored = model(batch_of(step), seeded(step))
        assert scored.total.isfinite() and scored.losses
        assert all(loss.sum.isfinite() for loss in scored.losses.values())
        learnt |= reached(model, scored.total).keys()
    idle = {parameter for parameter, _ in model.named_parameters()} - learnt
    # VLP never pools in pre-training (P9); its region path's own weights must learn
    expected = {"encoder.summary.pooler.dense.weight", "encoder.summary.pooler.dense.bias"}
    assert idle == (expected if name == "vlp" else set())


def test_what_a_system_cannot_carry_is_refused(encoder):
    with pytest.raises(ValueError, match="neither tokens nor regions"):
        encoder(make_batch([4, 0], [2, 0]))
    with pytest.raises(ValueError, match="positions"):
        encoder(make_batch([4, 60], [2, 2]))
    batch = batch_of()
    wide = dataclasses.replace(batch.regions, features=torch.zeros(sum(REGIONS), FEATURES + 1))
    with pytest.raises(ValueError, match=f"{FEATURES + 1} numbers each"):
        encoder(dataclasses.replace(batch, regions=wide))
    phrases = OBJECTIVES["mlm-phrases"].build(encoder.widths)
    with pytest.raises(ValueError, match="phrases"):
        phrases.corrupt(make_batch(TEXT, REGIONS), seeded(0))
    for name, wrong in (("mrfr", FEATURES + 1), ("mrc", CLASSES + 1), ("mrc-kl", CLASSES + 1)):
        objective = OBJECTIVES[name].build(encoder.widths)
        objective.head = torch.nn.Linear(encoder.widths.regions, wrong)
        broken = objective.corrupt(batch, seeded(0))
        with pytest.raises(ValueError, match=f"{name!r} .*{wrong}"):
            objective.loss(encoder(broken.batch), broken)
