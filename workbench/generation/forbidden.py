"""Tokens that may not be written at all."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Forbidden:
    """Tokens (padding, [MASK], ...) that no text shall hold; neither paper rules any out."""

    ids: tuple[int, ...]

    def __call__(
        self, scores: Float[Tensor, "P b V"], drafts: Int[Tensor, "P b t"]
    ) -> Float[Tensor, "P b V"]:
        """The scores, those of the forbidden tokens at minus infinity."""
        return scores.index_fill(-1, torch.tensor(self.ids, device=scores.device), -torch.inf)
