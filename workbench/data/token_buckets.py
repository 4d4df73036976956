"""Batches from length buckets, as the released code of U17 makes them: to repeat its runs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from workbench.data import chance
from workbench.data.packing import Position

_VERSION = 1  # part of the fingerprint: raise it when the same seed begins to give other batches
_ORDER, _TURNS = 4, 5  # what chance is for; plans and streams use 0 to 3


def token_buckets(
    lengths: Int[np.ndarray, "n"],
    order: Int[np.ndarray, "n"],
    budget: int,
    *,
    bucket: int = 8192,
    multiple: int = 8,
    drop_last: bool = True,
) -> list[Int[np.ndarray, "P"]]:
    """Examples in this order, cut in buckets, each sorted from long to short and cut in batches.

    A batch grows by ``multiple`` examples while its number times the longest of the **bucket**
    stays within ``budget``, so that batches of short examples are far from full.  ``drop_last``
    leaves out the last batch of every bucket, even a full one.
    """
    batches = []
    for start, count, size in _cuts(lengths[order], budget, bucket, multiple):
        inside = order[start : start + count]
        inside = inside[np.argsort(-lengths[inside], kind="stable")]
        batches += [inside[at : at + size] for at in range(0, count, size)]
        if drop_last:
            batches.pop()
    return batches


class TokenBucketPlan:
    """Batches from token buckets, in the place of a ``TokenBudgetPlan``.

    A pure function of (lengths, budget, seed).  Unlike there, the budget bounds a batch as if it
    were padded, epochs differ in their number of batches, and ``drop_last`` leaves some examples
    out of an epoch.  ``uncounted`` rows of each example are not counted: the two special tokens,
    in the released code.
    """

    def __init__(
        self,
        lengths: Sequence[int] | Int[np.ndarray, "n"],
        budget: int,
        seed: int,
        *,
        bucket: int = 8192,
        multiple: int = 8,
        drop_last: bool = True,
        uncounted: int = 2,
        names: Sequence[str] | None = None,
    ) -> None:
        """``lengths`` in rows; raises ``ValueError`` for one too long for ``multiple`` of it."""
        self.lengths = np.ascontiguousarray(lengths, np.int64)
        self.budget, self.seed = int(budget), int(seed)
        self.bucket, self.multiple, self.drop_last = bucket, multiple, drop_last
        self.uncounted = uncounted
        self._counted = self.lengths - uncounted
        if not len(self.lengths):
            raise ValueError("a plan needs at least one example, got none")
        bad = (self._counted < 1) | (self._counted * multiple > self.budget)
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            called = f"example {first}" if names is None else f"example {names[first]!r}"
            raise ValueError(
                f"{called} has {self.lengths[first]} rows (tokens + regions) but {multiple} of its "
                f"length must fit into {self.budget}, {uncounted} rows of each not counted, and "
                f"one must be left ({int(bad.sum())} such examples); raise the budget, shorten the "
                "sentence or keep fewer regions"
            )
        self._starts = [0]
        self._remembered: tuple[int, list[np.ndarray]] = (0, self._planned(0))
        self._lock = threading.RLock()
        if not self._remembered[1]:
            raise ValueError(
                f"drop_last leaves no batch of these {len(self.lengths)} examples: the last one of "
                "every bucket is dropped; lower the budget or keep the last ones"
            )

    def __len__(self) -> int:
        return len(self.lengths)

    def steps(self, epoch: int = 0) -> int:
        """How many batches this epoch has; nearly, not exactly, as many as the others."""
        self._count_up_to(epoch)
        return self._starts[epoch + 1] - self._starts[epoch]

    def position(self, global_step: int) -> Position:
        """Where the batch with this number since the start of training lies."""
        if global_step < 0:
            raise ValueError(f"steps are counted from 0, got {global_step}")
        while self._starts[-1] <= global_step:
            self._count_up_to(len(self._starts) - 1)
        epoch = int(np.searchsorted(self._starts, global_step, side="right")) - 1
        return Position(epoch, global_step - self._starts[epoch])

    def global_step(self, position: Position) -> int:
        """The inverse of ``position``."""
        self._count_up_to(position.epoch)
        return self._starts[position.epoch] + position.step

    def batch(self, epoch: int, step: int) -> Int[np.ndarray, "P"]:
        """Indices of the examples in this batch; raises ``ValueError`` past the epoch's end."""
        if epoch < 0 or not 0 <= step < self.steps(epoch):
            raise ValueError(
                f"there is no batch {step} in epoch {epoch}: epochs count from 0 and this one has "
                f"{self.steps(max(epoch, 0))} batches"
            )
        with self._lock:
            if self._remembered[0] != epoch:
                self._remembered = (epoch, self._planned(epoch))
            return self._remembered[1][step]

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches."""
        told = (
            f"token buckets {_VERSION} {self.budget} {self.seed} {self.bucket} {self.multiple} "
            f"{self.drop_last} {self.uncounted}"
        )
        return hashlib.sha256(told.encode() + self.lengths.tobytes()).hexdigest()[:16]

    def _order(self, epoch):
        drawn = chance.bits(self.seed, _ORDER, epoch, count=len(self.lengths))
        return np.argsort(drawn, kind="stable")

    def _planned(self, epoch):
        """The batches of an epoch in the random order of their turns."""
        batches = token_buckets(
            self._counted,
            self._order(epoch),
            self.budget,
            bucket=self.bucket,
            multiple=self.multiple,
            drop_last=self.drop_last,
        )
        drawn = chance.bits(self.seed, _TURNS, epoch, count=len(batches))
        return [batches[turn] for turn in np.argsort(drawn, kind="stable")]

    def _count_up_to(self, epoch):
        """Fills in where epochs begin, up to the end of this one, without planning batches."""
        with self._lock:
            while len(self._starts) < epoch + 2:
                ordered = self._counted[self._order(len(self._starts) - 1)]
                cuts = _cuts(ordered, self.budget, self.bucket, self.multiple)
                steps = sum(-(-count // size) - self.drop_last for _, count, size in cuts)
                self._starts.append(self._starts[-1] + steps)


def _cuts(ordered, budget, bucket, multiple):
    """Start, number of examples and size of a batch of every bucket of examples in their order."""
    cuts = []
    for start in range(0, len(ordered), bucket):
        inside = ordered[start : start + bucket]
        longest = int(inside.max())
        size = budget // (longest * multiple) * multiple
        if size == 0:
            raise ValueError(
                f"{multiple} examples of {longest} rows do not fit into {budget} rows; raise the "
                "budget, shorten the sentences or keep fewer regions"
            )
        cuts.append((start, len(inside), size))
    return cuts
