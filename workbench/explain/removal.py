"""Rows of a pair that can be taken away, and what a model answers without them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import nn

from workbench.explain.attention import PairRows
from workbench.explain.questions import Question
from workbench.explain.shown import Shown
from workbench.pairs import PairBatch


@dataclass(frozen=True)
class Removal:
    """A question to be asked again with words masked and regions hidden, by rows of a record.

    A row is removable where that takes something away: words that are neither special nor masked
    already, regions that are not hidden already, and the row of the whole picture, whose feature
    turns to zeros.  Sentence marks and a separator that the encoder adds stay.
    """

    question: Question
    rows: PairRows
    mask_id: int

    @cached_property
    def removable(self) -> tuple[int, ...]:
        """The rows that can be taken away, in the record's order."""
        return tuple(np.flatnonzero(~self.fixed).tolist())

    @cached_property
    def fixed(self) -> Bool[np.ndarray, "S"]:
        """True for the rows that stay whatever happens."""
        text, regions = self.question.shown.batch.text, self.question.shown.batch.regions
        kept = ((text.words < 0) | (text.ids == self.mask_id)).tolist()
        words = np.ones(self.rows.text, dtype=np.bool_)
        words[self._own_words] = kept
        hidden = np.zeros(self.rows.regions, dtype=np.bool_)
        if regions.hidden is not None:
            hidden = regions.hidden.cpu().numpy()
        return np.concatenate([words, hidden, np.zeros(self.rows.leads, dtype=np.bool_)])

    def without(self, places: Collection[int]) -> Shown:
        """The pair without these rows.  Raises ``IndexError`` for one that is not removable."""
        wrong = sorted(set(places) - set(self.removable))
        if wrong:
            raise IndexError(
                f"row {wrong[0]} cannot be taken away: those that can are {self.removable}"
            )
        shown, behind = self.question.shown, self.rows.text + self.rows.regions
        own = {row: place for place, row in enumerate(self._own_words)}
        shown = shown.with_words_hidden(
            [own[row] for row in places if row < self.rows.text], self.mask_id
        )
        shown = shown.with_regions_hidden(
            [row - self.rows.text for row in places if self.rows.text <= row < behind]
        )
        return _without_whole(shown) if any(row >= behind for row in places) else shown

    @torch.no_grad()
    def scores(
        self, encoder: nn.Module, removed: Sequence[Collection[int]], at_once: int = 64
    ) -> Float[np.ndarray, "n"]:
        """The answer without each of these sets of rows; equal sets are asked once."""
        sets = [frozenset(rows) for rows in removed]
        asked = list(dict.fromkeys(sets))
        found: dict[frozenset[int], float] = {}
        for first in range(0, len(asked), at_once):
            some = asked[first : first + at_once]
            batch = _together([self.without(rows).batch for rows in some])
            answers = self.question.score(encoder(batch)).double().cpu().tolist()
            found.update(zip(some, answers, strict=True))
        return np.array([found[rows] for rows in sets])

    @cached_property
    def _own_words(self) -> list[int]:
        return [row for row, added in enumerate(self.rows.added_text) if not added]


def _without_whole(shown: Shown) -> Shown:
    """The pair with a whole picture of zeros beside its regions (V4, M2)."""
    regions = shown.batch.regions
    whole = regions.features.new_zeros(1, regions.features.shape[-1])
    batch = dataclasses.replace(shown.batch, regions=dataclasses.replace(regions, whole=whole))
    return dataclasses.replace(shown, batch=batch)


def _together(versions: Sequence[PairBatch]) -> PairBatch:
    """Versions of one pair, which differ in what is masked and hidden, as one batch."""
    first = versions[0]
    copies = first.select(
        torch.zeros(len(versions), dtype=torch.int64, device=first.matched.device)
    )
    regions = dataclasses.replace(
        copies.regions,
        features=torch.cat([one.regions.features for one in versions]),
        hidden=torch.cat([_hidden(one) for one in versions]),
        whole=_wholes(versions),
    )
    text = dataclasses.replace(copies.text, ids=torch.cat([one.text.ids for one in versions]))
    return dataclasses.replace(copies, text=text, regions=regions)


def _hidden(batch: PairBatch) -> torch.Tensor:
    hidden = batch.regions.hidden
    return (
        torch.zeros_like(batch.regions.confidence, dtype=torch.bool) if hidden is None else hidden
    )


def _wholes(versions: Sequence[PairBatch]) -> torch.Tensor | None:
    """What each version shows of the whole picture: its own, else the mean that would be taken."""
    if all(one.regions.whole is None for one in versions):
        return None
    wholes = [one.regions.whole for one in versions]
    means = [
        one.regions.features.sum(0, keepdim=True) / max(1, len(one.regions.features))
        for one in versions
    ]
    return torch.cat(
        [mean if whole is None else whole for whole, mean in zip(wholes, means, strict=True)]
    )
