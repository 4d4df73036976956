"""Whether runs of two settings differ by more than runs of one setting differ by their seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

MOST = 200_000
"""So many divisions are counted at most: ten numbers on each side."""


def by_luck(ones: Sequence[float], others: Sequence[float]) -> float:
    """How often luck alone would put the means of two settings so far apart, 0 to 1.

    Exact: the share of all ways to divide the same numbers into two groups of these sizes whose
    means lie as far apart as given, or farther, in either direction (a permutation test).
    Raises ``ValueError`` for an empty side, a number that is not finite, and too many numbers.
    """
    every = [float(number) for number in (*ones, *others)]
    if not ones or not others or not all(map(math.isfinite, every)):
        raise ValueError(f"give finite numbers on both sides, got {list(ones)} and {list(others)}")
    ways = math.comb(len(every), len(ones))
    if ways > MOST:
        raise ValueError(
            f"{len(ones)} and {len(others)} numbers can be divided in {ways:,} ways, more than are "
            f"counted here ({MOST:,}): a t-test serves for so many"
        )
    whole, rest = math.fsum(every), len(every) - len(ones)

    def apart(chosen: Sequence[float]) -> float:
        mine = math.fsum(chosen)
        return abs(mine / len(ones) - (whole - mine) / rest)

    # numbers that are equal but for rounding count as far apart
    least = apart(every[: len(ones)]) - 1e-12 * (1 + max(map(abs, every)))
    return sum(apart(chosen) >= least for chosen in combinations(every, len(ones))) / ways
