"""Masked words under both patterns, scored or not, smoothed, and without the worst."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.properties.batches import MASK, VOCABULARY, make_batch, make_uniter, seeded
from workbench.encoders.encoding import Encoding
from workbench.objectives.language_losses import (
    smoothed_cross_entropy,
    smoothed_divergence,
    without_worst,
)
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masking import Counted, Tokens
from workbench.patterns import BIDIRECTIONAL

torch.set_num_threads(1)
WORDS = (5, VOCABULARY)


def objective(**options) -> MaskedLanguage:
    torch.manual_seed(0)
    return MaskedLanguage(nn.Linear(24, VOCABULARY), MASK, WORDS, **options)


def states(batch, seed=0) -> Encoding:
    rows = torch.randn(batch.text.offsets.rows, 24, generator=seeded(seed))
    nothing = torch.zeros(len(batch), 1)
    return Encoding(rows, torch.zeros(0, 1), nothing, nothing, nothing)


def test_a_prefix_is_never_hidden_and_the_rest_is_causal():
    batch = make_batch([9, 4, 2, 30, 0], [2, 1, 3, 2, 2])
    for choose in (Tokens(0.9), Counted(0.9, most=9)):
        broken = objective(choose=choose, source_rows=4).corrupt(batch, seeded(0))
        assert broken.pattern.source.tolist() == [4, 4, 2, 4, 0]
        assert (batch.text.offsets.within[broken.rows] >= 4).all()
        assert set(batch.text.offsets.owner[broken.rows].tolist()) == {0, 3}
    assert objective().corrupt(batch, seeded(0)).pattern is BIDIRECTIONAL


def test_under_seq2seq_nothing_later_is_seen():
    model = make_uniter()
    batch = make_batch([8, 8], [3, 2])
    task = objective(choose=Tokens(0.5), source_rows=2)
    broken = task.corrupt(batch, seeded(0))
    with torch.no_grad():
        before = model.encoder(broken.batch, broken.pattern).text.view(2, 8, -1)
        for row in range(2, 8):
            ids = broken.batch.text.ids.clone()
            ids[[row, 8 + row]] += 1
            ids %= VOCABULARY
            text = dataclasses.replace(broken.batch.text, ids=ids)
            changed = dataclasses.replace(broken.batch, text=text)
            after = model.encoder(changed, broken.pattern).text.view(2, 8, -1)
            moved = (after - before).abs().amax((0, 2)) > 1e-6
            assert moved.tolist() == [place >= row for place in range(8)]


def test_words_of_unmatched_pairs_are_hidden_but_not_scored():
    batch = make_batch([9, 9, 9], [2, 2, 2])
    batch = dataclasses.replace(batch, matched=torch.tensor([True, False, True]))
    every = objective(choose=Tokens(0.5)).corrupt(batch, seeded(3))
    some = objective(choose=Tokens(0.5), only_matched=True).corrupt(batch, seeded(3))
    assert torch.equal(every.batch.text.ids, some.batch.text.ids)
    scored = batch.matched[batch.text.offsets.owner[every.rows]]
    assert torch.equal(some.rows, every.rows[scored]) and not scored.all()
    assert torch.equal(some.targets, every.targets[scored])


def test_smoothing_equals_its_definition():
    rng = seeded(0)
    scores, targets = torch.randn(5, 11, generator=rng), torch.randint(1, 11, (5,), generator=rng)
    guess = scores.log_softmax(-1)
    even = torch.full((5, 11), 0.1 / 11) + 0.9 * F.one_hot(targets, 11)
    torch.testing.assert_close(smoothed_cross_entropy(scores, targets, 0.1), -(even * guess).sum(1))
    rest = torch.full((5, 11), 0.1 / 9)
    rest[:, 0] = 0.0
    rest[torch.arange(5), targets] = 0.9
    known = torch.where(rest > 0, rest * rest.clamp_min(1e-9).log(), 0.0).sum(1)
    torch.testing.assert_close(
        smoothed_divergence(scores, targets, 0.1), known - (rest * guess).sum(1)
    )
    for loss in (smoothed_cross_entropy, smoothed_divergence):
        torch.testing.assert_close(
            loss(scores, targets, 0.0), F.cross_entropy(scores, targets, reduction="none")
        )


def test_the_worst_pairs_do_not_count():
    losses, owner = torch.tensor([3.0, 1.0, 2.5, 0.1, 0.2]), torch.tensor([0, 1, 1, 2, 2])
    kept = without_worst(losses, owner, 3, 0.4)  # int(3 * 0.6) = 1 pair stays
    assert kept.tolist() == [False, False, False, True, True]
    assert without_worst(losses, owner, 3, 0.3).tolist() == [True, False, False, True, True]
    batch = make_batch([12] * 4, [1] * 4)
    plain, dropping = objective(), objective(drop_worst=0.5)
    broken, encoding = plain.corrupt(batch, seeded(0)), states(batch)
    each = F.cross_entropy(plain.scores(encoding, broken), broken.targets, reduction="none")
    pair = batch.text.offsets.owner[broken.rows]
    sums = torch.zeros(4).index_add(0, pair, each.detach())
    best = torch.isin(pair, sums.argsort()[:2])
    loss = dropping.loss(encoding, broken)
    assert loss.count == int(best.sum()) < len(each)
    torch.testing.assert_close(loss.sum, each[best].sum())


def test_a_head_of_another_width_is_named():
    batch = make_batch([6], [1])
    task = MaskedLanguage(nn.Linear(32, VOCABULARY), MASK, WORDS, name="words")
    broken = task.corrupt(batch, seeded(0))
    with pytest.raises(ValueError, match=r"takes rows of 32 units but .* have 24"):
        task.loss(states(batch), broken)
