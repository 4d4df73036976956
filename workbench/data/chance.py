"""Chance by counter: random bits that are a pure function of a seed and of what they are for."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int, UInt64

_STEP = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def bits(seed: int, *purpose: int, count: int) -> UInt64[np.ndarray, "n"]:
    """``count`` 64-bit numbers for this seed and purpose (SplitMix64; Steele et al. 2014).

    Number ``i`` never depends on ``count``, on earlier calls or on the version of NumPy, so any
    of them can be drawn again after a restart.
    """
    return bits_at(np.arange(count), seed, *purpose)


def bits_at(places: Int[np.ndarray, "n"], seed: int, *purpose: int) -> UInt64[np.ndarray, "n"]:
    """The numbers ``bits`` gives at these places, without drawing the others."""
    state = seed & _MASK
    for number in purpose:
        state = int(_mixed(np.array([((state ^ (number & _MASK)) + _STEP) & _MASK], np.uint64))[0])
    drawn = places.astype(np.uint64) + np.uint64(1)
    drawn *= np.uint64(_STEP)
    drawn += np.uint64(state)
    return _mixed(drawn)


def _mixed(x):
    """SplitMix64's finaliser, in place; arithmetic wraps at 64 bits on purpose."""
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x
