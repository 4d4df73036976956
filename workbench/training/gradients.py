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

from workbench.pairs import LossSum
from workbench.training.model import Pretraining, Scored, counts_of
from workbench.training.piece import Piece, Rows
from workbench.training.world import World, talking

Module = Callable[..., Scored]
"""A ``Pretraining`` model, or what several processes have made of it, called like it."""


@dataclass(frozen=True)
class Learner:
    """How a piece becomes a gradient.

    ``module`` is called, ``model`` is what it holds; ``context(step, shard)`` surrounds each
    forward pass (chance and precision), ``unsynchronised`` every backward pass but the last;
    ``backward`` starts it (a loss scaler's does more than the tensor's own) and ``gather`` comes
    after the last.
    """

    model: Pretraining
    module: Module
    world: World
    context: Callable[[int, int], AbstractContextManager[None]]
    unsynchronised: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    backward: Callable[[Tensor], None] = Tensor.backward
    gather: Callable[[], None] = lambda: None

    def gradient(self, pieces: Mapping[int, Piece], shards: int, step: int) -> tuple[Scored, Rows]:
        """The gradient of a step from my pieces of its batch; losses and rows of the whole step."""
        return self.whole(pieces[0], step) if shards == 1 else self.cut(pieces, step)

    def whole(self, piece: Piece, step: int) -> tuple[Scored, Rows]:
        """The gradient of a batch that is not cut."""
        with self.context(step, 0):
            scored = self.module(piece.parts)
        self.backward(scored.total)
        return scored, piece.rows

    def cut(self, pieces: Mapping[int, Piece], step: int) -> tuple[Scored, Rows]:
        """The gradient of a batch that comes in pieces, of which these are mine, by shard.

        Sums and counts are added up over all pieces, so that it is that of the whole batch and no
        mean of means; losses and rows answered are the whole step's too.  A process whose pieces
        are all empty is given another's and answers with nothing, since all have to answer.
        """
        idle = set(pieces).isdisjoint(self.world.shards(max(pieces) + 1))
        names = list(self.model.mix.found())
        known = {} if idle else _added(counts_of(piece.parts) for piece in pieces.values())
        own = Rows() if idle else Rows.total(piece.rows for piece in pieces.values())
        rows = dataclasses.astuple(own)
        told = [known.get(name, 0) for name in names], [int(name in known) for name in names], rows
        heard = [round(value) for value in self.world.sum(list(itertools.chain(*told)))]
        each, there, rows = heard[: len(names)], heard[len(names) : -len(rows)], heard[-len(rows) :]
        counts = {name: count for name, count, met in zip(names, each, there, strict=True) if met}
        weight = 0.0 if idle else 1.0
        sums = dict.fromkeys(names, 0.0)
        for left, (shard, piece) in zip(
            range(len(pieces) - 1, -1, -1), pieces.items(), strict=True
        ):
            with self.unsynchronised() if left else talking():
                with self.context(step, shard):
                    scored = self.module(piece.parts, None, counts)
                self.backward(scored.total * weight)
            for name, loss in scored.losses.items():
                sums[name] += 0.0 if idle else float(loss.sum.detach())
        with talking():
            self.gather()
        totals = dict(zip(names, self.world.sum(list(sums.values())), strict=True))
        losses = {
            name: LossSum(torch.tensor(totals[name], dtype=torch.float32), count)
            for name, count in counts.items()
        }
        return Scored(losses, self.model.mix.total(losses)), Rows(*rows)


def _added(several: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The counts of several pieces as one."""
    added: dict[str, int] = {}
    for counts in several:
        for name, count in counts.items():
            added[name] = added.get(name, 0) + count
    return added
