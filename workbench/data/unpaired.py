"""Lone pictures and lone sentences among the pairs, images : texts : pairs = 1 : 1 : 5 (M18).

A stream of pairs becomes one of all three kinds by taking the sentence or the regions of some
pairs away, drawn from the seed and the step alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int

from workbench.data import chance
from workbench.pairs import PairBatch

_KIND = 3  # what the coin is for, see chance.bits; plans and streams use 0 to 2
_IMAGE, _TEXT, _PAIR = range(3)


@dataclass(frozen=True)
class Ratio:
    """How many pictures, sentences and pairs there are for one another; M18's by default."""

    images: float = 1.0
    texts: float = 1.0
    pairs: float = 5.0

    def __post_init__(self) -> None:
        given = self.images, self.texts, self.pairs
        if min(given) < 0 or sum(given) <= 0:
            raise ValueError(
                "images, texts and pairs must be numbers of at least 0, not all of them 0, got "
                f"{self.images} : {self.texts} : {self.pairs}"
            )


@runtime_checkable
class PairSource(Protocol):
    """Batches of pairs as a pure function of the step, such as a ``PairStream``."""

    def batch(self, global_step: int, /) -> PairBatch:
        """The batch of this step."""
        ...

    def fingerprint(self) -> str:
        """Differs when any batch would."""
        ...


def kinds_at(step: int, count: int, seed: int, ratio: Ratio) -> Int[np.ndarray, "P"]:
    """What each pair of a step's batch becomes: 0 a lone picture, 1 a lone sentence, 2 a pair."""
    shares = np.cumsum([ratio.images, ratio.texts, ratio.pairs])
    coin = (chance.bits(seed, _KIND, step, count=count) >> np.uint64(11)) * 2.0**-53
    return np.searchsorted(shares[:-1] / shares[-1], coin, side="right").astype(np.int64)


def parted(batch: PairBatch, kinds: Int[np.ndarray, "P"]) -> PairBatch:
    """The batch with sentences taken from lone pictures and regions from lone sentences.

    Where a pair would be left with nothing, because its picture has no regions or its sentence no
    tokens, it stays as it is.
    """
    drawn = torch.from_numpy(kinds).to(batch.matched.device)
    text, regions = batch.text.offsets, batch.regions.offsets
    mute = (drawn == _IMAGE) & (regions.lengths > 0)
    blind = (drawn == _TEXT) & (text.lengths > 0)
    return dataclasses.replace(
        batch,
        text=batch.text.only(~mute[text.owner]),
        regions=batch.regions.only(~blind[regions.owner]),
    )


class UnpairedStream:
    """The stream ``pairs`` with lone pictures and lone sentences in it (M18).

    With ``unpaired=False`` those are left out of the batches instead, so that the pairs of every
    step are the same with and without them (M30); a step that drew no pair keeps its first.
    """

    def __init__(
        self, pairs: PairSource, seed: int, *, ratio: Ratio = Ratio(), unpaired: bool = True
    ) -> None:
        """Raises ``ValueError`` when nothing could be left: no pairs, and nothing unpaired."""
        if not unpaired and ratio.pairs == 0:
            raise ValueError("a ratio without pairs leaves nothing when unpaired=False")
        self.pairs = pairs
        self.seed = seed
        self.ratio = ratio
        self.unpaired = unpaired

    def batch(self, global_step: int) -> PairBatch:
        """The batch of this step."""
        batch = self.pairs.batch(global_step)
        kinds = kinds_at(global_step, len(batch), self.seed, self.ratio)
        if self.unpaired:
            return parted(batch, kinds)
        kept = np.flatnonzero(kinds == _PAIR) if (kinds == _PAIR).any() else np.arange(1)
        return batch.select(torch.from_numpy(kept))

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches."""
        told = f"{self.ratio.images}:{self.ratio.texts}:{self.ratio.pairs}"
        kind = "unpaired" if self.unpaired else "pairs-of"
        return f"{self.pairs.fingerprint()}-{kind}-{told}-{self.seed}"
