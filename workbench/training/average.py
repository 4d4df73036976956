"""The exponential moving average of a model's weights."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """A copy of a model, in evaluation mode, whose weights follow it slowly.

    After every step each weight keeps a share of ``decay`` and takes the rest from the model.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._mix = get_ema_multi_avg_fn(decay)

    @torch.no_grad()
    def follow(self, model: nn.Module) -> None:
        """One step towards the model's weights; buffers are taken over as they are."""
        self._mix(list(self.model.parameters()), list(model.parameters()), 1)
        for own, theirs in zip(self.model.buffers(), model.buffers(), strict=True):
            own.copy_(theirs)
