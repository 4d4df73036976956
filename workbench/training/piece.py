"""A piece of a step's batch, planned: which forward passes it needs, on the device that makes them.

Planning draws its chance from (seed, step, shard), so that it can be done ahead, by the threads
that read.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from workbench.moving import changed, moved
from workbench.objectives.mixing import Mix, Part
from workbench.pairs import PairBatch
from workbench.training import chance


@dataclass(frozen=True)
class Rows:
    """How much was read: pairs, rows of text and of regions, and the rows there would be if every
    piece were padded to its longest pair."""

    pairs: int = 0
    tokens: int = 0
    regions: int = 0
    padded: int = 0

    @classmethod
    def of(cls, batch: PairBatch) -> Rows:
        """Those of one batch."""
        text, pictures = batch.text.offsets, batch.regions.offsets
        longest = int((text.lengths + pictures.lengths).max())
        return cls(len(batch), text.rows, pictures.rows, len(batch) * longest)

    @classmethod
    def total(cls, several: Iterable[Rows]) -> Rows:
        """Those of several batches together."""
        each = [(one.pairs, one.tokens, one.regions, one.padded) for one in several]
        return cls(*map(sum, zip(*each, strict=True)))

    @property
    def filler(self) -> float:
        """What share of the padded rows would be filler."""
        return 1 - (self.tokens + self.regions) / max(self.padded, 1)


@dataclass(frozen=True)
class Piece:
    """The forward passes of a piece, and how much was read for them."""

    parts: tuple[Part, ...]
    rows: Rows


@dataclass(frozen=True)
class Planner:
    """Makes pieces of a step (counted from 1) by a mix, for a device.

    Where a batch is cut, all its pieces share what the mix draws once a step.
    """

    mix: Mix
    seed: int
    shards: int
    device: torch.device

    def __call__(self, step: int, shard: int, batch: PairBatch) -> Piece:
        """The piece, whole on the device when this returns."""
        rng = chance.generator(self.seed, step, "objective", shard)
        common = chance.generator(self.seed, step, "mix") if self.shards > 1 else None
        return Piece(sent(self.mix.plan(batch, rng, common), self.device), Rows.of(batch))


_own = threading.local()


def sent(parts: tuple[Part, ...], device: torch.device) -> tuple[Part, ...]:
    """The passes on a device; to a GPU beside its work, on a stream of the calling thread.

    The memory belongs to that stream.  It may be used anew as soon as the passes are let go, so
    they must be kept until the work that reads them is done, as a step does that ends by reading
    its loss.
    """
    if device.type != "cuda":
        return moved(parts, device)
    if getattr(_own, "stream", None) is None:
        _own.stream = torch.cuda.Stream(device)
    with torch.cuda.stream(_own.stream):
        # From ordinary memory a copy would hold up the training thread's own calls of the driver.
        pinned = changed(parts, torch.Tensor.pin_memory)
        there = changed(pinned, lambda tensor: tensor.to(device, non_blocking=True))
        _own.stream.synchronize()
    return there
