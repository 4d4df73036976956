"""A writer without a model: next-token scores drawn from what was written, the same every time."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from tests.generation.models import make_prefix
from workbench.generation.feeding import Feeding, LeftToRight
from workbench.generation.writing import Drafts
from workbench.pairs import PairBatch

END = 0
FEEDING = LeftToRight(1, END)


@functools.cache
def drawn(vocabulary: int, bias_to_end: float, name: str, tokens: tuple[int, ...]) -> Tensor:
    rng = torch.Generator().manual_seed(hash((sum(map(ord, name)), *tokens)) % 2**31)
    scores = 1.5 * torch.randn(vocabulary, generator=rng)
    scores[END] += bias_to_end
    return scores


@dataclass(frozen=True)
class Storyteller:
    """Scores depend on the picture's name and on the draft alone."""

    vocabulary: int = 5
    bias_to_end: float = 0.0
    feeding: Feeding = FEEDING

    def logits(self, name: str, tokens: tuple[int, ...]) -> Tensor:
        return drawn(self.vocabulary, self.bias_to_end, name, tokens)

    def log_probability(self, name: str, tokens: tuple[int, ...]) -> float:
        steps = [self.logits(name, tokens[:i]).log_softmax(0)[t] for i, t in enumerate(tokens)]
        return float(torch.stack(steps).sum())

    def scored(self, prefix: PairBatch, tokens: Tensor) -> Drafts:
        rows = [
            [self.logits(name, tuple(draft)) for draft in drafts]
            for name, drafts in zip(prefix.names, tokens.tolist(), strict=True)
        ]
        logits = torch.stack([torch.stack(drafts) for drafts in rows])
        return Drafts(tokens, logits, prefix, self.feeding.first_position(prefix))

    def begin(self, prefix: PairBatch) -> Drafts:
        return self.scored(prefix, torch.zeros(len(prefix), 1, 0, dtype=torch.int64))

    def go_on(self, drafts: Drafts, parents: Tensor, tokens: Tensor) -> Drafts:
        pictures = torch.arange(len(parents))[:, None]
        written = torch.cat([drafts.tokens[pictures, parents], tokens[..., None]], -1)
        return self.scored(drafts.prefix, written)


def pictures(count: int) -> PairBatch:
    return make_prefix([1] * count, [2] * count)
