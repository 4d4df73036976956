"""What is taken from a model before it looks again: words, regions, heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from widgets.attention_record import AttentionRecord


@dataclass(frozen=True)
class AttentionChange:
    """Rows of a record whose word is masked or whose region is hidden, and heads that are silent.

    ``words`` and ``regions`` are places in the record; ``heads`` are (layer, head) of it.
    """

    words: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    heads: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.regions or self.heads)


Rerun = Callable[[AttentionChange], AttentionRecord]
"""Runs the model again on a changed example; the record has the same words, regions and layers."""
