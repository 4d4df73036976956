"""The losses of held-out data: what a validation measures where nothing better is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from workbench.objectives.by_kind import ByKind, kinds_of
from workbench.objectives.mixing import Alternate, Apart, Part, parts_of
from workbench.pairs import LossSum, PairBatch
from workbench.training import chance
from workbench.training.calls import Call
from workbench.training.model import Pretraining
from workbench.training.prefetch import Stream

Measure = Callable[[Pretraining], Mapping[str, float]]
"""Named numbers that say how good a model is."""


def held_out_losses(data: Call | Mapping[str, Any], batches: int, seed: int = 0) -> Measure:
    """A measure: the mean loss of every objective over the first batches of a stream.

    Sums over counts of all batches, and as ``loss`` the number that the mix makes of them.  What
    is hidden is the same each time.  Raises ``ValueError`` for less than one batch.
    """
    if batches < 1:
        raise ValueError(f"1 batch or more is needed to measure a loss, not {batches}")
    stream: Stream = data() if isinstance(data, Call) else Call(**data)()

    @torch.no_grad()
    def measure(model: Pretraining) -> dict[str, float]:
        device = next(model.parameters()).device
        sums: dict[str, float] = {}
        counts: dict[str, int] = {}
        for number in range(batches):
            rng = chance.generator(seed, number, "held out")
            for part in everything(model.mix, stream.batch(number).to(device), rng):
                for name, loss in model([part]).losses.items():
                    sums[name] = sums.get(name, 0.0) + float(loss.sum)
                    counts[name] = counts.get(name, 0) + loss.count
        whole = {name: LossSum(torch.tensor(sums[name]), n) for name, n in counts.items() if n}
        if not whole:
            return {}
        means = {name: sums[name] / loss.count for name, loss in whole.items()}
        return {"loss": float(model.mix.total(whole)), **means}

    return measure


def everything(mix: Any, batch: PairBatch, rng: torch.Generator) -> tuple[Part, ...]:
    """The forward passes of all that a mix could plan for a batch, where it would draw lots.

    A mix that is none of the workbench's plans in its own way.
    """
    member: nn.Module = mix
    if isinstance(member, Alternate | Apart):
        asked = zip(member.objectives, member.weights, strict=True)
        return tuple(
            part for one, weight in asked if weight for part in everything(one, batch, rng)
        )
    if isinstance(member, ByKind):
        chosen = {kind: mine.nonzero().squeeze(1) for kind, mine in kinds_of(batch).items()}
        return tuple(
            part
            for kind, pairs in chosen.items()
            if len(pairs)
            for part in everything(member.by_name[kind], batch.select(pairs), rng)
        )
    return parts_of(member, batch, rng)
