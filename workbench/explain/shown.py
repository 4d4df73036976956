"""One pair as it is pictured: what every look inside a model begins with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from workbench.objectives.region_masking import hide_regions
from workbench.pairs import PairBatch


@dataclass(frozen=True)
class Shown:
    """A batch of one pair, with its sub-words, its picture, the names of its regions, its sentence.

    ``words`` are the batch's own tokens, specials included; ``labels`` may be empty.
    Raises ``ValueError`` for several pairs or words and labels that do not fit.
    """

    batch: PairBatch
    words: tuple[str, ...]
    picture: UInt8[np.ndarray, "height width 3"]
    labels: tuple[str, ...] = ()
    sentence: str = ""

    def __post_init__(self) -> None:
        tokens, regions = self.batch.text.offsets.rows, self.batch.regions.offsets.rows
        if len(self.batch) != 1 or len(self.words) != tokens:
            raise ValueError(
                f"one pair with {tokens} words is shown at a time; "
                f"got {len(self.batch)} pairs and {len(self.words)} words"
            )
        if len(self.labels) not in (0, regions):
            raise ValueError(f"{len(self.labels)} labels were given for {regions} regions")

    def to(self, device: torch.device | str) -> Shown:
        """The same pair, its batch on another device."""
        return dataclasses.replace(self, batch=self.batch.to(device))

    def with_words_hidden(self, places: Sequence[int], mask_id: int, mask: str = "[MASK]") -> Shown:
        """The pair with the tokens at these places masked, each place once.

        Raises ``IndexError`` for a place that the sentence does not have.
        """
        _check("word", places, len(self.words))
        ids = self.batch.text.ids.clone()
        ids[list(places)] = mask_id
        words = tuple(mask if place in places else word for place, word in enumerate(self.words))
        text = dataclasses.replace(self.batch.text, ids=ids)
        return dataclasses.replace(
            self, batch=dataclasses.replace(self.batch, text=text), words=words
        )

    def with_regions_hidden(self, places: Sequence[int]) -> Shown:
        """The pair with the features of these regions zeroed and marked as hidden (U7, V9).

        Their boxes stay.  Raises ``IndexError`` for a region that the picture does not have.
        """
        regions = self.batch.regions
        _check("region", places, len(regions.boxes))
        hidden = _marked(places, len(regions.boxes), regions.features.device)
        hidden = hidden if regions.hidden is None else hidden | regions.hidden
        return dataclasses.replace(self, batch=hide_regions(self.batch, hidden))

    def without_regions(self) -> Shown:
        """The same sentence with nothing to look at."""
        return dataclasses.replace(self, batch=self.batch.without_regions(), labels=())


def _check(kind: str, places: Sequence[int], count: int) -> None:
    wrong = [place for place in places if not 0 <= place < count]
    if wrong:
        raise IndexError(f"there is no {kind} {wrong[0]}: this pair has {kind}s 0 to {count - 1}")


def _marked(places: Sequence[int], count: int, device: torch.device) -> Bool[torch.Tensor, "n"]:
    marked = torch.zeros(count, dtype=torch.bool, device=device)
    marked[list(places)] = True
    return marked
