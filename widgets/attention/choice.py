"""Which part of an attention record is looked at, and the exact numbers of that look."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from widgets.attention.change import AttentionChange
from widgets.attention.record import AttentionRecord
from widgets.core import attention as arithmetic
from widgets.core import attention_words as said
from widgets.core.difference import change_sentence, taken_words
from widgets.core.text import attention_sentence, readable_pieces, region_name, special_words

if TYPE_CHECKING:
    import pandas

SHOWN = ("before", "after", "difference")


@dataclass(frozen=True, eq=False)
class AttentionChoice:
    """A layer, a head (−1: the mean, or the mix of ``head_weights``), a direction and a focus.

    Between words and regions the focus is ``region`` where that is 0 or more, else ``word``.
    ``after`` is the record of another look, ``names`` what the two are called, ``change`` what was
    taken away between them; ``shown`` says which of them, or their difference, is shown.
    """

    record: AttentionRecord
    layer: int
    head: int = -1
    head_weights: tuple[float, ...] = ()
    word: int = 0
    region: int = -1
    direction: str = "word_to_region"
    hide_special: bool = False
    threshold: float = 0.0
    after: AttentionRecord | None = None
    shown: str = "difference"
    names: tuple[str, str] = ("before", "after")
    change: AttentionChange = field(default_factory=AttentionChange)

    @cached_property
    def hidden(self) -> list[int]:
        """Words left out: the special ones if they are hidden."""
        return special_words(self.record.words) if self.hide_special else []

    @cached_property
    def shown_words(self) -> list[int]:
        """Words that have a row in the picture."""
        return [word for word in range(len(self.record.words)) if word not in self.hidden]

    @property
    def is_difference(self) -> bool:
        """Whether numbers are differences, after − before."""
        return self.after is not None and self.shown == "difference"

    @cached_property
    def weights(self) -> Float[np.ndarray, "rows columns"]:
        """Exact weights of the chosen block, those below the threshold as 0.

        Words × regions, words × words or regions × regions; rows of hidden words are all 0.
        """
        if self.after is None or self.shown == "before":
            block = self.block(self.record)
        elif self.shown == "after":
            block = self.block(self.after)
        else:
            block = self.block(self.after) - self.block(self.record)
        return arithmetic.at_least(block, self.threshold) if self.threshold > 0 else block

    def block(self, record: AttentionRecord) -> Float[np.ndarray, "rows columns"]:
        """The chosen block of a record; 0 throughout where its rows are at rest."""
        shares = self._head_shares(record)
        if not sum(shares):
            return np.zeros_like(arithmetic.block_of(record.attention[0, 0], *self._cut))
        full = arithmetic.blend_heads(record.attention, self.layer, shares)
        if self.hidden:
            full = arithmetic.hide_and_renormalise(full, self.hidden)
        return arithmetic.block_of(full, *self._cut)

    @property
    def rows(self) -> str:
        """What the rows of the block are: "word" or "region"."""
        return "region" if self.direction == "region_to_region" else "word"

    @property
    def columns(self) -> str:
        """What the columns of the block are: "word" or "region"."""
        return "word" if self.direction == "word_to_word" else "region"

    @property
    def focus_is_word(self) -> bool:
        """Whether a word (else a region) is being asked about."""
        return self.rows == "word" and (self.region < 0 or self.columns == "word")

    @property
    def focus(self) -> int:
        """The word or region being asked about; the first one where none is chosen."""
        if self.focus_is_word:
            return self.word if self.word >= 0 else (self.shown_words or [0])[0]
        return max(0, self.region)

    @property
    def others_are_words(self) -> bool:
        """Whether the focus is held against words (else regions)."""
        return self.focus_is_word == (self.rows == self.columns)

    @property
    def focus_weights(self) -> Float[np.ndarray, "n"]:
        """Weights between the focus and every region or word it is held against."""
        return self._of_focus(self.weights)

    def sentence(self) -> str:
        """Who attends most to whom and how much, or where it differs most."""
        if self.is_absent:
            query = self.direction.split("_to_")[0]
            place = said.layer_words(self.layer, self.record.layer_names)
            place += f", head {self.head}," if self.head >= 0 else ""
            resting = not sum(self._head_shares(self.record))
            return said.absence_sentence(place, f"{query}_to_{self._key}", resting)
        values = self.focus_weights
        best = arithmetic.strongest(np.abs(values), 1)[0]
        told = f"Without {self.taken}: " if self.taken and self.shown != "before" else ""
        if self.is_difference and self.after is not None:
            pair = [float(self._of_focus(self.block(r))[best]) for r in (self.record, self.after)]
            named = self._named(self.focus_is_word, self.focus)
            other = self._named(self.others_are_words, best)
            pair = pair if values[best] else [0.0, 0.0]
            told += change_sentence(named, other, self._reads, *pair)
        else:
            focus = self._text(self.focus_is_word, self.focus)
            other = self._text(self.others_are_words, best)
            told += attention_sentence(
                focus, self.focus_is_word, other, self.direction, float(values[best])
            )
        if self.threshold > 0:
            kind = "word" if self.others_are_words else "region"
            count = len(self.shown_words) if self.others_are_words else len(values)
            told += f" {said.threshold_sentence(int((values != 0).sum()), count, kind)}"
        return told

    @cached_property
    def is_absent(self) -> bool:
        """Whether the chosen layer and heads have no such block at all."""
        looks = [self.record] if self.after is None else [self.record, self.after]
        return not any(self.block(record).any() for record in looks)

    @property
    def taken(self) -> str:
        """What was taken away, in words; empty for nothing."""
        words = [self._named(True, word) for word in self.change.words]
        regions = [self._named(False, region) for region in self.change.regions]
        heads = [
            f"{said.layer_words(layer, self.record.layer_names)} head {head}"
            for layer, head in self.change.heads
        ]
        return taken_words(words, regions, heads)

    def subtitle(self) -> str:
        """Where the numbers come from, in words."""
        record = self.record
        awake = sum(1 for share in self._head_shares(record, even=True) if share > 0)
        heads = said.heads_words(self.head, self.head_weights, awake or record.heads)
        place = said.place_words(self.layer, record.layers, record.layer_names, heads)
        told = [place, said.block_words(self.direction)]
        told += ["special tokens hidden"] if self.hide_special else []
        if self.after is not None:
            looks = (*self.names, f"{self.names[1]} − {self.names[0]}")
            told.append(looks[SHOWN.index(self.shown)])
        return ", ".join(told)

    def table(self) -> pandas.DataFrame:
        """Every shown weight, one row each; with another look also both of them.

        word_index, word, region, label, weight; within words or regions from_index, from, to_index,
        to, weight.
        """
        import pandas

        record = self.record
        rows = self.shown_words if self.rows == "word" else list(range(len(record.boxes)))
        columns = self.shown_words if self.columns == "word" else list(range(len(record.boxes)))
        ahead, across = np.repeat(rows, len(columns)), np.tile(columns, len(rows))
        texts = {"word": record.words, "region": record.labels}
        one, other = (
            [texts[k][i] for i in p] for k, p in ((self.rows, ahead), (self.columns, across))
        )
        if self.rows == self.columns:
            names = {"from_index": ahead, "from": one, "to_index": across, "to": other}
        else:
            names = {"word_index": ahead, "word": one, "region": across, "label": other}
        numbers = {"weight": self.weights[ahead, across]}
        if self.after is not None:
            numbers["before"] = self.block(record)[ahead, across]
            numbers["after"] = self.block(self.after)[ahead, across]
        return pandas.DataFrame({**names, **numbers})

    @property
    def _cut(self) -> tuple[int, str]:
        return len(self.record.words), self.direction

    @property
    def _key(self) -> str:
        return self.direction.split("_to_")[1]

    @property
    def _reads(self) -> bool:
        """Whether the focus is the one that looks, and not what is looked at."""
        return self.rows == self.columns or self.focus_is_word == self.direction.startswith("word")

    def _of_focus(self, block: np.ndarray) -> np.ndarray:
        by_row = self.focus_is_word or self.rows == self.columns
        return block[self.focus] if by_row else block[:, self.focus]

    def _head_shares(self, record: AttentionRecord, even: bool = False) -> list[float]:
        """What each head counts for; those whose rows are at rest do not count."""
        heads = record.heads
        shares = [1.0] * heads if even or not self.head_weights else list(self.head_weights)
        if self.head >= 0 and not even:
            shares = [float(head == self.head) for head in range(heads)]
        rest = arithmetic.at_rest(record.attention[self.layer][None], len(record.words))[0]
        resting = rest[:, 0 if self.direction.startswith("word") else 1]
        return [0.0 if asleep else share for share, asleep in zip(shares, resting, strict=True)]

    def _text(self, is_word: bool, index: int) -> str:
        if is_word:
            return readable_pieces(self.record.words)[index][0]
        return region_name(index, self.record.labels[index])

    def _named(self, is_word: bool, index: int) -> str:
        text = self._text(is_word, index)
        return f"“{text}”" if is_word else text


def opening_layer(record: AttentionRecord, direction: str) -> int:
    """The last layer that has the block of a direction; the last of all where none has it."""
    for layer in reversed(range(record.layers)):
        if not AttentionChoice(record, layer, direction=direction).is_absent:
            return layer
    return record.layers - 1


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
