"""Curves as small drawings inside a page (SVG): they need no script and follow light and dark."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from widgets.core.curves import (
    extent,
    format_number,
    format_tick,
    nice_ticks,
    smooth,
    thin,
    with_zero,
)
from workbench.cards.measures import known

if TYPE_CHECKING:
    import pandas

SMOOTHING = 0.9
WIDE, HIGH = 340, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 8, 20
MOST_POINTS = 300


@dataclass(frozen=True)
class Curve:
    """Values by step, each with how they are told; ``dots`` were measured on held-out data."""

    title: str
    steps: Sequence[float]
    values: Sequence[float]
    smoothing: float = SMOOTHING
    from_zero: bool = False
    dots: Sequence[tuple[float, float]] = ()


def curves_of(table: pandas.DataFrame) -> list[Curve]:
    """What is drawn of a run: a loss an objective, other held-out metrics, speed and rate."""

    def points(name: str) -> tuple[list[float], list[float]]:
        found = known(table, name)
        return [float(step) for step in found], list(found.values())

    found, shown = [], set()
    for column in (name for name in table.columns if name.startswith("loss/")):
        objective = column.removeprefix("loss/")
        held_out = f"validation/{objective}"
        shown.add(held_out)
        dots = list(zip(*points(held_out), strict=True))
        found.append(Curve(f"{objective} loss", *points(column), dots=dots))
    for column in table.columns:
        if column.startswith("validation/") and column not in shown:
            name = column.removeprefix("validation/").replace("_", " ")
            dots = list(zip(*points(column), strict=True))
            found.append(Curve(f"{name}, held out", (), (), dots=dots))
    found.append(Curve("pairs per second", *points("pairs_per_second"), from_zero=True))
    found.append(Curve("learning rate", *points("learning_rate"), smoothing=0.0, from_zero=True))
    return [curve for curve in found if curve.steps or curve.dots]


def drawing(curve: Curve, last: float) -> str:
    """One curve as an SVG figure with a caption; steps run from 0 to ``last``."""
    line = smooth(curve.values, curve.smoothing)
    dots = [value for _, value in curve.dots]
    low, high = extent([*curve.values, *dots], 0.01 if len(curve.values) > 200 else 0.0)
    low, high = (min(0.0, low), high) if curve.from_zero else with_zero(low, high)
    width, height = WIDE - LEFT - RIGHT, HIGH - TOP - BOTTOM

    def place(step: float, value: float) -> tuple[float, float]:
        down = 1 - (value - low) / (high - low)
        across = LEFT + width * step / max(1.0, last)
        return across, TOP + height * min(1.03, max(-0.03, down))

    parts = []
    for tick in nice_ticks(low, high, 3):
        y = place(0.0, tick)[1]
        parts.append(
            f'<line class="rule" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(
            f'<text x="{LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{format_tick(tick)}</text>'
        )
    for step in nice_ticks(0.0, max(1.0, last), 3):
        x = place(step, low)[0]
        anchor = "end" if x > WIDE - RIGHT - 12 else "middle"
        parts.append(
            f'<text x="{x:.1f}" y="{HIGH - 5}" text-anchor="{anchor}">{format_number(step)}</text>'
        )
    if curve.smoothing:
        parts.append(_line("raw", curve.steps, curve.values, place))
    parts.append(_line("smooth", curve.steps, line, place))
    for step, value in curve.dots:
        x, y = place(step, value)
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
    label = html.escape(f"{curve.title}: {_story(curve, line)}", quote=True)
    return (
        f"<figure><figcaption>{html.escape(curve.title)} <b>{_now(curve, line)}</b></figcaption>"
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
        "</figure>"
    )


def _line(
    kind: str,
    steps: Sequence[float],
    values: Sequence[float],
    place: Callable[[float, float], tuple[float, float]],
) -> str:
    """A line through what is a number; a single one is a point."""
    chosen = [index for index in thin(values, MOST_POINTS) if math.isfinite(values[index])]
    places = [place(steps[index], values[index]) for index in chosen]
    if len(places) == 1:
        return '<circle class="point" cx="{:.1f}" cy="{:.1f}" r="2"/>'.format(*places[0])
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline class="{kind}" points="{points}"/>' if points else ""


def _now(curve: Curve, line: Sequence[float]) -> str:
    values = [value for value in line if math.isfinite(value)]
    values = values or [value for _, value in curve.dots]
    return format_number(values[-1])


def _story(curve: Curve, line: Sequence[float]) -> str:
    values = [value for value in line if math.isfinite(value)]
    told = ""
    if values:
        told = (
            f"{format_number(values[0])} at the beginning, {format_number(values[-1])} at the end"
        )
    if curve.dots:
        held = ", ".join(format_number(value) for _, value in curve.dots[-3:])
        told += f"{'; ' if told else ''}on held-out data {held} at last"
    return told
