"""The contrast against plain arithmetic, its groups, its switches and its refusals."""

import dataclasses
import math

import pytest
import torch

from tests.properties.batches import make_batch, seeded
from workbench.encoders.encoding import Encoding
from workbench.objectives.contrast import Related
from workbench.objectives.contrastive import (
    Contrastive,
    WeightedProduct,
    cmcl_loss,
    cosine,
    product,
)
from workbench.objectives.samples import joined
from workbench.pairs import LossSum

torch.set_num_threads(1)
WIDTH = 6


def states(batch, seed=0) -> Encoding:
    """Random summaries: what a contrast reads of an encoding."""
    rng = seeded(seed)
    images, texts = (torch.randn(len(batch), WIDTH, generator=rng) for _ in range(2))
    return Encoding(
        torch.zeros(batch.text.offsets.rows, 1), torch.zeros(0, 1), images, texts, images
    )


def test_the_loss_is_equation_6():
    scores = torch.tensor([[0.5, -0.2, 0.3, 9.0], [1.0, 0.0, -1.0, 0.25]])
    positive = torch.tensor([[True, False, True, False], [False, True, False, False]])
    negative = torch.tensor([[False, True, False, False], [True, False, False, True]])
    losses = cmcl_loss(scores, positive, negative, 0.5)
    near = math.exp(1.0) + math.exp(0.6)
    assert losses[0].item() == pytest.approx(-math.log(near / (near + math.exp(-0.4))), abs=1e-6)
    far = math.exp(2.0) + math.exp(0.5)
    assert losses[1].item() == pytest.approx(-math.log(1 / (1 + far)), abs=1e-6)


@pytest.mark.parametrize("similarity", [product, cosine])
def test_in_batch_negatives_are_the_pictures_and_sentences_of_others(similarity):
    batch = make_batch([4, 5, 3], [2, 3, 4], images=["a", "b", "a"])
    objective = Contrastive(similarity, temperature=0.7)
    broken = objective.corrupt(batch, seeded(0))
    assert broken.batch is batch and broken.rows.tolist() == [0, 1, 2]
    encoding = states(batch)
    near = similarity(encoding.image_summary, encoding.text_summary) / 0.7
    expected = 0.0
    for pair, others in enumerate([[1], [0, 2], [1]]):  # pairs 0 and 2 show the same picture
        far = sum(near[i, pair].exp() + near[pair, i].exp() for i in others)
        expected -= (near[pair, pair].exp() / (near[pair, pair].exp() + far)).log()
    loss = objective.loss(encoding, broken)
    assert loss.count == 3
    torch.testing.assert_close(loss.sum, expected)


def related(batch, rng) -> Related:
    """For pair 0 a good and a bad caption and a picture; for pair 1 a sentence."""
    more = make_batch([4, 6, 3, 5], [2, 2, 3, 1], seed=9, images=["a", "a", "x", "y"])
    first, second = torch.tensor([0, 1]), torch.tensor([2])
    samples = joined(
        [
            more.select(first),
            more.select(second).without_text(),
            more.select(torch.tensor([3])).without_regions(),
        ]
    )
    return Related(samples, torch.tensor([0, 0, 0, 1]), torch.tensor([True, False, True, True]))


def test_given_groups_are_those_of_equation_7():
    batch = make_batch([4, 5], [2, 3], images=["a", "b"])
    objective = Contrastive(product, temperature=2.0, relate=related)
    broken = objective.corrupt(batch, seeded(0))
    assert len(broken.batch) == 6
    lengths = broken.batch.text.offsets.lengths, broken.batch.regions.offsets.lengths
    assert [run.tolist() for run in lengths] == [[4, 5, 4, 6, 0, 5], [2, 3, 2, 2, 3, 0]]
    encoding = states(broken.batch)
    near = (encoding.image_summary @ encoding.text_summary.T / 2.0).exp()
    # samples: 0 and 1 the pairs, 2 and 3 captions of 0, 4 a picture for 0, 5 a sentence for 1
    good = near[0, 0] + near[2, 2] + near[4, 0]
    bad = near[3, 3] + near[1, 0] + near[0, 1] + near[0, 5]
    expected = -(good / (good + bad)).log()
    good = near[1, 1] + near[1, 5]
    bad = near[0, 1] + near[2, 1] + near[3, 1] + near[4, 1] + near[1, 0] + near[1, 2] + near[1, 3]
    expected = expected - (good / (good + bad)).log()
    torch.testing.assert_close(objective.loss(encoding, broken).sum, expected)


