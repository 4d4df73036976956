"""Whether runs of two settings differ by more than runs of one setting differ by their seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import combinations

MOST = 200_000
"""So many divisions are counted at most: ten numbers on each side."""


def by_luck(ones: Iterable[float], others: Iterable[float]) -> float:
    """How often luck alone would put the means of two settings so far apart, 0 to 1.

    Exact: the share of all ways to divide the same numbers into two groups of these sizes whose
    means lie as far apart as given, or farther, in either direction (a permutation test).
    Raises ``ValueError`` for an empty side, a number that is not finite, and too many numbers.
    """
    first, second = list(map(float, ones)), list(map(float, others))
    every, size, rest = first + second, len(first), len(second)
    if not size or not rest or not all(map(math.isfinite, every)):
        raise ValueError(f"give finite numbers on both sides, got {first} and {second}")
    ways = math.comb(size + rest, size)
    if ways > MOST:
        raise ValueError(
            f"{size} and {rest} numbers can be divided in {ways:,} ways, more than are counted "
            f"here ({MOST:,}): a t-test serves for so many"
        )
    whole = math.fsum(every)

    def apart(chosen: Sequence[float]) -> float:
        mine = math.fsum(chosen)
        return abs(mine / size - (whole - mine) / rest)

    # numbers that are equal but for rounding count as far apart
    least = apart(first) - 1e-12 * (1 + max(map(abs, every)))
    return sum(apart(chosen) >= least for chosen in combinations(every, size)) / ways
