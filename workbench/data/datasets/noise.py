"""Pairs of pure noise with the lengths of real captions and detections: to measure speed with.

Captions have 8 to 20 tokens (normal, 12.5 ± 2.8) and two special ones, pictures 10 to 100 regions
(10 + Gamma(2, 13.2), 36 on average).  Nothing can be learnt from them.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch

from workbench.data.packing import TokenBudgetPlan
from workbench.data.tokenizer import text_tokens
from workbench.pairs import Offsets, PairBatch, Regions

FIRST, LAST, MASK, WORDS = 1, 2, 3, 4
"""Rows of the vocabulary: first and last token, the mask, and where words begin."""

_POOL = 4096  # different feature rows; drawing every number anew would measure the generator


class NoiseStream:
    """``batch(step)`` is a pure function of the step; contents too, drawn from a pool of rows."""

    def __init__(
        self, pairs: int, budget: int, seed: int, vocabulary: int, feature_size: int, classes: int
    ) -> None:
        """``budget`` in rows, tokens + regions; raises ``ValueError`` for a tiny vocabulary."""
        if vocabulary <= WORDS:
            raise ValueError(f"a vocabulary of noise needs more than {WORDS} rows: {vocabulary}")
        rng = np.random.default_rng(seed)
        self.tokens = np.clip(rng.normal(12.5, 2.8, pairs).round(), 8, 20).astype(np.int64) + 2
        self.regions = np.clip(10 + rng.gamma(2.0, 13.2, pairs), 10, 100).astype(np.int64)
        self.plan = TokenBudgetPlan(self.tokens + self.regions, budget, seed)
        self.seed = seed
        self.vocabulary = vocabulary
        self._features = torch.from_numpy(rng.standard_normal((_POOL, feature_size), np.float32))
        self._features = self._features.relu().half()
        shares = rng.random((_POOL, classes), np.float32) ** 8
        self._classes = torch.from_numpy(shares / shares.sum(1, keepdims=True)).half()

    def batch(self, step: int) -> PairBatch:
        """The batch of this step, every pair matched."""
        place = self.plan.position(step)
        return self._take(self.plan.batch(place.epoch, place.step), step)

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches."""
        facts = (self.plan.fingerprint(), self.seed, self.vocabulary, self._features.shape[1])
        told = f"{facts} {self._classes.shape[1]}"
        return f"noise-{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    def describe(self) -> dict[str, object]:
        """What a run's card says of it."""
        return {"name": "noise", "pairs": len(self.tokens), "licence": "none needed"}

    def _take(self, chosen: np.ndarray, step: int) -> PairBatch:
        rng = np.random.default_rng([self.seed, step])
        tokens, regions = self.tokens[chosen], self.regions[chosen]
        text = Offsets.from_lengths(torch.from_numpy(tokens))
        seen = Offsets.from_lengths(torch.from_numpy(regions))
        first, last = text.within == 0, text.within == text.lengths[text.owner] - 1
        ids = torch.from_numpy(rng.integers(WORDS, self.vocabulary, text.rows))
        ids = ids.masked_fill(first, FIRST).masked_fill(last, LAST)
        words = (text.within - 1).masked_fill(first | last, -1)
        rows = torch.from_numpy(rng.integers(0, _POOL, seen.rows))
        corners = np.sort(rng.random((seen.rows, 2, 2), np.float32), axis=1).reshape(-1, 4)
        names = tuple(f"noise-{index}" for index in chosen)
        return PairBatch(
            Regions(
                self._features[rows].float(),
                torch.from_numpy(corners),
                torch.ones(seen.rows),
                self._classes[rows].float(),
                torch.full((len(chosen), 2), 640.0),
                seen,
            ),
            text_tokens(ids.numpy(), words.numpy(), tokens),
            torch.ones(len(chosen), dtype=torch.bool),
            names,
            names,
        )


def noise_stream(
    *,
    pairs: int = 100_000,
    budget: int = 10_240,
    seed: int = 0,
    vocabulary: int = 28_996,
    feature_size: int = 2048,
    classes: int = 1601,
) -> NoiseStream:
    """A stream of noise, from plain numbers so that a recipe can name it."""
    return NoiseStream(pairs, budget, seed, vocabulary, feature_size, classes)
