"""The gradient of one step, whole or from the pieces of its batch, on one process or several."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.objectives.mixing import Part
from workbench.pairs import LossSum, PairBatch
from workbench.training import chance
from workbench.training.model import Pretraining, Scored, counts_of
from workbench.training.world import World, talking

Module = Callable[..., Scored]
"""A ``Pretraining`` model, or what several processes have made of it, called like it."""


@dataclass(frozen=True)
class Rows:
    """How much was read: pairs, rows of text and of regions, and the rows there would be if every
    piece were padded to its longest pair."""

    pairs: int
    tokens: int
    regions: int
    padded: int

    @classmethod
    def of(cls, pieces: Iterable[PairBatch]) -> Rows:
        """Those of some pieces together."""
        pairs = tokens = regions = padded = 0
        for piece in pieces:
            text, picture = piece.text.offsets, piece.regions.offsets
            pairs, tokens, regions = pairs + len(piece), tokens + text.rows, regions + picture.rows
            padded += len(piece) * int((text.lengths + picture.lengths).max())
        return cls(pairs, tokens, regions, padded)

    @property
    def filler(self) -> float:
        """What share of the padded rows would be filler."""
        return 1 - (self.tokens + self.regions) / max(self.padded, 1)


@dataclass(frozen=True)
class Learner:
    """How a piece becomes a gradient.

    ``module`` is called, ``model`` is what it holds; ``context(step, shard)`` surrounds each
    forward pass (chance and precision), ``unsynchronised`` every backward pass but the last, and
    ``backward`` starts it (a loss scaler's does more than the tensor's own).
    """

    model: Pretraining
    module: Module
    world: World
    context: Callable[[int, int], AbstractContextManager[None]]
    unsynchronised: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    backward: Callable[[Tensor], None] = Tensor.backward

    def gradient(
        self, pieces: Mapping[int, PairBatch], shards: int, seed: int, step: int
    ) -> tuple[Scored, Rows]:
        """The gradient of a step from my pieces of its batch; losses and rows of the whole step."""
        return self.whole(pieces[0], seed, step) if shards == 1 else self.cut(pieces, seed, step)

    def whole(self, batch: PairBatch, seed: int, step: int) -> tuple[Scored, Rows]:
        """The gradient of a batch that is not cut."""
        rng = chance.generator(seed, step, "objective")
        with self.context(step, 0):
            scored = self.module(batch.to(self.world.device), rng)
        self.backward(scored.total)
        return scored, Rows.of([batch])

    def cut(self, pieces: Mapping[int, PairBatch], seed: int, step: int) -> tuple[Scored, Rows]:
        """The gradient of a batch that comes in pieces, of which these are mine, by shard.

        Sums and counts are added up over all pieces, so that it is that of the whole batch and no
        mean of means; losses and rows answered are the whole step's too.  A process whose pieces
        are all empty is given another's and answers with nothing, since all have to answer.
        """
        mine = {shard: self._planned(pieces[shard], seed, step, shard) for shard in pieces}
        idle = set(pieces).isdisjoint(self.world.shards(max(pieces) + 1))
        names = list(self.model.mix.found())
        known = {} if idle else _added(counts_of(parts) for parts in mine.values())
        rows = dataclasses.astuple(Rows.of(() if idle else pieces.values()))
        told = [known.get(name, 0) for name in names], [int(name in known) for name in names], rows
        heard = [round(value) for value in self.world.sum(list(itertools.chain(*told)))]
        each, there, rows = heard[: len(names)], heard[len(names) : -len(rows)], heard[-len(rows) :]
        counts = {name: count for name, count, met in zip(names, each, there, strict=True) if met}
        # Processes average their gradients, but the whole is the sum of the shares.
        weight = 0.0 if idle else float(self.world.size)
        sums = dict.fromkeys(names, 0.0)
        for left, (shard, parts) in zip(range(len(mine) - 1, -1, -1), mine.items(), strict=True):
            with self.unsynchronised() if left else talking():
                with self.context(step, shard):
                    scored = self.module(parts, None, counts)
                self.backward(scored.total * weight)
            for name, loss in scored.losses.items():
                sums[name] += 0.0 if idle else float(loss.sum.detach())
        totals = dict(zip(names, self.world.sum(list(sums.values())), strict=True))
        losses = {
            name: LossSum(torch.tensor(totals[name], dtype=torch.float32), count)
            for name, count in counts.items()
        }
        return Scored(losses, self.model.mix.total(losses)), Rows(*rows)

    def _planned(self, piece: PairBatch, seed: int, step: int, shard: int) -> tuple[Part, ...]:
        rng = chance.generator(seed, step, "objective", shard)
        common = chance.generator(seed, step, "mix")
        return self.model.mix.plan(piece.to(self.world.device), rng, common)


def _added(several: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The counts of several pieces as one."""
    added: dict[str, int] = {}
    for counts in several:
        for name, count in counts.items():
            added[name] = added.get(name, 0) + count
    return added
