"""Which charts there are: a loss each, what was validated, speed and rate, and on wish the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from widgets.core.curves import one_a_step
from widgets.runs.run_points import VALIDATION, Measure, Point
from widgets.runs.run_status import readable

Curve = tuple[list[float], list[float]]  # steps, values

_SPEED, _RATE = ("pairs per second", "pairs_per_second"), ("learning rate", "learning_rate")
_DETAILS = (
    ("tokens per second", "tokens_per_second"),
    ("padding, %", "padding"),
    ("waiting for data, %", "waiting"),
    ("gradient norm", "gradient_norm"),
)


@dataclass(frozen=True)
class Chart:
    """One small chart: its title, a curve a run, and whether it is a loss or of single dots."""

    title: str
    curves: list[Curve]
    loss: bool = False
    dots: bool = False

    @property
    def smooth(self) -> bool:
        """Whether its values jump about, so that a thick smoothed line helps."""
        return not self.dots and self.title != _RATE[0]

    @property
    def drawn(self) -> bool:
        """Whether there is anything on it."""
        return any(math.isfinite(value) for _, values in self.curves for value in values)


def charts_of(
    series: Sequence[str],
    points: Sequence[Sequence[Point]],
    measures: Sequence[str] = (),
    measured: Sequence[Sequence[Measure]] = (),
    details: bool = False,
) -> list[Chart]:
    """What is drawn, in order; a run each in ``points`` and ``measured``."""
    losses = [
        Chart(readable(name), _curves(points, lambda p: p.loss, index), loss=True)
        for index, name in enumerate(series)
    ]
    single = [(name, _measured(measured, index)) for index, name in enumerate(measures)]
    held_out = [Chart(readable(n), c, dots=True) for n, c in single if n.startswith(VALIDATION)]
    shared = [Chart(title, _shared(points, fact)) for title, fact in (_SPEED, _RATE)]
    if not details:
        return [*losses, *held_out, *shared]
    more = [Chart(title, _shared(points, fact)) for title, fact in _DETAILS]
    machine = [Chart(name, curves) for name, curves in single if not name.startswith(VALIDATION)]
    return [*losses, *held_out, *shared, *(chart for chart in (*more, *machine) if chart.drawn)]


def _curves(
    points: Sequence[Sequence[Point]], value: Callable[[Point], float], index: int
) -> list[Curve]:
    chosen = [[p for p in some if p.series == index] for some in points]
    return [([float(p.step) for p in own], [value(p) for p in own]) for own in chosen]


def _shared(points: Sequence[Sequence[Point]], fact: str) -> list[Curve]:
    """A fact that all objectives of a step share."""
    chosen = [one_a_step(some) for some in points]
    return [([float(p.step) for p in own], [getattr(p, fact) for p in own]) for own in chosen]


def _measured(measured: Sequence[Sequence[Measure]], index: int) -> list[Curve]:
    chosen = [[m for m in some if m.series == index] for some in measured]
    return [([float(m.step) for m in own], [m.value for m in own]) for own in chosen]
