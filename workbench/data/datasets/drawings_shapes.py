"""Outlines for drawings: lists of points on a sheet of 100 by 100, y downwards."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, pi, radians, sin

Number = int | float
Point = tuple[Number, Number]
Points = list[Point]

_BETWEEN = tuple(
    ((2 * t**2 - t**3 - t) / 2, (2 - 5 * t**2 + 3 * t**3) / 2, (t + 4 * t**2 - 3 * t**3) / 2,
     (t**3 - t**2) / 2) for t in (step / 10 for step in range(10))
)  # fmt: skip
"""Weights of four points for ten places between the second and the third."""


def oval(x: Number, y: Number, wide: Number, high: Number, turn: Number = 0) -> Points:
    """An ellipse around (x, y) with these half axes, turned clockwise by degrees."""
    return turned(arc(x, y, wide, high, 0, 360)[:-1], turn, (x, y))


def arc(x: Number, y: Number, wide: Number, high: Number, start: Number, end: Number) -> Points:
    """A part of an ellipse; degrees go clockwise from the right."""
    steps = max(3, round(abs(end - start) / 4))
    angles = [radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + wide * cos(angle), y + high * sin(angle)) for angle in angles]


def box(left: Number, top: Number, right: Number, bottom: Number, corner: Number = 0) -> Points:
    """A rectangle with round corners."""
    return rounded([(left, top), (right, top), (right, bottom), (left, bottom)], corner)


def rounded(corners: Sequence[Point], radius: Number) -> Points:
    """A polygon whose corners are cut off by curves that start ``radius`` before them."""
    if not radius:
        return list(corners)
    points: Points = []
    for place, corner in enumerate(corners):
        before, after = corners[place - 1], corners[(place + 1) % len(corners)]
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        points += curve(start, corner, end)
    return points


def curve(start: Point, middle: Point, end: Point) -> Points:
    """A quadratic Bezier curve of eleven points."""
    weights = [((1 - t) ** 2, 2 * t * (1 - t), t**2) for t in (step / 10 for step in range(11))]
    return [
        (a * start[0] + b * middle[0] + c * end[0], a * start[1] + b * middle[1] + c * end[1])
        for a, b, c in weights
    ]


def smooth(points: Sequence[Point], closed: bool = True) -> Points:
    """A Catmull-Rom curve through the points."""
    if closed:
        around = [points[-1], *points, points[0], points[1]]
    else:
        around = [points[0], *points, points[-1]]
    found: Points = []
    for four in zip(around, around[1:], around[2:], around[3:], strict=False):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = four
        found += [
            (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)
            for a, b, c, d in _BETWEEN
        ]
    return found if closed else [*found, points[-1]]


def star(x: Number, y: Number, outer: Number, inner: Number, rays: int) -> Points:
    """A star around (x, y), its first ray upwards."""
    angles = [pi * step / rays - pi / 2 for step in range(2 * rays)]
    return [
        (x + (inner, outer)[step % 2 == 0] * cos(a), y + (inner, outer)[step % 2 == 0] * sin(a))
        for step, a in enumerate(angles)
    ]


def turned(points: Sequence[Point], degrees: Number, centre: Point = (50, 50)) -> Points:
    """Turned clockwise around a centre."""
    if not degrees:
        return list(points)
    c, s = cos(radians(degrees)), sin(radians(degrees))
    away = [(x - centre[0], y - centre[1]) for x, y in points]
    return [(centre[0] + x * c - y * s, centre[1] + x * s + y * c) for x, y in away]


def moved(points: Sequence[Point], right: Number, down: Number) -> Points:
    """Shifted."""
    return [(x + right, y + down) for x, y in points]


def flipped(points: Sequence[Point], x: Number = 50) -> Points:
    """Mirrored at the vertical line through ``x``."""
    return [(2 * x - px, py) for px, py in points]


def both(half: Sequence[Point]) -> Points:
    """A symmetric outline from its left half, given from top to bottom."""
    return [*half, *reversed(flipped(half))]


def _towards(start: Point, end: Point, length: Number) -> Point:
    whole = hypot(end[0] - start[0], end[1] - start[1])
    part = min(length, whole / 2) / whole
    return (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
