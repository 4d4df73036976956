from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from workbench.data.example import Example
from workbench.data.packing import Position
from workbench.data.stream import PairStream
from workbench.data.token_buckets import TokenBucketPlan, token_buckets
from workbench.data.tokenizers import wordpiece
from workbench.pairs import Offsets, Regions


def some_lengths(count: int = 500) -> np.ndarray:
    return np.random.default_rng(0).integers(10, 70, count)


def one_by_one(lengths, order, budget, bucket, multiple, drop_last):
    """The rule as it reads: groups join a batch while the bucket's longest times all fit."""
    batches = []
    for start in range(0, len(order), bucket):
        waiting = sorted(order[start : start + bucket], key=lambda i: -lengths[i])
        longest, batch = lengths[waiting[0]], []
        while waiting:
            group, waiting = waiting[:multiple], waiting[multiple:]
            if batch and longest * (len(batch) + multiple) > budget:
                batches.append(batch)
                batch = []
            batch = batch + group
        if not drop_last:
            batches.append(batch)
    return [[int(i) for i in batch] for batch in batches]


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("bucket", [7, 64, 1000])
def test_batches_are_those_of_the_rule_taken_one_by_one(bucket, drop_last):
    lengths = some_lengths()
    order = np.random.default_rng(1).permutation(len(lengths))
    ours = token_buckets(lengths, order, 1300, bucket=bucket, multiple=4, drop_last=drop_last)
    expected = one_by_one(lengths, order, 1300, bucket, 4, drop_last)
    assert [batch.tolist() for batch in ours] == expected


def test_without_dropping_every_example_comes_once_an_epoch_in_another_order():
    plan = TokenBucketPlan(some_lengths(), 1300, 3, bucket=64, drop_last=False)
    epochs = [
        [plan.batch(epoch, step).tolist() for step in range(plan.steps(epoch))]
        for epoch in range(3)
    ]
    for batches in epochs:
        assert sorted(itertools.chain(*batches)) == list(range(len(plan))) == list(range(500))
        assert all(max(plan.lengths[b] - 2) * len(b) <= 1300 for b in batches)
    assert epochs[0] != epochs[1] != epochs[2]


def test_steps_and_positions_agree_whatever_was_asked_before():
    plan, other = (TokenBucketPlan(some_lengths(), 1300, 3, bucket=64) for _ in range(2))
    places = [Position(e, s) for e in range(4) for s in range(plan.steps(e))]
    assert [plan.position(step) for step in range(len(places))] == places
    assert [plan.global_step(place) for place in places] == list(range(len(places)))
    assert other.position(len(places) - 1) == places[-1]
    for place in reversed(places):
        theirs = other.batch(place.epoch, place.step)
        assert np.array_equal(plan.batch(place.epoch, place.step), theirs)
    with pytest.raises(ValueError, match="there is no batch"):
        plan.batch(0, plan.steps(0))
    with pytest.raises(ValueError, match="counted from 0"):
        plan.position(-1)


class Pictures:
    """Pictures of two regions each, by any name."""

    feature_size, classes = 3, 2

    def __contains__(self, key: str) -> bool:
        return True

    def counts(self, keys: Sequence[str]) -> list[int]:
        return [2] * len(keys)

    def read(self, keys: Sequence[str]) -> Regions:
        rows = 2 * len(keys)
        return Regions(
            torch.zeros(rows, 3), torch.zeros(rows, 4), torch.ones(rows), torch.zeros(rows, 2),
            torch.ones(len(keys), 2), Offsets.from_lengths(self.counts(keys)),
        )  # fmt: skip

    def fingerprint(self) -> str:
        return "two regions each"


def test_a_stream_takes_its_batches_from_token_buckets():
    examples = [Example(f"e{i}", f"p{i}", "an owl " * (1 + i % 5)) for i in range(90)]
    plan = functools.partial(TokenBucketPlan, bucket=32, multiple=4)
    stream = PairStream(Pictures(), examples, wordpiece(), 100, 3, plan=plan)
    same = TokenBucketPlan(stream._lengths + 2, 100, 3, bucket=32, multiple=4)
    assert stream.steps_per_epoch == same.steps()
    for step in range(2 * stream.steps_per_epoch):
        place = same.position(step)
        expected = [f"e{i}" for i in same.batch(place.epoch, place.step)]
        assert list(stream.batch(step).names) == expected
    plain = PairStream(Pictures(), examples, wordpiece(), 100, 3)
    assert plain.fingerprint() != stream.fingerprint()


def test_the_fingerprint_tells_plans_apart():
    made = TokenBucketPlan(some_lengths(), 1300, 3, bucket=64)
    assert made.fingerprint() == TokenBucketPlan(some_lengths(), 1300, 3, bucket=64).fingerprint()
    for change in ({"bucket": 65}, {"multiple": 4}, {"drop_last": False}, {"uncounted": 0}):
        changed = TokenBucketPlan(some_lengths(), 1300, 3, **{"bucket": 64, **change})
        assert changed.fingerprint() != made.fingerprint()


def test_what_cannot_be_planned_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'long' has 90 rows.*8 of its length must fit into 640"):
        TokenBucketPlan([20, 90], 640, 0, names=["short", "long"])
    with pytest.raises(ValueError, match="'empty' has 2 rows"):
        TokenBucketPlan([20, 2], 640, 0, names=["short", "empty"])
    with pytest.raises(ValueError, match="drop_last leaves no batch"):
        TokenBucketPlan([20, 30], 640, 0)
    with pytest.raises(ValueError, match="at least one example"):
        TokenBucketPlan([], 640, 0)
    with pytest.raises(ValueError, match="8 examples of 90 rows do not fit into 640"):
        token_buckets(np.array([20, 90]), np.array([0, 1]), 640)
