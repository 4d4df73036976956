"""Beams that stay with a frozen score when they end; totals divided by a power of the length.

The penalty is ((5 + length) / 6) to the power ``alpha`` (M24, M26–M29).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.generation.frames import Frames


@dataclass(frozen=True)
class DividedLength:
    """Totals are log-probabilities over the penalty of the length, renewed at every step [c].

    A draft that has ended keeps its total and its place among the beams, repeating the end token,
    and may be pushed out by better ones; the best of the last frame wins.
    """

    alpha: float = 0.6

    def penalty(self, tokens: int) -> float:
        """What the log-probability of a text of this many tokens is divided by."""
        return ((5 + tokens) / 6) ** self.alpha

    def grow(
        self,
        before: Float[Tensor, "P b"],
        ended: Bool[Tensor, "P b"],
        tokens: Int[Tensor, "P b c"],
        log_probabilities: Float[Tensor, "P b c"],
        step: int,
        end_id: int,
    ) -> tuple[Int[Tensor, "P b c"], Float[Tensor, "P b c"]]:
        """Continuations of live drafts; of an ended one only itself."""
        plain = before * self.penalty(step)
        totals = (plain[..., None] + log_probabilities) / self.penalty(step + 1)
        frozen = torch.full_like(totals, -torch.inf)
        frozen[..., 0] = before
        totals = torch.where(ended[..., None], frozen, totals)
        return tokens.masked_fill(ended[..., None], end_id), totals

    def best(self, frames: Frames, picture: int, end_id: int) -> tuple[int, int, float]:
        """The highest total of the last frame."""
        scores = frames.scores[picture, -1]
        beam = int(scores.argmax())
        return frames.scores.shape[1] - 1, beam, float(scores[beam])
