"""Reading some pairs of a batch without the others, where a stream can."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int

from workbench.pairs import PairBatch


@runtime_checkable
class Batches(Protocol):
    """Batches as a pure function of the step."""

    def batch(self, step: int, /) -> PairBatch:
        """The batch of this step."""
        ...


@runtime_checkable
class Divisible(Protocol):
    """A stream that reads any pairs of a batch alone: what it draws, it draws by pair."""

    def size(self, step: int, /) -> int:
        """How many pairs the batch of this step has; reads no features."""
        ...

    def some(self, step: int, places: Int[np.ndarray, "n"], /) -> PairBatch:
        """The pairs at these places of the batch of this step, as they are in it; may be none."""
        ...


def size_of(stream: Batches, step: int) -> int:
    """How many pairs the batch of a step has; one that is not ``Divisible`` is read for it."""
    return stream.size(step) if isinstance(stream, Divisible) else len(stream.batch(step))


def some_of(stream: Batches, step: int, places: Int[np.ndarray, "n"]) -> PairBatch:
    """The pairs at these places of a step's batch; of a stream not ``Divisible`` all are read."""
    if isinstance(stream, Divisible):
        return stream.some(step, places)
    return stream.batch(step).select(torch.from_numpy(places))


def piece_of(stream: Batches, step: int, shard: int, shards: int) -> PairBatch:
    """Pairs ``shard``, ``shard + shards``, ... of the batch of a step; may be none at all."""
    if shards == 1:
        return stream.batch(step)
    if not isinstance(stream, Divisible):
        whole = stream.batch(step)
        return whole.select(torch.arange(len(whole))[shard::shards])
    return stream.some(step, np.arange(shard, stream.size(step), shards))
