"""Where things go: boxes in pixels, the box under a point, labels that do not cover each other.

Twin of ``layout.js``.  Boxes are ``(left, top, right, bottom)`` in 0..1; rectangles are
``(left, top, width, height)`` in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Rectangle = Sequence[float]


def fit_inside(width: float, height: float, widest: float, highest: float) -> tuple[int, int]:
    """Largest size with the same shape inside the given limits: width, height."""
    scale = min(widest / width, highest / height)
    return math.floor(width * scale + 0.5), math.floor(height * scale + 0.5)


def box_to_rectangle(box: Sequence[float], width: float, height: float) -> list[float]:
    """A box as a pixel rectangle on a picture of this size, clipped to it."""
    clipped = [min(1.0, max(0.0, float(value))) for value in box]
    left, top = clipped[0] * width, clipped[1] * height
    return [left, top, clipped[2] * width - left, clipped[3] * height - top]


def pick_box(boxes: Sequence[Sequence[float]], x: float, y: float) -> int:
    """Index of the smallest box around the point (0..1), or −1: small things stay reachable."""
    best, smallest = -1, math.inf
    for index, (left, top, right, bottom) in enumerate(boxes):
        area = (right - left) * (bottom - top)
        if left <= x <= right and top <= y <= bottom and area < smallest:
            best, smallest = index, area
    return best


def overlaps(first: Rectangle, second: Rectangle) -> bool:
    """Do two rectangles share any area?"""
    return bool(
        first[0] < second[0] + second[2]
        and second[0] < first[0] + first[2]
        and first[1] < second[1] + second[3]
        and second[1] < first[1] + first[3]
    )


def place_tags(
    rectangles: Sequence[Rectangle], sizes: Sequence[Sequence[float]], width: float, height: float
) -> list[list[float] | None]:
    """A place (left, top) for each tag near its rectangle, earlier tags first.

    The first free one of above, inside the top, below, right edge, and further down the box; a tag
    that fits nowhere gets ``None`` and is not drawn.
    """
    placed: list[list[float] | None] = []
    for (left, top, wide, high), (tag_width, tag_height) in zip(rectangles, sizes, strict=True):
        right_edge = left + wide - tag_width
        candidates = [
            (left, top - tag_height),
            (left, top),
            (left, top + high),
            (right_edge, top - tag_height),
            (right_edge, top),
            (right_edge, top + high - tag_height),
            (left, top + high - tag_height),
            (left + wide, top),
            (left - tag_width, top),
            (left, top + tag_height),
            (left, top + 2 * tag_height),
        ]
        spots = (
            [min(max(0, x), width - tag_width), y, tag_width, tag_height] for x, y in candidates
        )
        free = (
            spot
            for spot in spots
            if spot[0] >= 0
            and spot[1] >= 0
            and spot[1] + tag_height <= height
            and not any(other is not None and overlaps(spot, other) for other in placed)
        )
        placed.append(next(free, None))
    return [None if spot is None else spot[:2] for spot in placed]


def spread_labels(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Push labels on one line apart: at least ``gap`` between them, in order, inside low..high."""
    order = sorted(range(len(positions)), key=lambda index: (positions[index], index))
    spread = [float(position) for position in positions]
    for place, index in enumerate(order):
        floor = low if place == 0 else spread[order[place - 1]] + gap
        spread[index] = max(spread[index], floor)
    for place in range(len(order) - 1, -1, -1):
        ceiling = high if place == len(order) - 1 else spread[order[place + 1]] - gap
        spread[order[place]] = min(spread[order[place]], ceiling)
    return spread


def cell_at(coordinate: float, length: float, count: int) -> int:
    """Index of the cell under a coordinate on an axis of ``count`` cells, or −1 outside."""
    cell = math.floor(coordinate / length * count)
    return cell if 0 <= cell < count else -1
