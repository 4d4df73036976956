"""What is trained: an encoder, and a mix of objectives that own their heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.objectives.mixing import Mix, Part
from workbench.pairs import LossSum, PairBatch


@dataclass(frozen=True)
class Scored:
    """The loss of every objective that a step trained, and their one number to minimise."""

    losses: Mapping[str, LossSum]
    total: Float[Tensor, ""]

    @property
    def objective(self) -> str:
        """The names of the objectives, joined."""
        return "+".join(self.losses)


class Pretraining(nn.Module):
    """An encoder under a mix of objectives; its forward pass is one training step's loss."""

    def __init__(self, encoder: nn.Module, mix: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.mix = cast(Mix, mix)

    def forward(
        self,
        batch: PairBatch | Sequence[Part],
        rng: torch.Generator | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> Scored:
        """Breaks the batch as the mix plans and scores the recovery.

        ``rng`` is the only source of chance but for dropout.  A batch that is a piece of a step's
        comes planned, as parts, with the ``counts`` of the whole step: ``losses`` are then the
        piece's own and ``total`` its share, so that the totals of all pieces add up to the step's.
        """
        parts = self._planned(batch, rng) if isinstance(batch, PairBatch) else batch
        losses: dict[str, LossSum] = {}
        for part in parts:
            encoding = self.encoder(part.batch, part.pattern)
            for objective, corrupted in part.asked:
                loss = objective.loss(encoding, corrupted)
                before = losses.get(objective.name)
                losses[objective.name] = loss if before is None else before + loss
        if counts is None:
            return Scored(losses, self.mix.total(losses))
        return Scored(losses, self.mix.total(as_share(losses, counts)))

    def _planned(self, batch: PairBatch, rng: torch.Generator | None) -> tuple[Part, ...]:
        if rng is None:
            raise ValueError("a batch that has not been planned needs rng, a torch.Generator")
        return self.mix.plan(batch, rng)


def as_share(losses: Mapping[str, LossSum], counts: Mapping[str, int]) -> dict[str, LossSum]:
    """A piece's losses with the counts of its whole step; zero where it has no such loss.

    A mix's total is linear in the sums, so the shares of all pieces add up to the total.
    """
    nothing = next(iter(losses.values())).sum.detach() * 0.0
    shares = {name: losses.get(name, LossSum(nothing, 0)).sum for name in counts}
    return {name: LossSum(shares[name], count) for name, count in counts.items()}


def counts_of(parts: Sequence[Part]) -> dict[str, int]:
    """How much each objective will count in these parts, by name, before any forward pass.

    Raises ``ValueError`` for an objective whose count depends on its losses.
    """
    counts: dict[str, int] = {}
    for part in parts:
        for objective, corrupted in part.asked:
            if corrupted.count < 0:
                raise ValueError(
                    f"what {objective.name!r} counts is known only from its losses (drop_worst), "
                    "so a step's batch cannot be cut into pieces: use shards=1 and one process"
                )
            counts[objective.name] = counts.get(objective.name, 0) + corrupted.count
    return counts
