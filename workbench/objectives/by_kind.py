"""Objectives by what a pair holds: both modalities, a picture alone or a sentence alone."""

from __future__ import annotations

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from workbench.objectives.mixing import Members, Part, parts_of
from workbench.pairs import PairBatch


def kinds_of(batch: PairBatch) -> dict[str, Bool[Tensor, "P"]]:
    """Which pairs have both modalities, which only a picture, which only a sentence (M3)."""
    text, regions = batch.text.offsets.lengths > 0, batch.regions.offsets.lengths > 0
    return {"pairs": text & regions, "images": regions & ~text, "texts": text & ~regions}


class ByKind(Members):
    """Pairs, lone pictures and lone sentences, each kind under its own objectives (M3, M18, M19).

    The losses of an objective add up over the kinds, then the objectives' means are added.
    """

    def __init__(self, *, pairs: nn.Module, images: nn.Module, texts: nn.Module) -> None:
        super().__init__({"pairs": pairs, "images": images, "texts": texts}, [1.0, 1.0, 1.0])

    def plan(
        self, batch: PairBatch, rng: torch.Generator, common: torch.Generator | None = None
    ) -> tuple[Part, ...]:
        """The parts of every kind that the batch holds."""
        parts: list[Part] = []
        for kind, mine in kinds_of(batch).items():
            chosen = mine.nonzero().squeeze(1)
            if len(chosen):
                parts += parts_of(self.by_name[kind], batch.select(chosen), rng, common)
        return tuple(parts)
