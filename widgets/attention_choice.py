"""Which part of an attention record is looked at, and the exact numbers of that look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from widgets.attention_record import AttentionRecord
from widgets.core import attention as arithmetic
from widgets.core.text import attention_sentence, readable_pieces, region_name, special_words

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class AttentionChoice:
    """A layer, a head (−1: the mean, or the mix of ``head_weights``), a direction and a focus.

    The focus is ``region`` where that is 0 or more, else ``word``.
    """

    record: AttentionRecord
    layer: int
    head: int = -1
    head_weights: tuple[float, ...] = ()
    word: int = 0
    region: int = -1
    direction: str = "word_to_region"
    hide_special: bool = False

    @cached_property
    def hidden(self) -> list[int]:
        """Words left out: the special ones if they are hidden."""
        return special_words(self.record.words) if self.hide_special else []

    @cached_property
    def shown_words(self) -> list[int]:
        """Words that have a row in the picture."""
        return [word for word in range(len(self.record.words)) if word not in self.hidden]

    @cached_property
    def weights(self) -> Float[np.ndarray, "W N"]:
        """Exact weights, words × regions, in the chosen direction; hidden words are all 0."""
        record = self.record
        full = arithmetic.blend_heads(record.attention, self.layer, self._head_shares())
        if self.hidden:
            full = arithmetic.hide_and_renormalise(full, self.hidden)
        return arithmetic.words_by_regions(full, len(record.words), self.direction)

    @property
    def focus_is_word(self) -> bool:
        """Whether a word (else a region) is being asked about."""
        return self.region < 0

    @property
    def focus_weights(self) -> Float[np.ndarray, "n"]:
        """Weights between the focus and every region (or every word, if the focus is a region)."""
        return self.weights[self.word] if self.focus_is_word else self.weights[:, self.region]

    def sentence(self) -> str:
        """Who attends most to whom, and how much."""
        values = self.focus_weights
        best = arithmetic.strongest(values, 1)[0]
        if self.focus_is_word:
            focus, other = self._word_text(self.word), self._region_text(best)
        else:
            focus, other = self._region_text(self.region), self._word_text(best)
        return attention_sentence(
            focus, self.focus_is_word, other, self.direction, float(values[best])
        )

    def subtitle(self) -> str:
        """Where the numbers come from, in words."""
        record, heads = self.record, f"head {self.head}"
        if self.head < 0:
            mixed = self.head_weights and len(set(self.head_weights)) > 1
            heads = "weighted mix of heads" if mixed else f"mean of {record.heads} heads"
        way = "words to regions" if self.direction == "word_to_region" else "regions to words"
        hidden = ", special tokens hidden" if self.hide_special else ""
        return f"Layer {self.layer} of 0–{record.layers - 1}, {heads}, {way}{hidden}"

    def table(self) -> pandas.DataFrame:
        """Every shown weight: word_index, word, region, label, weight."""
        import pandas

        words, regions = self.record.words, range(len(self.record.boxes))
        rows = [
            (word, words[word], region, self.record.labels[region], self.weights[word, region])
            for word in self.shown_words
            for region in regions
        ]
        return pandas.DataFrame(rows, columns=["word_index", "word", "region", "label", "weight"])

    def _head_shares(self) -> list[float]:
        heads = self.record.heads
        if self.head >= 0:
            return [float(head == self.head) for head in range(heads)]
        return list(self.head_weights) or [1.0] * heads

    def _word_text(self, word: int) -> str:
        return readable_pieces(self.record.words)[word][0]

    def _region_text(self, region: int) -> str:
        return region_name(region, self.record.labels[region])


def first_word(record: AttentionRecord, layer: int) -> int:
    """A word worth opening with: the first that is a region's label, else the most decided."""
    special = set(special_words(record.words))
    plain = [word for word in range(len(record.words)) if word not in special]
    if not plain:
        return 0
    labels = {label.lower() for label in record.labels if label}
    pieces = readable_pieces(record.words)
    for word in plain:
        if pieces[word][0].lower() in labels:
            return word
    weights = AttentionChoice(record, layer).weights
    return max(plain, key=lambda word: float(weights[word].max()))
