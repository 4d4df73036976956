"""Which examples share a batch: batches filled to a token budget, from a seed and nothing else."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from workbench.data import chance

_VERSION = 1  # part of the fingerprint: raise it when the same seed begins to give other batches
_FRACTION_BITS = 4
_LONGEST = (1 << 16) - 1
_CAP_TRIALS = 8


@dataclass(frozen=True)
class Position:
    """A place in the stream: the next batch is number ``step`` of epoch ``epoch``."""

    epoch: int
    step: int


@runtime_checkable
class BatchPlan(Protocol):
    """Which examples make the batch of a step, from the step alone."""

    def steps(self, epoch: int = 0) -> int:
        """How many batches this epoch has."""
        ...

    def position(self, global_step: int) -> Position:
        """Where the batch with this number since the start of training lies."""
        ...

    def batch(self, epoch: int, step: int) -> Int[np.ndarray, "P"]:
        """Indices of the examples in this batch."""
        ...

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches."""
        ...


@runtime_checkable
class PlanMaker(Protocol):
    """A plan's class, or a function that calls it with more options."""

    def __call__(
        self,
        lengths: Int[np.ndarray, "n"],
        budget: int,
        seed: int,
        *,
        names: Sequence[str] | None = None,
    ) -> BatchPlan:
        """The plan of examples of these lengths (rows) for a budget of rows."""
        ...


class TokenBudgetPlan:
    """Batches of at most ``budget`` rows (tokens + regions); every example once per epoch.

    A pure function of (lengths, budget, seed): any batch of any epoch can be asked for alone, and
    all epochs have equally many batches, so a global step is a ``Position`` and the other way.
    Examples of similar length go together; ``noise`` says how loosely, from 0 (strictly by length,
    least padding where a kernel must pad) to 1 (wholly by chance).  Batches come in random order.
    """

    def __init__(
        self,
        lengths: Sequence[int] | Int[np.ndarray, "n"],
        budget: int,
        seed: int,
        *,
        noise: float = 0.1,
        names: Sequence[str] | None = None,
    ) -> None:
        """``lengths`` in rows; raises ``ValueError`` for one that is below 1 or over the budget."""
        self.lengths = np.ascontiguousarray(lengths, np.int64)
        self.budget, self.seed, self.noise = int(budget), int(seed), float(noise)
        if not len(self.lengths):
            raise ValueError("a plan needs at least one example, got none")
        if not 0 <= noise <= 1:
            raise ValueError(f"noise must lie between 0 and 1, got {noise}")
        bad = (self.lengths < 1) | (self.lengths > min(self.budget, _LONGEST))
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            called = f"example {first}" if names is None else f"example {names[first]!r}"
            raise ValueError(
                f"{called} has {self.lengths[first]} rows (tokens + regions) but a batch holds "
                f"1 to {min(self.budget, _LONGEST)} ({int(bad.sum())} such examples); raise the "
                "budget, shorten the sentence or keep fewer regions"
            )
        self._epochs: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._lock = threading.Lock()
        # Sorted strictly by length every epoch is cut alike, so this many batches always suffice.
        counts = {len(self._cut(self._order(0, loose), self.budget)) - 1 for loose in (0.0, noise)}
        self._steps = max(counts)

    def __len__(self) -> int:
        return len(self.lengths)

    def steps(self, epoch: int = 0) -> int:
        """How many batches an epoch has; the same for every epoch."""
        return self._steps

    def position(self, global_step: int) -> Position:
        """Where the batch with this number since the start of training lies."""
        if global_step < 0:
            raise ValueError(f"steps are counted from 0, got {global_step}")
        return Position(*divmod(global_step, self._steps))

    def global_step(self, position: Position) -> int:
        """The inverse of ``position``."""
        return position.epoch * self._steps + position.step

    def batch(self, epoch: int, step: int) -> Int[np.ndarray, "P"]:
        """Indices of the examples in this batch; raises ``ValueError`` past the epoch's end."""
        if epoch < 0 or not 0 <= step < self._steps:
            raise ValueError(
                f"there is no batch {step} in epoch {epoch}: epochs count from 0 and have "
                f"{self._steps} batches"
            )
        order, cuts, turns = self._epoch(epoch)
        place = turns[step]
        return order[cuts[place] : cuts[place + 1]].astype(np.int64)

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches."""
        told = f"plan {_VERSION} {self.budget} {self.seed} {self.noise!r}"
        return hashlib.sha256(told.encode() + self.lengths.tobytes()).hexdigest()[:16]

    def _epoch(self, epoch):
        """Order of the examples, its cuts, and the batches' turns; two epochs are remembered."""
        with self._lock:
            if epoch not in self._epochs:
                while len(self._epochs) > 1:
                    self._epochs.pop(next(iter(self._epochs)))
                self._epochs[epoch] = self._planned(epoch)
            return self._epochs[epoch]

    def _planned(self, epoch):
        noise = self.noise
        order = self._order(epoch, noise)
        while len(cuts := self._cut(order, self.budget)) - 1 > self._steps:
            noise = noise / 2 if noise > 0.01 else 0.0  # at 0 it fits, see __init__
            order = self._order(epoch, noise)
        # A lower cap with as many batches spreads the rows evenly: no near-empty last batch.
        low, high = -(-int(self.lengths.sum()) // self._steps), self.budget
        low = max(low, int(self.lengths.max()))
        for _ in range(_CAP_TRIALS):
            if low >= high:
                break
            middle = (low + high) // 2
            tried = self._cut(order, middle)
            if len(tried) - 1 <= self._steps:
                high, cuts = middle, tried
            else:
                low = middle + 1
        while len(cuts) - 1 < self._steps:
            widest = int(np.argmax(np.diff(cuts)))
            cuts = np.insert(cuts, widest + 1, (cuts[widest] + cuts[widest + 1]) // 2)
        turns = np.argsort(chance.bits(self.seed, 1, epoch, count=self._steps), kind="stable")
        return order.astype(np.uint32), cuts, turns

    def _order(self, epoch, noise):
        """Examples by length blurred with chance.

        One 64-bit key holds blurred length, chance and index, so that keys are unique and a plain
        sort is both fast and the same on every machine.
        """
        count = len(self.lengths)
        drawn = chance.bits(self.seed, 0, epoch, count=count)
        key = self.lengths << _FRACTION_BITS
        if noise:
            spread = noise * (int(self.lengths.max()) << _FRACTION_BITS)
            blur = (drawn >> np.uint64(32)).astype(np.float64) * (spread / 2**32)
            key = ((1 - noise) * key + blur).astype(np.int64)
        index_bits = np.uint64(max(count - 1, 1).bit_length())
        length_bits = np.uint64(_LONGEST.bit_length() + _FRACTION_BITS)
        keys = key.astype(np.uint64) << (np.uint64(64) - length_bits)
        chance_bits = np.uint64(64) - length_bits - index_bits
        keys |= (drawn & ((np.uint64(1) << chance_bits) - np.uint64(1))) << index_bits
        keys |= np.arange(count, dtype=np.uint64)
        keys.sort()
        return (keys & ((np.uint64(1) << index_bits) - np.uint64(1))).astype(np.int64)

    def _cut(self, order, cap):
        """Starts of greedily filled batches of at most ``cap`` rows, and the end."""
        ends = np.cumsum(self.lengths[order])
        cuts, filled = [0], 0
        while cuts[-1] < len(ends):
            cuts.append(int(ends.searchsorted(filled + cap, side="right")))
            filled = int(ends[cuts[-1] - 1])
        return np.array(cuts, np.int64)
