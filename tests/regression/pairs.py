"""Pairs that are the same on every machine: drawn by counter, not by anybody's random numbers."""

from __future__ import annotations

import numpy as np
import torch

from workbench.data import chance
from workbench.data.unpaired import Ratio, UnpairedStream
from workbench.pairs import Offsets, PairBatch, Regions, TextTokens

START, SEPARATOR, MASK, FIRST_WORD = 2, 3, 4, 5
VOCABULARY, FEATURES, CLASSES = 40, 16, 9


class KnownPairs:
    """Pictures of two to six regions; each sentence names the kinds of its picture's regions."""

    def __init__(self, pairs: int, seed: int) -> None:
        self.pairs, self.seed = pairs, seed

    def fingerprint(self) -> str:
        return f"known pairs {self.pairs} {self.seed}"

    def batch(self, step: int) -> PairBatch:
        lengths = torch.from_numpy(2 + self._numbers(0, step, self.pairs, below=5))
        regions = Offsets.from_lengths(lengths)
        kinds = torch.from_numpy(self._numbers(1, step, regions.rows, below=CLASSES - 1)) + 1
        features = self._fractions(2, step, regions.rows, FEATURES) / 2
        features[torch.arange(regions.rows), kinds] += 1
        corners = self._fractions(3, step, regions.rows, 4) / 2
        corners[:, 2:] += 0.5
        classes = torch.full((regions.rows, CLASSES), 0.1 / (CLASSES - 1))
        classes[torch.arange(regions.rows), kinds] = 0.9
        return PairBatch(
            Regions(
                features,
                corners,
                torch.full((regions.rows,), 0.75),
                classes,
                torch.tensor([[320.0, 240.0]]).repeat(self.pairs, 1),
                regions,
            ),
            self._sentences(kinds, regions),
            torch.ones(self.pairs, dtype=torch.bool),
            tuple(f"{step}-{i}" for i in range(self.pairs)),
        )

    def _sentences(self, kinds: torch.Tensor, regions: Offsets) -> TextTokens:
        """[CLS], two tokens for each region, [SEP]."""
        text = Offsets.from_lengths(2 * regions.lengths + 2)
        ids = torch.full((text.rows,), SEPARATOR)
        ids[text.starts[:-1]] = START
        inner = (text.within > 0) & (text.within < text.lengths[text.owner] - 1)
        tokens = torch.stack([FIRST_WORD + kinds, FIRST_WORD + CLASSES + 2 * kinds], dim=1)
        ids[inner] = tokens.flatten()
        words = torch.where(inner, (text.within - 1) // 2, -1)
        return TextTokens(ids, torch.zeros_like(ids), text.within, words, text, words)

    def _numbers(self, purpose: int, step: int, count: int, below: int) -> np.ndarray:
        drawn = chance.bits(self.seed, purpose, step, count=count) % np.uint64(below)
        return drawn.astype(np.int64)

    def _fractions(self, purpose: int, step: int, *shape: int) -> torch.Tensor:
        drawn = chance.bits(self.seed, purpose, step, count=int(np.prod(shape)))
        values = (drawn >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return torch.from_numpy(values.reshape(shape)).float()


def known_pairs(pairs: int = 12, seed: int = 7) -> KnownPairs:
    return KnownPairs(pairs, seed)


def parted_pairs(pairs: int = 12, seed: int = 7) -> UnpairedStream:
    """The same with lone pictures and lone sentences, one of each for every pair (M18)."""
    return UnpairedStream(KnownPairs(pairs, seed), seed, ratio=Ratio(1.0, 1.0, 1.0))
