"""Ranks of what was asked for, which questions a filter shows, and the words that are marked.

Twin of ``retrieval.js``.  A rank is counted from 1; 0 stands for a question without an answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

DIRECTIONS = ("text_to_image", "image_to_text")
_ANY = (0.0, math.inf)
_FIRST, _LATER = (1.0, 1.0), (2.0, math.inf)
_FILTERS = {
    "all": (_ANY, _ANY),
    "hits": (_FIRST, _ANY),
    "misses": (_LATER, _ANY),
    "near_misses": ((2.0, 5.0), _ANY),
    "below_ten": ((11.0, math.inf), _ANY),
    "first_only": (_FIRST, _LATER),
    "second_only": (_LATER, _FIRST),
}
FILTERS = tuple(_FILTERS)
"""Names of the filters: bounds of a question's rank and of its rank by a second model."""
RANK_BOUNDS = (1, 2, 5, 10, 50)
"""The last rank of every bar of the rank chart but the last, which has no end."""


def candidate_order(scores: Sequence[float], own: Sequence[int]) -> list[int]:
    """Candidates from best to worst; of equal ones its ``own`` last, so that ties count against.

    The place of the first of its own, counted from 1, is therefore the rank.
    """
    values = np.asarray(scores, dtype=np.float64)
    belongs = np.zeros(len(values), dtype=np.bool_)
    belongs[list(own)] = True
    return np.lexsort((np.arange(len(values)), belongs, -values)).tolist()


def recall_at(ranks: Sequence[int], depth: int) -> float:
    """The share of questions answered within the first ``depth``; those without answer aside."""
    asked = [rank for rank in ranks if rank > 0]
    return sum(rank <= depth for rank in asked) / len(asked) if asked else math.nan


def median_rank(ranks: Sequence[int]) -> float:
    """The middle rank of the questions that have an answer."""
    asked = sorted(rank for rank in ranks if rank > 0)
    if not asked:
        return math.nan
    return (asked[(len(asked) - 1) // 2] + asked[len(asked) // 2]) / 2


def rank_counts(ranks: Sequence[int]) -> list[int]:
    """How many ranks there are of 1, 2, 3–5, 6–10, 11–50 and more."""
    counts = [0] * (len(RANK_BOUNDS) + 1)
    for rank in ranks:
        if rank > 0:
            counts[sum(rank > bound for bound in RANK_BOUNDS)] += 1
    return counts


def rank_names() -> list[str]:
    """The names of the bars of ``rank_counts``: "1", "2", "3–5", … "51+"."""
    lows = [1, *(bound + 1 for bound in RANK_BOUNDS)]
    names = [
        f"{low}" if low == high else f"{low}–{high}"
        for low, high in zip(lows, RANK_BOUNDS, strict=False)
    ]
    return [*names, f"{lows[-1]}+"]


def passes(name: str, rank: int, other: int) -> bool:
    """Whether a filter shows a question of this rank, and this rank by a second model (or 0)."""
    (low, high), (other_low, other_high) = _FILTERS[name]
    return low <= rank <= high and other_low <= other <= other_high


def holds_words(text: str, search: str) -> bool:
    """Whether every word searched for is somewhere in the text, small or capital."""
    low = text.lower()
    return all(word in low for word in search.lower().split())


def marked_pieces(text: str, spans: Sequence[Sequence[int]]) -> list[tuple[str, bool]]:
    """A text cut into pieces, and which of them lie within the spans (start, end) of characters."""
    letters = list(text)
    inside = [any(start <= place < end for start, end in spans) for place in range(len(letters))]
    pieces: list[tuple[str, bool]] = []
    for letter, marked in zip(letters, inside, strict=True):
        if pieces and pieces[-1][1] == marked:
            pieces[-1] = (pieces[-1][0] + letter, marked)
        else:
            pieces.append((letter, marked))
    return pieces


def joined_spans(text: str, spans: Sequence[Sequence[int]]) -> list[list[int]]:
    """Spans in order, those with nothing but blanks between them put together."""
    joined: list[list[int]] = []
    for start, end in sorted((start, end) for start, end in spans):
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return joined


def quoted_list(words: Sequence[str]) -> str:
    """ "“owl”", "“owl” and “pear”", "“owl”, “pear” and “left”"."""
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def retrieval_sentence(
    is_text: bool, query: str, rank: int, count: int, first: str, lacking: Sequence[str]
) -> str:
    """Where a question finds its own, and what the first answer lacks if it is a wrong one."""
    who = f"“{query}”" if is_text else f"Picture {query}"
    own = "its own picture" if is_text else "a sentence of its own"
    if rank < 1:
        return f"{who} has no {'picture' if is_text else 'sentence'} of its own."
    if rank == 1:
        return f"{who} finds {own} first of {count}."
    said = f"{who} finds {own} at rank {rank} of {count}; first is "
    said += first if is_text else f"“{first.removesuffix('.')}”"
    if not lacking:
        return f"{said}."
    missing = quoted_list(lacking)
    return f"{said}, which lacks {missing}." if is_text else f"{said}, but it lacks {missing}."
