"""What is trained: an encoder, and a mix of objectives that own their heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.objectives.mixing import Mix
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

    def forward(self, batch: PairBatch, rng: torch.Generator) -> Scored:
        """Breaks the batch as the mix plans and scores the recovery.

        ``rng`` is the only source of chance but for dropout.
        """
        losses: dict[str, LossSum] = {}
        for part in self.mix.plan(batch, rng):
            encoding = self.encoder(part.batch, part.pattern)
            for objective, corrupted in part.asked:
                loss = objective.loss(encoding, corrupted)
                before = losses.get(objective.name)
                losses[objective.name] = loss if before is None else before + loss
        return Scored(losses, self.mix.total(losses))
