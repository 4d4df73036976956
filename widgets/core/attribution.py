"""Signed values of rows: shares of the largest, ranks, how far methods agree, areas, sentences.

Twin of ``attribution.js``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from widgets.core.curves import format_number


def signed_shares(values: Sequence[float], left_out: Sequence[bool]) -> list[float]:
    """Each value as a share −1..1 of the largest size that is not left out; left out ones are 0."""
    kept = [0.0 if out else float(v) for v, out in zip(values, left_out, strict=True)]
    most = max((abs(value) for value in kept), default=0.0)
    return [value / most if most > 0 else 0.0 for value in kept]


def size_ranks(values: Sequence[float], left_out: Sequence[bool]) -> list[int]:
    """The rank of each value by its size, 1 the largest, equal ones alike; 0 where left out."""
    kept = [abs(v) for v, out in zip(values, left_out, strict=True) if not out]
    return [
        0 if out else 1 + sum(other > abs(v) for other in kept)
        for v, out in zip(values, left_out, strict=True)
    ]


def middle_ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, the smallest first; equal values share the middle of theirs."""
    return [
        sum(other < value for other in values) + (1 + sum(other == value for other in values)) / 2
        for value in values
    ]


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's ρ of two methods over the same rows; NaN where one of them tells none apart."""
    ranks = middle_ranks(list(first)), middle_ranks(list(second))
    middle = (len(ranks[0]) + 1) / 2
    a, b = ([rank - middle for rank in one] for one in ranks)
    size = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / size if size > 0 else math.nan


def pair_agreement(first: Sequence[float], second: Sequence[float]) -> float:
    """Kendall's τ-b: pairs of rows ordered alike less those ordered otherwise, as a share.

    NaN where one of the methods tells no rows apart.
    """
    alike = tied_first = tied_second = 0
    pairs = len(first) * (len(first) - 1) // 2
    for i in range(len(first)):
        for j in range(i):
            a = (first[i] > first[j]) - (first[i] < first[j])
            b = (second[i] > second[j]) - (second[i] < second[j])
            alike += int(a) * int(b)
            tied_first += a == 0
            tied_second += b == 0
    size = math.sqrt((pairs - tied_first) * (pairs - tied_second))
    return alike / size if size > 0 else math.nan


def curve_area(shares: Sequence[float], scores: Sequence[float]) -> float:
    """The area under a curve of scores over shares 0..1 (trapezoid rule)."""
    return sum(
        (shares[i + 1] - shares[i]) * (scores[i + 1] + scores[i]) / 2
        for i in range(len(shares) - 1)
    )


def aligned_number(value: float, most: float) -> str:
    """A number with the digits that show three of ``most``: "0.820", "−0.031", "0"."""
    if not math.isfinite(value) or not most > 0:
        return "0" if value == 0 else "–"
    digits = min(8, max(0, 2 - math.floor(math.log10(most))))
    size = math.floor(abs(value) * 10**digits + 0.5) / 10**digits
    return "0" if size == 0 else f"{'−' if value < 0 else ''}{size:.{digits}f}"


def signed_number(value: float, most: float) -> str:
    """The same with a plus where the number is above zero: "+0.820"."""
    text = aligned_number(value, most)
    return f"+{text}" if value > 0 and text not in ("0", "–") else text


def plain_number(value: float) -> str:
    """A number in about three digits with a true minus: "2.30", "−0.700", "4e-3"."""
    text = format_number(value)
    return f"−{text[1:]}" if text.startswith("-") else text


def strongest_sentence(method: str, names: Sequence[str], values: Sequence[float]) -> str:
    """Which row counts most by a method, and which next; ``values`` are theirs, largest first."""
    if not values or values[0] == 0:
        return f"By {method}, no word and no region counts."
    most = abs(values[0])
    told = [f"{names[0]} counts most ({signed_number(values[0], most)})"]
    if len(values) > 1 and values[1] != 0:
        told.append(f"then {names[1]} ({signed_number(values[1], most)})")
    return f"By {method}, {', '.join(told)}."


def row_sentence(
    name: str,
    methods: Sequence[str],
    numbers: Sequence[str],
    ranks: Sequence[int],
    count: int,
) -> str:
    """What every method says of one row: its number, and its rank among ``count`` (0: none)."""
    told = []
    for place, (method, number, rank) in enumerate(zip(methods, numbers, ranks, strict=True)):
        ranked = "" if rank == 0 else f" (rank {rank} of {count})" if place == 0 else f" ({rank})"
        told.append(f"{method} {number}{ranked}")
    return f"{name[:1].upper()}{name[1:]}: {', '.join(told)}."
