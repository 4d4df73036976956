"""Which token rows make a phrase: marked spans of one object that lie next to each other (M14)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from workbench.data.example import Example, Span
from workbench.data.tokenizer import Tokenizer


def phrases(example: Example) -> list[Span]:
    """An example's phrases: spans of one object with nothing but blanks between, put together.

    "an owl" is one phrase where "an" and "owl" are marked as the same object's.  Of spans that
    share characters the first and longest counts.
    """
    found: list[Span] = []
    for span in sorted(example.spans, key=lambda span: (span.start, -span.end)):
        last = found[-1] if found else None
        if last and span.start < last.end:
            continue
        gap = example.sentence[last.end : span.start] if last else "no phrase before"
        if last and not gap.strip() and span.object == last.object >= 0:
            found[-1] = Span(last.start, span.end, "name", span.object)
        else:
            found.append(span)
    return found


class PhraseRows:
    """The phrase of every token row of a stream, found when a sentence is first asked for."""

    def __init__(
        self, examples: Sequence[Example], tokenizer: Tokenizer, starts: Int[np.ndarray, "n"]
    ) -> None:
        """``starts`` says at which row each sentence begins, and at last where they all end."""
        self._examples, self._tokenizer, self._starts = examples, tokenizer, starts
        self._rows = np.full(int(starts[-1]), -1, np.int16)
        self._known = np.array([not example.spans for example in examples])

    def of(self, chosen: Int[np.ndarray, "P"], rows: Int[np.ndarray, "T"]) -> Int[Tensor, "T"]:
        """For these rows of the chosen examples the phrase's number in its sentence, or −1."""
        for index in chosen[~self._known[chosen]]:
            example = self._examples[index]
            found = self._tokenizer.spans_to_rows(example.sentence, phrases(example))
            mine = self._rows[self._starts[index] : self._starts[index + 1]]
            for number, places in enumerate(found):
                # a sentence cut to its longest length has lost what follows, and keeps its [SEP]
                mine[[place for place in places if place < len(mine) - 1]] = number
            self._known[index] = True
        return torch.from_numpy(self._rows[rows].astype(np.int64))
