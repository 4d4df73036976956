"""What is hidden from a model: words and regions of one pair, turn after turn."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from workbench.explain.shown import Shown
from workbench.objectives.region_masking import hide_regions
from workbench.pairs import PairBatch


@dataclass(frozen=True)
class Hidden:
    """Words and regions of one pair that are hidden together, by their places."""

    words: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()


def whole_word(shown: Shown, place: int) -> Hidden:
    """All pieces of the word that the piece at this place belongs to.

    Raises ``IndexError`` for a place that the sentence does not have.
    """
    if not 0 <= place < len(shown.words):
        raise IndexError(
            f"there is no word {place}: this pair has words 0 to {len(shown.words) - 1}"
        )
    words = shown.batch.text.words.tolist()
    if words[place] < 0:
        return Hidden((place,))
    return Hidden(tuple(other for other, word in enumerate(words) if word == words[place]))


def every_word(shown: Shown) -> list[Hidden]:
    """Each word of the sentence by itself, all its pieces; special tokens are left out."""
    numbers = shown.batch.text.words.tolist()
    whole = (whole_word(shown, place) for place, number in enumerate(numbers) if number >= 0)
    return list(dict.fromkeys(whole))


def every_region(shown: Shown) -> list[Hidden]:
    """Each region of the picture by itself."""
    return [Hidden(regions=(region,)) for region in range(shown.batch.regions.offsets.rows)]


@dataclass(frozen=True)
class Turns:
    """A pair and what is hidden of it, turn after turn; ``turns`` and ``rows`` tell every place.

    A row is that of a word, or the number of words and that of a region.
    """

    shown: Shown
    hidden: tuple[Hidden, ...]
    turns: tuple[int, ...]
    rows: tuple[int, ...]

    @classmethod
    def of(cls, shown: Shown, hidden: Sequence[Hidden]) -> Turns:
        """The turns in their order, in each the words first.

        Raises ``ValueError`` where nothing is hidden, ``IndexError`` for a wrong place.
        """
        length = len(shown.words)
        for one in hidden:  # a wrong place is named
            shown.with_words_hidden(one.words, 0).with_regions_hidden(one.regions)
        pairs = [
            (turn, row)
            for turn, one in enumerate(hidden)
            for row in (*sorted(set(one.words)), *(length + r for r in sorted(set(one.regions))))
        ]
        if not pairs:
            raise ValueError("nothing is hidden, so there is nothing to guess: hide a word")
        turns, rows = zip(*pairs, strict=True)
        return cls(shown, tuple(hidden), turns, rows)

    @property
    def words(self) -> list[int]:
        """Every hidden word, as a token of the pair."""
        return [row for row in self.rows if row < len(self.shown.words)]

    @property
    def regions(self) -> list[int]:
        """Every hidden region, as a region of the pair."""
        length = len(self.shown.words)
        return [row - length for row in self.rows if row >= length]

    @property
    def word_rows(self) -> list[int]:
        """Where the hidden words stand among the tokens of ``batch``."""
        length, pairs = len(self.shown.words), zip(self.turns, self.rows, strict=True)
        return [turn * length + row for turn, row in pairs if row < length]

    @property
    def region_rows(self) -> list[int]:
        """Where the hidden regions stand among the regions of ``batch``."""
        length, count = len(self.shown.words), self.shown.batch.regions.offsets.rows
        pairs = zip(self.turns, self.rows, strict=True)
        return [turn * count + row - length for turn, row in pairs if row >= length]

    def batch(self, mask_id: int, device: torch.device) -> PairBatch:
        """A copy of the pair for every turn, with what the turn hides hidden in it."""
        copies = torch.zeros(len(self.hidden), dtype=torch.int64, device=device)
        batch = self.shown.batch.to(device).select(copies)
        if self.words:
            ids = batch.text.ids.clone()
            ids[self.word_rows] = mask_id
            batch = dataclasses.replace(batch, text=dataclasses.replace(batch.text, ids=ids))
        if self.regions:
            marked = torch.zeros(len(batch.regions.boxes), dtype=torch.bool, device=device)
            marked[self.region_rows] = True
            before = batch.regions.hidden
            batch = hide_regions(batch, marked if before is None else marked | before)
        return batch
