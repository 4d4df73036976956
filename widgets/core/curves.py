"""Curves: which points to draw, how to smooth them, where the ticks go, how numbers read.

Twin of ``curves.js``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """Moving average (exponential, unbiased at its start); 0 changes nothing.  Gaps stay."""
    average, mass, result = 0.0, 0.0, []
    for value in values:
        if not math.isfinite(value):
            result.append(math.nan)
            continue
        average = weight * average + (1 - weight) * value
        mass = weight * mass + (1 - weight)
        result.append(average / mass)
    return result


def thin(values: Sequence[float], limit: int) -> list[int]:
    """Indices of at most ``limit`` points that keep the look: ends, and each bucket's extremes."""
    count = len(values)
    if count <= limit:
        return list(range(count))
    numbers = np.asarray(values, dtype=np.float64)
    buckets = max(1, (limit - 2) // 2)
    kept = {0, count - 1}
    for bucket in range(buckets):
        start, end = bucket * count // buckets, (bucket + 1) * count // buckets
        finite = start + np.flatnonzero(np.isfinite(numbers[start:end]))
        if len(finite):
            kept.add(int(finite[np.argmin(numbers[finite])]))
            kept.add(int(finite[np.argmax(numbers[finite])]))
    return sorted(kept)


def extent(values: Sequence[float], trim: float) -> tuple[float, float]:
    """Lowest and highest value to show; the outermost ``trim`` share of points may fall outside."""
    ordered = sorted(value for value in values if math.isfinite(value))
    if not ordered:
        return 0.0, 1.0
    cut = math.floor(len(ordered) * trim)
    low, high = ordered[cut], ordered[len(ordered) - 1 - cut]
    if high > low:
        return low, high
    room = abs(low) * 0.1 or 0.5
    return low - room, high + room


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from low to high, about ``count``."""
    rough = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    over = rough / power
    factor = 10 if over >= 50**0.5 else 5 if over >= 10**0.5 else 2 if over >= 2**0.5 else 1
    step = factor * power
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Ticks for a logarithmic axis: 1, 2 and 5 times powers of ten inside low..high, as values."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    candidates = [float(f"{factor * 10.0**power:.12g}") for power in powers for factor in (1, 2, 5)]
    ticks = [tick for tick in candidates if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    return ticks if len(ticks) >= 2 else nice_ticks(low, high, 3)


def with_zero(low: float, high: float) -> tuple[float, float]:
    """Bounds of an axis: zero is on it where the values come at least half the way down to it."""
    return (0.0, high) if 0 < low < 0.5 * high else (low, high)


Row = tuple[float, ...]
RowType = TypeVar("RowType", bound=Row)
Steps = dict[float, tuple[float, dict[float, Row]]]


def keep_point(steps: Steps, row: Row) -> bool:
    """Keep a row (step, attempt, series, ...) in ``steps`` and answer whether anything changed.

    The highest attempt wins each step; the latest row wins each series.
    """
    step, attempt, series = row[:3]
    stored = steps.get(step)
    if stored is not None and attempt < stored[0]:
        return False
    if stored is None or attempt > stored[0]:
        steps[step] = (attempt, {series: row})
    else:
        stored[1][series] = row
    return True


def kept_points(steps: Steps) -> list[Row]:
    """The rows kept, by step and then by series."""
    return [rows[series] for _, (_, rows) in sorted(steps.items()) for series in sorted(rows)]


def one_a_step(rows: Sequence[RowType]) -> list[RowType]:
    """The first row of every step, of rows that stand by step; what all rows of a step share."""
    return [row for i, row in enumerate(rows) if i == 0 or row[0] != rows[i - 1][0]]


def format_number(value: float) -> str:
    """A number in about three digits: 12,345 · 31.4 · 40 · 2.31 · 0.031 · 5e-5."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    size = abs(value)
    if size < 0.01 or size >= 1e7:
        digits, exponent = f"{value:.1e}".split("e")
        return f"{digits.replace('.0', '')}e{int(exponent)}"
    if size >= 100 or value == int(value):
        text = f"{math.floor(size + 0.5):,}"
        return f"-{text}" if value < 0 else text
    return f"{value:.{1 if size >= 10 else 2 if size >= 1 else 3}f}"


def format_tick(value: float) -> str:
    """A number for an axis: ``format_number`` without zeros that say nothing ("4.00" reads "4")."""
    text = format_number(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def format_duration(seconds: float | None) -> str:
    """Seconds as people say them: "40 s", "3 min 20 s", "2 h 5 min"."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "–"
    whole = math.floor(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = whole // 60
    return f"{minutes // 60} h {minutes % 60} min"