def test_alone_compares_what_was_encoded_alone():
    batch = make_batch([4, 5], [2, 3])
    objective = Contrastive(product, temperature=1.0, alone=True)
    broken = objective.corrupt(batch, seeded(0))
    lengths = broken.batch.text.offsets.lengths, broken.batch.regions.offsets.lengths
    assert [run.tolist() for run in lengths] == [[4, 5, 0, 0, 4, 5], [2, 3, 2, 3, 0, 0]]
    assert torch.equal(broken.batch.text.ids[9:], batch.text.ids)
    assert torch.equal(broken.batch.regions.features[5:], batch.regions.features)
    encoding = states(broken.batch)
    near = (encoding.image_summary @ encoding.text_summary.T).exp()
    expected = torch.tensor(0.0)
    for pair, other in ((0, 1), (1, 0)):
        good = near[pair, pair] + 2 * near[2 + pair, 4 + pair]
        bad = near[2 + other, 4 + pair] + near[2 + pair, 4 + other]
        expected = expected - (good / (good + bad)).log()
    torch.testing.assert_close(objective.loss(encoding, broken).sum, expected)


def test_pairs_that_do_not_match_are_no_anchors_and_shown_to_nobody():
    batch = make_batch([4, 5, 3], [2, 3, 4])
    order = torch.tensor([0, 2, 2])
    objective = Contrastive()
    broken = objective.corrupt(batch.beside(order), seeded(0))
    assert broken.rows.tolist() == [0, 2]
    assert (broken.targets.view(2, 3, 3)[:, :, 1] == 0).all()


def test_lone_samples_of_a_batch_are_negatives_and_no_anchors():
    broken = Contrastive().corrupt(make_batch([4, 5, 0], [2, 0, 3]), seeded(0))
    assert broken.rows.tolist() == [0]
    pairs, pictures, sentences = broken.targets.view(3, 3).tolist()
    assert (pairs, pictures, sentences) == ([1, 0, 0], [0, 0, -1], [0, -1, 0])


def test_without_the_batch_losses_add_up_over_micro_batches():
    batch = make_batch([4, 5, 6, 3], [2, 3, 1, 4])
    grouped, bare = Contrastive(relate=related, in_batch=False), Contrastive(in_batch=False)
    whole = grouped.corrupt(batch, seeded(0))
    encoding = states(whole.batch)
    total = LossSum(torch.tensor(0.0), 0)
    for objective, pairs, samples in (
        (grouped, [0, 1], [0, 1, 4, 5, 6, 7]),
        (bare, [2, 3], [2, 3]),
    ):
        part = objective.corrupt(batch.select(torch.tensor(pairs)), seeded(0))
        summaries = ("image_summary", "text_summary", "pair")
        chosen = {name: getattr(encoding, name)[samples] for name in summaries}
        total = total + objective.loss(dataclasses.replace(encoding, **chosen), part)
    expected = grouped.loss(encoding, whole)
    assert total.count == expected.count == 4 and expected.sum > 0.05
    torch.testing.assert_close(total.sum, expected.sum)


def test_a_weighted_product_is_a_linear_unit_on_the_product():
    head = WeightedProduct(WIDTH)
    images, texts = (torch.randn(n, WIDTH, generator=seeded(n)) for n in (3, 4))
    expected = head.score(images[:, None] * texts[None]).squeeze(2)
    torch.testing.assert_close(head(images, texts), expected)


def test_mistakes_are_explained():
    batch = make_batch([4, 5], [2, 3])
    objective = Contrastive()
    encoding = states(batch)
    same = Encoding(encoding.text, encoding.regions, encoding.pair, encoding.pair, encoding.pair)
    with pytest.raises(ValueError, match="single one of both"):
        objective.loss(same, objective.corrupt(batch, seeded(0)))
    with pytest.raises(ValueError, match="temperature must be above 0"):
        Contrastive(temperature=0.0)
    with pytest.raises(ValueError, match="an owner and a sign each"):
        Related(batch, torch.tensor([0]), torch.tensor([True]))
    stray = Contrastive(relate=lambda b, r: Related(b, torch.tensor([0, 7]), b.matched))
    with pytest.raises(ValueError, match="owned by pairs 0 to 1, got owners 0 to 7"):
        stray.corrupt(batch, seeded(0))
