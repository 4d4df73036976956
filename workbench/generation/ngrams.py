"""No n-gram of tokens twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class NgramBlocking:
    """A token that would repeat an n-gram of its own draft loses ``penalty`` (P13 [c]).

    Tokens among ``ignored`` are never blocked, and nothing is while one of them is among the last
    ``size`` − 1 tokens.
    """

    size: int
    ignored: frozenset[int] = frozenset()
    penalty: float = 10000.0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"an n-gram has one token or more, got size={self.size}")

    def __call__(
        self, scores: Float[Tensor, "P b V"], drafts: Int[Tensor, "P b t"]
    ) -> Float[Tensor, "P b V"]:
        """The scores, those of repeating tokens lowered."""
        if drafts.shape[-1] < self.size:
            return scores
        scores = scores.clone()
        for picture, of_picture in enumerate(drafts.tolist()):
            for draft, tokens in enumerate(of_picture):
                if repeating := self.repeating(tokens):
                    scores[picture, draft, sorted(repeating)] -= self.penalty
        return scores

    def repeating(self, tokens: Sequence[int]) -> set[int]:
        """Tokens that after this draft would end an n-gram that it already holds."""
        before = self.size - 1
        tail = list(tokens[len(tokens) - before :])
        if self.ignored.intersection(tail):
            return set()
        places = range(len(tokens) - before)
        found = {tokens[i + before] for i in places if list(tokens[i : i + before]) == tail}
        return found - self.ignored
