"""What is trained: an encoder, and a mix of objectives that own their heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from workbench.objectives.mixing import Alternate
from workbench.pairs import LossSum, PairBatch


@dataclass(frozen=True)
class Scored:
    """The name of the objective that a step trained, and its loss."""

    objective: str
    loss: LossSum


class Pretraining(nn.Module):
    """An encoder under a mix of objectives; its forward pass is one training step's loss."""

    def __init__(self, encoder: nn.Module, mix: Alternate) -> None:
        super().__init__()
        self.encoder = encoder
        self.mix = mix

    def forward(self, batch: PairBatch, rng: torch.Generator) -> Scored:
        """Picks an objective, lets it break the batch and scores the recovery.

        ``rng`` is the only source of chance but for dropout.
        """
        objective = self.mix.pick(rng)
        corrupted = objective.corrupt(batch, rng)
        encoding = self.encoder(corrupted.batch, corrupted.pattern)
        return Scored(objective.name, objective.loss(encoding, corrupted))
