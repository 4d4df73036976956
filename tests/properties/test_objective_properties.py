"""``corrupt`` touches nothing but what it says (7), and losses count exactly what they score."""

import dataclasses

import pytest
import torch

from tests.properties import everything
from tests.properties.batches import MASK, VOCABULARY, make_batch, make_uniter, seeded
from workbench.objectives.contrastive import Contrastive
from workbench.objectives.fragments import FragmentGeneration
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import RegionClass, RegionDistribution, RegionFeatures
from workbench.objectives.matching import Matching, other_picture
from workbench.pairs import LossSum
from workbench.patterns import AttentionPattern

torch.set_num_threads(1)
OBJECTIVES = ["mlm", "itm", "mrfr", "mrc", "mrc-kl"]
RATIOS = dict.fromkeys(OBJECTIVES, 1.0)


@pytest.fixture
def model():
    return make_uniter(ratios=RATIOS)


def tensors(record, prefix=""):
    """Every tensor of a nested record by dotted name."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, torch.Tensor):
            yield prefix + field.name, value
        elif dataclasses.is_dataclass(value):
            yield from tensors(value, f"{prefix}{field.name}.")


MAY_CHANGE = {
    "mlm": {"text.ids"},
    "itm": {"matched", "regions"},
    "mrfr": {"regions.features", "regions.hidden"},
    "mrc": {"regions.features", "regions.hidden"},
    "mrc-kl": {"regions.features", "regions.hidden"},
}


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("seed", range(8))
def test_corrupt_touches_nothing_but_what_it_says(model, name, seed):
    batch = make_batch([5, 9, 3, 6], [4, 3, 7, 2], seed)
    kept = {key: value.clone() for key, value in tensors(batch)}
    broken = model.mix[name].corrupt(batch, seeded(seed))
    for key, value in tensors(batch):
        assert torch.equal(value, kept[key]), f"{key} of the given batch was changed in place"
    for key, value in tensors(broken.batch):
        if not any(key.startswith(allowed) for allowed in MAY_CHANGE[name]):
            assert torch.equal(value, kept[key]), key
    if name == "mlm":
        changed = (broken.batch.text.ids != batch.text.ids).nonzero().squeeze(1)
        assert set(changed.tolist()) <= set(broken.rows.tolist())
        assert torch.equal(broken.targets, batch.text.ids[broken.rows])
        assert (batch.text.words[broken.rows] >= 0).all(), "a special token was hidden"
        assert set(batch.text.offsets.owner[broken.rows].tolist()) == {0, 1, 2, 3}
    elif name != "itm":
        hidden = broken.batch.regions.hidden
        assert torch.equal(hidden.nonzero().squeeze(1), broken.rows)
        assert (broken.batch.regions.features[hidden] == 0).all()
        shown = broken.batch.regions.features[~hidden]
        assert torch.equal(shown, batch.regions.features[~hidden])
        assert set(batch.regions.offsets.owner[broken.rows].tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_same_seed_breaks_a_batch_the_same_way(model, name):
    batch = make_batch([5, 9, 3, 6], [4, 3, 7, 2])
    one, two = (model.mix[name].corrupt(batch, seeded(5)) for _ in range(2))
    assert torch.equal(one.rows, two.rows) and torch.equal(one.targets, two.targets)
    for (key, value), (_, other) in zip(tensors(one.batch), tensors(two.batch), strict=True):
        assert torch.equal(value, other), key


def test_masking_shares_are_those_of_the_paper(model):
    batch = make_batch([32] * 400, [10] * 400)
    broken = model.mix["mlm"].corrupt(batch, seeded(1))
    words = int((batch.text.words >= 0).sum())
    assert len(broken.rows) / words == pytest.approx(0.15, abs=0.01)
    shown = broken.batch.text.ids[broken.rows]
    masked, kept = (shown == MASK).float().mean(), (shown == broken.targets).float().mean()
    assert masked == pytest.approx(0.8, abs=0.03)
    assert kept == pytest.approx(0.1 + 0.1 / (VOCABULARY - 5), abs=0.02)
    hidden = model.mix["mrfr"].corrupt(batch, seeded(1)).batch.regions.hidden
    # 0.15 a region, and one of ten for certain in the 0.85^10 of pictures that drew none
    assert hidden.float().mean() == pytest.approx(0.15 + 0.85**10 / 10, abs=0.01)


def test_whole_words_are_hidden_together():
    model = make_uniter(whole_words=True)
    batch = make_batch([12] * 50, [2] * 50)
    rows = model.mix["mlm"].corrupt(batch, seeded(0)).rows
    hidden = torch.zeros(batch.text.offsets.rows, dtype=torch.bool)
    hidden[rows] = True
    key = batch.text.offsets.owner * 100 + batch.text.words
    for word in key[batch.text.words >= 0].unique():
        assert len(hidden[key == word].unique()) == 1


def test_emphasised_words_are_hidden_more_often():
    probability = torch.full((VOCABULARY,), 0.1)
    probability[7] = 0.9
    model = make_uniter(mask_probability=probability)
    batch = make_batch([32] * 300, [1] * 300)
    rows = model.mix["mlm"].corrupt(batch, seeded(0)).rows
    hidden = torch.zeros(batch.text.offsets.rows, dtype=torch.bool)
    hidden[rows] = True
    inner = batch.text.words >= 0
    assert hidden[(batch.text.ids == 7) & inner].float().mean() == pytest.approx(0.9, abs=0.06)
    assert hidden[(batch.text.ids != 7) & inner].float().mean() == pytest.approx(0.1, abs=0.02)


def test_a_wrong_picture_is_never_the_same_picture():
    images = ["a", "a", "b", "b", "c"]
    batch = make_batch([4] * 5, [2] * 5, images=images)
    for seed in range(50):
        order = other_picture(batch, seeded(seed)).tolist()
        assert all(images[i] != images[j] for i, j in enumerate(order))
    alone = make_batch([4] * 2, [2] * 2, images=["a", "a"])
    assert other_picture(alone, seeded(0)).tolist() == [0, 1]


def test_pairs_without_regions_hide_none(model):
    batch = make_batch([5, 4], [0, 3])
    broken = model.mix["mrfr"].corrupt(batch, seeded(0))
    assert set(batch.regions.offsets.owner[broken.rows].tolist()) == {1}
    blind = batch.without_regions()
    broken = model.mix["mrfr"].corrupt(blind, seeded(0))
    loss = model.mix["mrfr"].loss(model.encoder(broken.batch), broken)
    assert loss.count == 0 and loss.mean().item() == 0.0


def kept_to(broken, chosen, owners, offsets):
    """The broken batch with just these pairs: what a micro-batch of them would hold."""
    kept = torch.isin(owners, chosen)
    if offsets is None:
        rows = torch.searchsorted(chosen, broken.rows[kept])
    else:
        old, _ = offsets.select(chosen)
        place = {int(row): i for i, row in enumerate(old)}
        rows = torch.tensor([place[int(row)] for row in broken.rows[kept]], dtype=torch.int64)
    pattern = broken.pattern
    if pattern.source is not None:
        pattern = AttentionPattern("seq2seq", pattern.source[chosen])
    return dataclasses.replace(
        broken,
        batch=broken.batch.select(chosen),
        rows=rows,
        targets=broken.targets[kept],
        pattern=pattern,
    )


@pytest.mark.parametrize("name", [name for name in everything.OBJECTIVES if "cmcl" not in name])
def test_losses_add_up_over_micro_batches(model, name):
    """All but a contrast, whose negatives are the batch (see tests/objectives)."""
    torch.manual_seed(0)
    objective = everything.OBJECTIVES[name].build(model.encoder.widths)
    broken = objective.corrupt(everything.batch_of(), seeded(2))
    batch = broken.batch
    offsets = {RegionFeatures: batch.regions, RegionClass: batch.regions}
    offsets |= {RegionDistribution: batch.regions, Matching: None}
    of = offsets.get(type(objective), batch.text)
    of = None if of is None else of.offsets
    owners = broken.rows if of is None else of.owner[broken.rows]
    whole = objective.loss(model.encoder(batch, broken.pattern), broken)
    total = LossSum(torch.tensor(0.0), 0)
    for pairs in ([0, 2, 5], [1, 3, 4]):
        part = kept_to(broken, torch.tensor(pairs), owners, of)
        total = total + objective.loss(model.encoder(part.batch, part.pattern), part)
    assert total.count == whole.count > 0
    torch.testing.assert_close(total.mean(), whole.mean(), atol=1e-5, rtol=1e-5)


MAY_CHANGE_BY_KIND = {
    MaskedLanguage: {"text.ids"},
    FragmentGeneration: {"text."},
    RegionFeatures: {"regions.features", "regions.hidden", "regions.whole"},
    RegionClass: {"regions.features", "regions.hidden", "regions.whole"},
    RegionDistribution: {"regions.features", "regions.hidden", "regions.whole"},
}


@pytest.mark.parametrize("name", everything.OBJECTIVES)
def test_every_objective_touches_nothing_but_what_it_says(model, name):
    objective = everything.OBJECTIVES[name].build(model.encoder.widths)
    sides = {"image": {"regions"}, "text": {"text"}, "either": {"text", "regions"}}
    may = MAY_CHANGE_BY_KIND.get(type(objective), set())
    if isinstance(objective, Matching):
        may = sides[objective.replace] | {"matched"}
    for seed in range(4):
        batch = everything.batch_of(seed)
        broken = objective.corrupt(batch, seeded(seed)).batch
        if isinstance(objective, Contrastive):  # lays samples behind the batch as it was
            assert len(broken) >= len(batch)
            broken = broken.select(torch.arange(len(batch)))
        kept, shown = dict(tensors(batch)), dict(tensors(broken))
        for key, value in kept.items():
            if not any(key.startswith(allowed) for allowed in may):
                assert torch.equal(value, shown[key]), key
        added = {key for key in shown.keys() - kept.keys() if not key.startswith(tuple(may))}
        assert not added


def test_a_mix_draws_by_ratio_and_explains_mistakes():
    mix = make_uniter(ratios={"itm": 2.0, "mlm": 2.0, "mrfr": 1.0, "mrc-kl": 1.0}).mix
    rng = seeded(0)
    drawn = [mix.objectives[number].name for number in mix.draw(3000, rng)]
    for name, share in {
        "itm": 1 / 3,
        "mlm": 1 / 3,
        "mrfr": 1 / 6,
        "mrc-kl": 1 / 6,
        "mrc": 0,
    }.items():
        assert drawn.count(name) / 3000 == pytest.approx(share, abs=0.03)
    with pytest.raises(KeyError, match="no objective 'mlx'"):
        mix["mlx"]
    with pytest.raises(ValueError, match="unknown objectives"):
        make_uniter(ratios={"captioning": 1.0})
