"""Differences after − before: their signs and their sentence.

Twin of ``difference.js``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from widgets.core.text import percent


def signed_points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign: "+12", "−0.4", "0"."""
    points = math.floor(abs(difference) * 1000 + 0.5) / 10
    if not points > 0:
        return "0"
    whole = math.floor(abs(difference) * 100 + 0.5)
    return ("+" if difference > 0 else "−") + (f"{points:.1f}" if points < 1 else f"{whole}")


def cell_number(value: float) -> str:
    """A number as short as a cell of the head grid: "4.22", "−0.08", "12.3", "140", "0"."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    rounded = math.floor(size * 10**digits + 0.5) / 10**digits
    return ("−" if value < 0 else "") + f"{rounded:.{digits}f}" if rounded > 0 else "0"


def listed(names: Sequence[str]) -> str:
    """Names in a row: "a", "a and b", "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def taken_words(words: Sequence[str], regions: Sequence[str], heads: Sequence[str]) -> str:
    """What is taken away: each by its name, or how many there are of more than four."""
    names = [*words, *regions, *heads]
    if len(names) <= 4:
        return listed(names)
    kinds = (("word", words), ("region", regions), ("head", heads))
    return listed(
        [f"{len(some)} {kind}{'' if len(some) == 1 else 's'}" for kind, some in kinds if some]
    )


def change_sentence(focus: str, other: str, reads: bool, before: float, after: float) -> str:
    """How a weight differs between two looks, with both of them.

    ``focus`` and ``other`` are as they stand in a sentence; ``reads`` says that the focus looks.
    """
    who = focus[:1].upper() + focus[1:]
    points = signed_points(after - before)
    if points == "0":
        return f"Nothing differs for {focus} here."
    size = points[1:]
    unit = "point" if size in ("1", "1.0") else "points"
    more = "more" if after > before else "less"
    verb = f"attends {size} {unit} {more} to" if reads else f"gets {size} {unit} {more} from"
    return f"{who} {verb} {other}, {percent(before)} → {percent(after)}."
