"""Masked regions: near copies, the tenth that stays, the whole picture, and what is scored."""

import dataclasses

import pytest
import torch
from torch import nn

from tests.properties.batches import CLASSES, FEATURES, make_batch, seeded
from workbench.encoders.encoding import Encoding
from workbench.layers.whole_picture import with_whole_picture
from workbench.objectives.masked_regions import RegionClass, RegionDistribution, RegionFeatures
from workbench.objectives.mixing import Together
from workbench.objectives.region_masking import HideRegions, overlapping
from workbench.vision.boxes import intersection_over_union

torch.set_num_threads(1)


def states(batch, width=24) -> Encoding:
    rows = torch.randn(batch.regions.offsets.rows, width, generator=seeded(0))
    nothing = torch.zeros(len(batch), 1)
    return Encoding(torch.zeros(0, 1), rows, nothing, nothing, nothing)


def test_overlapping_regions_are_hidden_and_recovered_too():
    batch = make_batch([3] * 30, [12] * 30)
    plain, near = HideRegions(), HideRegions(overlap=0.3)
    anchors = plain.choose(batch.regions, seeded(4))
    broken, chosen = near(batch, seeded(4))
    assert torch.equal(broken.regions.hidden, chosen) and chosen.sum() > anchors.sum()
    for pair in range(30):
        mine = slice(12 * pair, 12 * pair + 12)
        boxes = batch.regions.boxes[mine]
        close = intersection_over_union(boxes, boxes[anchors[mine]]) > 0.3
        assert torch.equal(chosen[mine], close.any(1))


def test_regions_of_other_pictures_do_not_overlap():
    batch = make_batch([3, 3, 3], [2, 0, 3])
    boxes = torch.tensor([[0.1, 0.1, 0.5, 0.5]]).repeat(5, 1)
    regions = dataclasses.replace(batch.regions, boxes=boxes)
    anchors = torch.tensor([True, False, False, False, False])
    assert overlapping(regions, anchors, 0.9).tolist() == [True, True, False, False, False]


def test_one_in_ten_stays_as_it_is():
    batch = make_batch([3] * 400, [20] * 400)
    broken = RegionDistribution(nn.Identity(), zeroed=0.9).corrupt(batch, seeded(0))
    hidden, features = broken.batch.regions.hidden, broken.batch.regions.features
    assert hidden[broken.rows].float().mean() == pytest.approx(0.9, abs=0.03)
    assert set(hidden.nonzero().squeeze(1).tolist()) < set(broken.rows.tolist())
    assert (features[hidden] == 0).all()
    assert torch.equal(features[~hidden], batch.regions.features[~hidden])


def test_a_picture_may_hide_none():
    batch = make_batch([3] * 500, [1] * 500)
    shares = [
        len(RegionClass(nn.Identity(), at_least_one=each).corrupt(batch, seeded(0)).rows) / 500
        for each in (False, True)
    ]
    assert shares[0] == pytest.approx(0.15, abs=0.04) and shares[1] == 1.0


def test_regions_of_unmatched_pairs_are_hidden_but_not_scored():
    batch = make_batch([3, 3], [4, 4])
    batch = dataclasses.replace(batch, matched=torch.tensor([False, True]))
    broken = RegionClass(nn.Identity(), only_matched=True).corrupt(batch, seeded(0))
    assert batch.regions.offsets.owner[broken.batch.regions.hidden].unique().tolist() == [0, 1]
    assert batch.regions.offsets.owner[broken.rows].unique().tolist() == [1]


def test_the_whole_picture_leaves_out_what_overlaps():
    batch = make_batch([3, 3], [6, 5])
    hide = HideRegions(0.4, 0.5, whole_overlap=0.4)
    broken, chosen = hide(batch, seeded(1))
    hidden = broken.regions.hidden
    assert 0 < hidden.sum() < chosen.sum(), "the seed must keep a chosen region as it is"
    for pair, mine in enumerate((slice(0, 6), slice(6, 11))):
        boxes = batch.regions.boxes[mine]
        near = (intersection_over_union(boxes, boxes[chosen[mine]]) > 0.4).any(1)
        total = batch.regions.features[mine][~hidden[mine]].sum(0)
        expected = total / max(int((~near).sum()), 1)
        torch.testing.assert_close(broken.regions.whole[pair], expected)
    led = with_whole_picture(broken.regions)
    torch.testing.assert_close(led.features[0], broken.regions.whole[0])
    # without the switch: the mean of the regions as they stand, hidden ones as zeros
    plain, _ = HideRegions(0.4, 0.5)(batch, seeded(1))
    assert plain.regions.whole is None and torch.equal(plain.regions.hidden, hidden)


def test_two_targets_of_the_same_regions():
    features = RegionFeatures(nn.Linear(24, FEATURES))
    classes = RegionClass(nn.Linear(24, CLASSES), already_hidden=True)
    batch = make_batch([3, 3], [6, 5])
    (part,) = Together([features, classes]).plan(batch, seeded(0))
    (_, first), (_, second) = part.asked
    assert torch.equal(first.rows, second.rows)
    assert torch.equal(first.targets, batch.regions.features[first.rows])
    assert torch.equal(second.targets, batch.regions.classes[first.rows][:, 1:].argmax(1) + 1)
    with pytest.raises(ValueError, match="another objective hid, but none did"):
        classes.corrupt(batch, seeded(0))
    with pytest.raises(ValueError, match="hidden already"):
        Together([features, RegionClass(nn.Identity())]).plan(batch, seeded(0))
    with pytest.raises(ValueError, match="cannot recover features that"):
        late = RegionFeatures(nn.Identity(), already_hidden=True)
        Together([RegionClass(nn.Identity()), late]).plan(batch, seeded(0))


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_reductions_are_the_released_ones(reduction):
    batch = make_batch([3, 3], [6, 5])
    encoding = states(batch)
    kl = RegionDistribution(nn.Linear(24, CLASSES), reduction=reduction)
    broken = kl.corrupt(batch, seeded(0))
    guess = kl.head(encoding.regions[broken.rows]).log_softmax(-1)
    each = (broken.targets * (broken.targets.log() - guess)).sum(-1)
    expected = each.mean() / (CLASSES if reduction == "mean" else 1)
    torch.testing.assert_close(kl.loss(encoding, broken).mean(), expected)
    mse = RegionFeatures(nn.Linear(24, FEATURES), reduction=reduction)
    broken = mse.corrupt(batch, seeded(0))
    each = (mse.head(encoding.regions[broken.rows]) - broken.targets).square()
    expected = each.mean() if reduction == "mean" else each.sum(1).mean()
    torch.testing.assert_close(mse.loss(encoding, broken).mean(), expected)


def test_heads_that_do_not_fit_are_named():
    batch = make_batch([3], [4])
    for objective, message in (
        (RegionFeatures(nn.Linear(24, 5)), "answers 5 numbers a region but there are 12"),
        (RegionDistribution(nn.Linear(24, 5)), "answers 5 numbers a region but there are 7"),
        (RegionClass(nn.Linear(24, 5)), "knows 5 classes but these regions come with 7"),
        (RegionClass(nn.Linear(32, CLASSES)), "takes rows of 32 units"),
    ):
        broken = objective.corrupt(batch, seeded(0))
        with pytest.raises(ValueError, match=message):
            objective.loss(states(batch), broken)
