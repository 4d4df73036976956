"""What a beam search did: its choices step by step, and the ways back through them."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Frames:
    """For every step (frame) and beam the token, the beam it came from, and the total so far.

    All have the shape [P, frames, beams]; parents of the first frame are 0.
    """

    tokens: Int[Tensor, "P f b"]
    parents: Int[Tensor, "P f b"]
    scores: Float[Tensor, "P f b"]

    def path(self, picture: int, frame: int, beam: int) -> tuple[list[int], list[float]]:
        """The tokens and totals of the text that stands at this place, from its first token."""
        tokens, scores = [], []
        for step in range(frame, -1, -1):
            tokens.append(int(self.tokens[picture, step, beam]))
            scores.append(float(self.scores[picture, step, beam]))
            beam = int(self.parents[picture, step, beam])
        return tokens[::-1], scores[::-1]
