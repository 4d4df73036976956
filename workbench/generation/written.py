"""What a search answers for one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from workbench.generation.writing import Writer
from workbench.pairs import PairBatch


@dataclass(frozen=True)
class Written:
    """A text as token ids without its end token, its score, and whether it ended by itself.

    The score is a sum of log-probabilities after the search's own length rule.
    """

    ids: tuple[int, ...]
    score: float
    ended: bool


@runtime_checkable
class Search(Protocol):
    """A way to choose texts: called with a writer and what they go on from."""

    def __call__(self, writer: Writer, prefix: PairBatch) -> list[Written]:
        """One text for each picture."""
        ...


def cut(ids: Sequence[int], end_id: int) -> tuple[tuple[int, ...], bool]:
    """The ids before the first ``end_id``, and whether there was one."""
    ids = tuple(ids)
    return (ids[: ids.index(end_id)], True) if end_id in ids else (ids, False)
