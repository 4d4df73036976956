"""A text may not end before it has some length."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class MinimumLength:
    """While fewer than ``tokens`` tokens are written, ``end_id`` has the score ``value``.

    Both conventions: −10000 on log-probabilities [c, P13], or −1e18 on logits, where the softmax
    then shares the rest among the other tokens [c, M24].
    """

    tokens: int
    end_id: int
    value: float = -1e18

    def __call__(
        self, scores: Float[Tensor, "P b V"], drafts: Int[Tensor, "P b t"]
    ) -> Float[Tensor, "P b V"]:
        """The scores with the end ruled out while the drafts are short."""
        if drafts.shape[-1] >= self.tokens:
            return scores
        scores = scores.clone()
        scores[..., self.end_id] = self.value
        return scores
