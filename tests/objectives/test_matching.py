"""Matching: which side is exchanged, what still belongs together, and transport."""

import dataclasses

import pytest
import torch
from torch import nn

from tests.properties.batches import make_batch, seeded
from workbench.encoders.encoding import Encoding
from workbench.objectives.matching import Matching, rearranged
from workbench.objectives.transport import transport_distance
from workbench.retrieval.matching import match_scores

torch.set_num_threads(1)
IMAGES = ["a", "a", "b", "c", "c", "c"]


def pairs(repeats=1):
    count = range(len(IMAGES) * repeats)
    text, regions = [7 + i % 5 for i in count], [1 + i % 4 for i in count]
    return make_batch(text, regions, images=IMAGES * repeats)


def side(batch, original, which):
    """For each pair of the batch the pair of the original that this side came from."""
    offsets = getattr(batch, which).offsets
    rows = batch.text.ids if which == "text" else batch.regions.features
    of = getattr(original, which)
    known = of.ids if which == "text" else of.features
    runs = known.split(of.offsets.lengths.tolist())
    found = []
    for run in rows.split(offsets.lengths.tolist()):
        found.append([i for i, one in enumerate(runs) if torch.equal(one, run)])
    assert all(len(each) == 1 for each in found)
    return torch.tensor([each[0] for each in found])


@pytest.mark.parametrize("replace", ["image", "text", "either"])
def test_only_the_side_asked_for_is_exchanged(replace):
    batch = pairs(20)
    broken = Matching(nn.Linear(4, 2), replace=replace).corrupt(batch, seeded(0))
    stay = torch.arange(len(batch))
    picture, sentence = (side(broken.batch, batch, which) != stay for which in ("regions", "text"))
    assert not (picture & sentence).any()
    moved = picture | sentence
    assert moved.float().mean() == pytest.approx(0.5, abs=0.15)
    share = {"image": 1.0, "text": 0.0, "either": 0.5}[replace]
    assert picture[moved].float().mean() == pytest.approx(share, abs=0.2)
    assert torch.equal(broken.batch.matched, ~moved)
    assert torch.equal(broken.targets, (~moved).long())
    names = [batch.names[i] for i in side(broken.batch, batch, "text").tolist()]
    images = [batch.images[i] for i in side(broken.batch, batch, "regions").tolist()]
    assert broken.batch.names == tuple(names) and broken.batch.images == tuple(images)


def test_exchanging_pictures_is_what_beside_does():
    batch = pairs()
    order, stay = torch.tensor([1, 3, 2, 0, 5, 4]), torch.arange(6)
    one, other = rearranged(batch, order, stay), batch.beside(order)
    assert torch.equal(one.matched, other.matched)
    assert one.matched.tolist() == [True, False, True, False, True, True]
    assert (one.names, one.images) == (other.names, other.images)
    assert torch.equal(one.regions.features, other.regions.features)


def test_a_sentence_of_the_same_picture_still_matches():
    batch = pairs()
    order, stay = torch.tensor([1, 3, 2, 0, 5, 4]), torch.arange(6)
    swapped = rearranged(batch, stay, order)
    assert swapped.matched.tolist() == [True, False, True, False, True, True]
    assert swapped.images == batch.images
    unmatched = dataclasses.replace(batch, matched=torch.tensor([False] + [True] * 5))
    assert rearranged(unmatched, stay, order).matched.tolist()[:2] == [True, False]


def test_class_0_can_say_that_they_match():
    batch = pairs(4)
    kinds = [Matching(nn.Linear(4, 2), match_class=each) for each in (0, 1)]
    broken = [kind.corrupt(batch, seeded(1)) for kind in kinds]
    assert torch.equal(broken[0].targets, 1 - broken[1].targets)
    pair = torch.randn(len(batch), 4, generator=seeded(0))
    encoding = Encoding(torch.zeros(0, 1), torch.zeros(0, 1), pair, pair, pair)
    scores = kinds[0].scores(encoding)
    torch.testing.assert_close(kinds[0].lead(encoding), scores[:, 0] - scores[:, 1])
    with torch.no_grad():
        kinds[1].head.weight.copy_(kinds[0].head.weight.flip(0))
        kinds[1].head.bias.copy_(kinds[0].head.bias.flip(0))
        leads = [match_scores(lambda b: encoding, kind, batch) for kind in kinds]
    torch.testing.assert_close(*leads)
    losses = [k.loss(encoding, b).sum for k, b in zip(kinds, broken, strict=True)]
    torch.testing.assert_close(*losses)


def test_one_picture_alone_keeps_itself():
    batch = make_batch([3, 4], [2, 3], images=["a", "a"])
    for replace in ("image", "text", "either"):
        broken = Matching(nn.Linear(4, 2), probability=1.0, replace=replace)
        assert broken.corrupt(batch, seeded(0)).batch.matched.all()


def test_transport_pulls_matches_and_pushes_the_others():
    batch = make_batch([3, 4], [2, 3])
    batch = dataclasses.replace(batch, matched=torch.tensor([True, False]))
    rng = seeded(0)
    text, regions = torch.randn(7, 4, generator=rng), torch.randn(5, 4, generator=rng)
    pair = torch.zeros(2, 4)
    encoding = Encoding(text, regions, pair, pair, pair)
    totals = {}
    for weight in (0.0, 0.1, 0.2):
        task = Matching(nn.Linear(4, 2), probability=0.0, transport=weight, match_class=0)
        torch.nn.init.zeros_(task.head.weight)
        torch.nn.init.zeros_(task.head.bias)
        totals[weight] = task.loss(encoding, task.corrupt(batch, seeded(0))).sum
    distance = transport_distance(encoding, batch)
    torch.testing.assert_close(totals[0.1] - totals[0.0], 0.1 * (distance[0] - distance[1]))
    torch.testing.assert_close(totals[0.2] - totals[0.0], 0.2 * (distance[0] - distance[1]))
    uneven = dataclasses.replace(encoding, regions=torch.zeros(5, 3))
    with pytest.raises(ValueError, match="tokens have 4 units and its regions 3"):
        task.loss(uneven, task.corrupt(batch, seeded(0)))
