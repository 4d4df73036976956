"""Chance by counter: random bits that are a pure function of a seed and of what they are for."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt64

_STEP = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def bits(seed: int, *purpose: int, count: int) -> UInt64[np.ndarray, "n"]:
    """``count`` 64-bit numbers for this seed and purpose (SplitMix64; Steele et al. 2014).

    Number ``i`` never depends on ``count``, on earlier calls or on the version of NumPy, so any
    of them can be drawn again after a restart.
    """
    state = seed & _MASK
    for number in purpose:
        state = int(_mixed(np.array([(state ^ (number & _MASK)) + _STEP & _MASK], np.uint64))[0])
    places = np.arange(1, count + 1, dtype=np.uint64)
    places *= np.uint64(_STEP)
    places += np.uint64(state)
    return _mixed(places)


def _mixed(x):
    """SplitMix64's finaliser, in place; arithmetic wraps at 64 bits on purpose."""
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x
