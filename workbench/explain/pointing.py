"""Pointing: is the region that a name is tied to most the object it names?

The game of Zhang et al. 2018 on regions: of all names, the share whose greatest weight falls on
their own region.  A weight may be a head's attention, its rollout or a relevance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from widgets.attention.record import AttentionRecord

DIRECTIONS = ("words → regions", "regions → words")


@dataclass(frozen=True)
class Named:
    """An object's name in an example: its rows among the pair's own words, its own region."""

    example: int
    words: tuple[int, ...]
    region: int


@dataclass(frozen=True)
class Pointing:
    """How often the heads of one model point at what is named, on scenes that chose none of them.

    ``chosen_on`` [2, L, H] are the shares of hits on the scenes that the best head is chosen on,
    ``heads`` on the others, by ``DIRECTIONS``; NaN for a head that never looks across.  ``rollout``
    and ``relevance`` are the shares of the last layer's rollout and of the gradient-weighted
    relevance for the hidden name (NaN for a model that guesses no words), ``chance`` is the mean
    of one over the number of regions, ``names`` how many names were asked about.
    """

    system: str
    layer_names: tuple[str, ...]
    chosen_on: Float[np.ndarray, "2 L H"]
    heads: Float[np.ndarray, "2 L H"]
    rollout: float
    relevance: float
    chance: float
    names: int

    def best_in(self, direction: int) -> tuple[int, int] | None:
        """Layer and head that point best one way, on the scenes to choose on; None if none does."""
        shares = np.nan_to_num(self.chosen_on[direction], nan=-1.0)
        layer, head = np.unravel_index(shares.argmax(), shares.shape)
        return (int(layer), int(head)) if shares.max() >= 0 else None

    def share_in(self, direction: int) -> float:
        """How often the best head one way is right on the other scenes; NaN if there is none."""
        best = self.best_in(direction)
        return math.nan if best is None else float(self.heads[direction][best])

    @property
    def best(self) -> tuple[int, int, int]:
        """Direction, layer and head that point best on the scenes to choose on.

        Raises ``ValueError`` where no head ever looks across.
        """
        found = [(way, best) for way in (0, 1) if (best := self.best_in(way)) is not None]
        if not found:
            raise ValueError(f"no head of {self.system} looks from words to regions or back")
        way, place = max(found, key=lambda one: self.chosen_on[one[0]][one[1]])
        return way, *place

    @property
    def best_head(self) -> str:
        """The best head in words."""
        way, layer, head = self.best
        return f"{self.layer_names[layer]}, head {head}, {DIRECTIONS[way]}"

    @property
    def accuracy(self) -> float:
        """How often the best head points right on scenes that did not choose it."""
        return self.share_in(self.best[0])

    @property
    def mean(self) -> float:
        """The mean over all heads that look across, both ways."""
        return float(np.nanmean(self.heads))


def points(
    record: AttentionRecord, words: Sequence[int], region: int
) -> Float[np.ndarray, "2 L H"]:
    """1 where a head's greatest weight between a name and the regions is its own region's, else 0.

    ``words`` and ``region`` count the pair's own rows; a name's pieces are taken together, and an
    added row (the whole picture) cannot be pointed at.  NaN where no weight goes across.
    """
    own, count = record.own_rows, _own_words(record)
    name, regions = own[list(words)], own[count:]
    there = record.attention[:, :, name][..., regions].sum(2)
    back = record.attention[:, :, regions][..., name].sum(3)
    across = np.stack([there, back])
    hits = (across.argmax(-1) == region).astype(np.float64)
    return np.where(across.sum(-1) > 0, hits, np.nan)


def points_by(record: AttentionRecord, relevance: Float[np.ndarray, "S"], region: int) -> float:
    """The same of one weight for each of the record's rows."""
    weights = relevance[record.own_rows[_own_words(record) :]]
    return float(weights.argmax() == region) if weights.sum() > 0 else 0.0


def _own_words(record: AttentionRecord) -> int:
    words = len(record.words)
    return words - int(record.added[:words].sum()) if len(record.added) else words
