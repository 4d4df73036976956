"""The exponential moving average of a model's weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """Weights that follow those of a model slowly.

    After every step each keeps a share of ``decay`` and takes the rest from the model's.  Where
    several processes share a model out, each has the average of its share.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._weights: list[Tensor] = list(model.parameters())
        self._averages = [weight.detach().clone() for weight in self._weights]
        self._mix = get_ema_multi_avg_fn(decay)

    @torch.no_grad()
    def follow(self) -> None:
        """One step towards the model's weights."""
        self._mix(self._averages, self._weights, 1)

    @torch.no_grad()
    def begin_here(self) -> None:
        """Takes the model's weights as they are."""
        for average, weight in zip(self._averages, self._weights, strict=True):
            average.copy_(weight)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Where the model has the averaged weights; afterwards it has its own again, to the bit."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for average, weight in zip(self._averages, self._weights, strict=True):
            own = weight.clone()
            weight.copy_(average)
            average.copy_(own)
