"""Lone pictures and lone sentences among the pairs, images : texts : pairs = 1 : 1 : 5 (M18).

A stream of pairs becomes one of all three kinds by taking the sentence or the regions of some
pairs away, drawn from the seed and the step alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int

from workbench.data import chance
from workbench.data.division import size_of, some_of
from workbench.pairs import PairBatch

_KIND = 3  # what the coin is for, see chance.bits; plans and streams use 0 to 2
_IMAGE, _TEXT, _PAIR = range(3)
KINDS = ("images", "texts", "pairs")


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

    Kinds ``without`` which it is made are left out of the batches, so that the others of every
    step are the same with and without them (M30); a step that would have nothing left keeps its
    first as the last kind there is.  ``unpaired=False`` leaves out lone pictures and sentences.
    """

    def __init__(
        self,
        pairs: PairSource,
        seed: int,
        *,
        ratio: Ratio = Ratio(),
        unpaired: bool = True,
        without: Sequence[str] = (),
    ) -> None:
        """Raises ``ValueError`` for unknown kinds and when nothing could be left."""
        if not set(without) <= set(KINDS):
            raise ValueError(f"without names kinds among {', '.join(KINDS)}, not {list(without)}")
        left_out = set(without) | (set() if unpaired else {"images", "texts"})
        self.kept = tuple(
            number
            for number, kind in enumerate(KINDS)
            if kind not in left_out and getattr(ratio, kind) > 0
        )
        if not self.kept:
            raise ValueError(
                f"leaving out {', '.join(sorted(left_out))} leaves nothing of {ratio}; keep a kind "
                "that the ratio has"
            )
        self.pairs = pairs
        self.seed = seed
        self.ratio = ratio
        self.left_out = tuple(kind for kind in KINDS if kind in left_out)

    def batch(self, global_step: int) -> PairBatch:
        """The batch of this step."""
        batch = self.pairs.batch(global_step)
        places, kinds = self._drawn(global_step, len(batch))
        return parted(batch.select(torch.from_numpy(places)) if self.left_out else batch, kinds)

    def size(self, global_step: int) -> int:
        """How many pairs the batch of this step has."""
        return len(self._drawn(global_step, size_of(self.pairs, global_step))[0])

    def some(self, global_step: int, places: Int[np.ndarray, "n"]) -> PairBatch:
        """The pairs at these places of the batch of this step; no others need be read."""
        kept, kinds = self._drawn(global_step, size_of(self.pairs, global_step))
        return parted(some_of(self.pairs, global_step, kept[places]), kinds[places])

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches."""
        told = f"{self.ratio.images}:{self.ratio.texts}:{self.ratio.pairs}"
        kind = (
            "pairs-of"
            if self.left_out == KINDS[:2]
            else "-without-".join(("unpaired", *self.left_out))
        )
        return f"{self.pairs.fingerprint()}-{kind}-{told}-{self.seed}"

    def describe(self) -> dict[str, Any]:
        """What the pairs say of themselves, and what becomes of them."""
        tell = getattr(self.pairs, "describe", dict)
        ratio = dataclasses.asdict(self.ratio)
        return {**tell(), "unpaired": {"ratio": ratio, "left_out": list(self.left_out)}}

    def _drawn(
        self, step: int, count: int
    ) -> tuple[Int[np.ndarray, "kept"], Int[np.ndarray, "kept"]]:
        """The places of the pairs that stay in a step's batch, and what they become."""
        kinds = kinds_at(step, count, self.seed, self.ratio)
        kept = np.flatnonzero(np.isin(kinds, self.kept)) if self.left_out else np.arange(count)
        return (kept, kinds[kept]) if len(kept) else (np.arange(1), np.array([self.kept[-1]]))
