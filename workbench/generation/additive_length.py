"""Beams that die when they end; a bonus per token decides in the end (P13 [c])."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.generation.frames import Frames


@dataclass(frozen=True)
class AdditiveLength:
    """Totals are sums of log-probabilities; ``per_token`` times the length is added at the end.

    A draft that has just ended is continued with ``after_end`` added, so that it leaves the beam
    unless all have ended; its text is remembered and stands for choice with those of the last
    frame: the first in which every draft ends, or else the last of all.
    """

    per_token: float = 0.0
    after_end: float = -10000.0

    def grow(
        self,
        before: Float[Tensor, "P b"],
        ended: Bool[Tensor, "P b"],
        tokens: Int[Tensor, "P b c"],
        log_probabilities: Float[Tensor, "P b c"],
        step: int,
        end_id: int,
    ) -> tuple[Int[Tensor, "P b c"], Float[Tensor, "P b c"]]:
        """The same tokens, and the totals with them."""
        before = before + self.after_end * ended
        return tokens, before[..., None] + log_probabilities

    def best(self, frames: Frames, picture: int, end_id: int) -> tuple[int, int, float]:
        """The first of the highest scores, frame by frame and beam by beam."""
        tokens, scores = frames.tokens[picture].tolist(), frames.scores[picture].tolist()
        all_end = [frame for frame, row in enumerate(tokens) if set(row) == {end_id}]
        last = all_end[0] if all_end else len(tokens) - 1
        texts = (
            (frame, beam, scores[frame][beam] + self.per_token * (frame + 1))
            for frame in range(last + 1)
            for beam, token in enumerate(tokens[frame])
            if token == end_id or frame == last
        )
        return max(texts, key=lambda text: text[2])


NO_BONUS = AdditiveLength()
"""Sums of log-probabilities as they are."""
