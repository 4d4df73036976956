"""Points and measures as bytes for the browser: rows of 32-bit numbers, little end first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from widgets.core.curves import thin
from widgets.runs.run_points import Measure, Point

POINT_NUMBERS = 1 + len(Point._fields)
MEASURE_NUMBERS = 1 + len(Measure._fields)

_KEPT = 2000  # points of one curve that the browser gets at once


def packed_points(points: Sequence[Sequence[Point]], began: Sequence[float]) -> bytes:
    """Rows of 12: run and then a point, its time in seconds since its run ``began``."""
    rows = [
        (run, *point[:-1], point.time - began[run])
        for run, some in enumerate(points)
        for point in some
    ]
    return _packed(rows)


def packed_measures(measured: Iterable[Iterable[Measure]]) -> bytes:
    """Rows of 5: run and then a measure."""
    return _packed([(run, *measure) for run, some in enumerate(measured) for measure in some])


def thinned(points: Sequence[Point], series: int) -> list[Point]:
    """The points of every one of ``series`` curves that keep its look, by step."""
    kept: list[Point] = []
    for index in range(series):
        own = [point for point in points if point.series == index]
        kept.extend(own[place] for place in thin([point.loss for point in own], _KEPT))
    return sorted(kept, key=lambda point: point.step)


def _packed(rows: Sequence[tuple[float, ...]]) -> bytes:
    return np.array(rows, dtype="<f4").tobytes()
