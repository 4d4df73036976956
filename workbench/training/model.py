"""A model in pre-training: an encoder and the objectives that train it."""

from __future__ import annotations

import torch
from torch import nn

from workbench.objectives.mixing import Alternate
from workbench.objectives.objective import Objective
from workbench.pairs import LossSum, PairBatch


class Pretraining(nn.Module):
    """An encoder and a mix of objectives; neither knows the other."""

    def __init__(self, encoder: nn.Module, mix: Alternate) -> None:
        super().__init__()
        self.encoder = encoder
        self.mix = mix

    def forward(self, batch: PairBatch, objective: Objective, rng: torch.Generator) -> LossSum:
        """The loss of one objective on one batch; ``rng`` decides what is hidden."""
        corrupted = objective.corrupt(batch, rng)
        return objective.loss(self.encoder(corrupted.batch, corrupted.pattern), corrupted)
