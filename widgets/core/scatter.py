"""Points in a panel: where they fall, which is meant, what a lasso holds.  Twin: ``scatter.js``.

Shares are flat lists x, y, x, y, … in 0..1 of a panel, y downwards.  A view is [x, y, zoom]: the
share in the middle of the panel, and how much larger everything is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from widgets.core.layout import overlaps

MARGIN = 0.06
CLOSEST = 400.0
RINGS = (0.0, 12.0, 26.0, 44.0)


def square_extent(positions: Sequence[float], margin: float = MARGIN) -> list[float]:
    """The square around points as [left, bottom, side], with a margin; [−1, −1, 2] without any."""
    flat = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    flat = flat[np.isfinite(flat).all(axis=1)]
    if not len(flat):
        return [-1.0, -1.0, 2.0]
    low, high = flat.min(axis=0), flat.max(axis=0)
    side = float((high - low).max()) * (1 + 2 * margin) or 1.0
    return [*((low + high) / 2 - side / 2).tolist(), side]


def shares_in(positions: Sequence[float], extent: Sequence[float]) -> Any:
    """Points as shares of the square [left, bottom, side], y turned downwards."""
    left, bottom, side = extent
    flat = np.asarray(positions, dtype=np.float64).reshape(-1, 2)
    return np.stack([(flat[:, 0] - left) / side, 1 - (flat[:, 1] - bottom) / side], 1).ravel()


def on_screen(share: Any, middle: Any, zoom: float) -> Any:
    """Where a share (or an array of them) stands on the screen, as a share of the panel."""
    return (share - middle) * zoom + 0.5


def moved_view(view: Sequence[float], across: float, down: float) -> list[float]:
    """The view after its points were dragged by so many shares of the panel."""
    x, y, zoom = view
    return [_held(x - across / zoom), _held(y - down / zoom), zoom]


def zoomed_view(view: Sequence[float], factor: float, across: float, down: float) -> list[float]:
    """The view that is ``factor`` closer, what is at a place of the screen staying there."""
    x, y, zoom = view
    closer = min(CLOSEST, max(1.0, zoom * factor))
    if closer == 1:
        return [0.5, 0.5, 1.0]
    shift = 1 / zoom - 1 / closer
    return [_held(x + (across - 0.5) * shift), _held(y + (down - 0.5) * shift), closer]


def view_around(shares: Sequence[float], chosen: Sequence[int]) -> list[float]:
    """The closest view that holds these points and some room for their labels."""
    flat = np.asarray(shares, dtype=np.float64).reshape(-1, 2)[list(chosen)]
    if not len(flat):
        return [0.5, 0.5, 1.0]
    low, high = flat.min(axis=0), flat.max(axis=0)
    side = max(float((high - low).max()) * 1.5, 1 / CLOSEST)
    x, y = ((low + high) / 2).tolist()
    return [_held(x), _held(y), min(CLOSEST, max(1.0, 1 / side))]


def grid_index(shares: Sequence[float], shown: Sequence[int], cells: int) -> list[list[int]]:
    """The shown points by cell of a grid: where each cell begins, and the points in their order."""
    columns = [_cell(shares, point, cells) for point in shown]
    counts = [0] * (cells * cells + 1)
    for cell in columns:
        counts[cell + 1] += 1
    for cell in range(cells * cells):
        counts[cell + 1] += counts[cell]
    order, place = [0] * len(columns), counts[:]
    for point, cell in zip(shown, columns, strict=True):
        order[place[cell]] = point
        place[cell] += 1
    return [counts, order]


def point_at(
    shares: Sequence[float],
    index: Sequence[Sequence[int]],
    cells: int,
    x: float,
    y: float,
    radius: float,
) -> int:
    """The point of a grid index closest to a place and at most ``radius`` from it, or −1."""
    starts, order = index
    low, high = (
        (_column(x - radius, cells), _column(y - radius, cells)),
        (
            _column(x + radius, cells),
            _column(y + radius, cells),
        ),
    )
    best, closest = -1, radius * radius
    for row in range(low[1], high[1] + 1):
        for column in range(low[0], high[0] + 1):
            cell = row * cells + column
            for point in order[starts[cell] : starts[cell + 1]]:
                away = (shares[2 * point] - x) ** 2 + (shares[2 * point + 1] - y) ** 2
                if away <= closest:
                    best, closest = point, away
    return best


def inside_polygon(polygon: Sequence[float], x: float, y: float) -> bool:
    """Is a place inside a closed line, given as x, y, x, y, …?"""
    corners, inside = len(polygon) // 2, False
    for i in range(corners):
        j = (i - 1) % corners
        x1, y1, x2, y2 = *polygon[2 * i : 2 * i + 2], *polygon[2 * j : 2 * j + 2]
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def points_inside(
    shares: Sequence[float], shown: Sequence[int], polygon: Sequence[float]
) -> list[int]:
    """The shown points inside a closed line, in their order."""
    return [
        point
        for point in shown
        if inside_polygon(polygon, shares[2 * point], shares[2 * point + 1])
    ]


def next_point(
    shares: Sequence[float], shown: Sequence[int], at: int, across: float, down: float
) -> int:
    """The shown point that an arrow key leads to: near, ahead rather than aside; else ``at``."""
    best, least = at, math.inf
    for point in shown:
        x = shares[2 * point] - shares[2 * at]
        y = shares[2 * point + 1] - shares[2 * at + 1]
        ahead, aside = x * across + y * down, abs(x * down - y * across)
        if point == at or ahead <= 0 or aside > 2 * ahead:
            continue
        if ahead + 2 * aside < least:
            best, least = point, ahead + 2 * aside
    return best


def search_names(names: Sequence[str], query: str, limit: int) -> list[int]:
    """The points whose names hold the query: equal ones first, then those that begin with it."""
    wanted = query.strip().lower()
    if not wanted:
        return []
    found: list[list[int]] = [[], [], []]
    for point, name in enumerate(names):
        lower = name.lower()
        if wanted in lower:
            found[0 if lower == wanted else 1 if lower.startswith(wanted) else 2].append(point)
    return [*found[0], *found[1], *found[2]][:limit]


def shared_count(first: Sequence[int], second: Sequence[int]) -> int:
    """How many points stand in both lists; −1 stands for none."""
    return len({point for point in first if point >= 0} & set(second))


def roomy_marks(places: Sequence[Sequence[float]], room: float) -> list[bool]:
    """Which marks may be large: those not closer than ``room`` to an earlier one."""
    return [
        all(math.hypot(x - a, y - b) >= room for a, b in places[:number])
        for number, (x, y) in enumerate(places)
    ]


def place_labels(
    dots: Sequence[Sequence[float]],
    sizes: Sequence[Sequence[float]],
    width: float,
    height: float,
) -> list[list[float] | None]:
    """A place [x, y] for the label of each dot [x, y, radius], earlier ones first.

    No label covers another or a dot, or leaves the panel: the first free place beside the dot,
    then ever farther from it.  A label that fits nowhere gets None.
    """
    taken = [[x - r, y - r, 2 * r, 2 * r] for x, y, r in dots]
    placed: list[list[float] | None] = []
    for (x, y, radius), (wide, high) in zip(dots, sizes, strict=True):
        found = None
        for ring in RINGS:
            gap = radius + 3 + ring
            for across, down in _AROUND:
                left = x + across * gap + (wide * (across - 1) / 2)
                top = y + down * gap + (high * (down - 1) / 2)
                spot = [left, top, wide, high]
                held = left >= 0 and top >= 0 and left + wide <= width and top + high <= height
                if held and not any(overlaps(spot, other) for other in taken):
                    found = spot
                    break
            if found:
                break
        if found:
            taken.append(found)
        placed.append(found and found[:2])
    return placed


_AROUND = ((1, 0), (-1, 0), (0, -1), (0, 1), (0.8, -0.8), (-0.8, -0.8), (0.8, 0.8), (-0.8, 0.8))


def point_name(name: str, kind: str) -> str:
    """ "“toucan”" for a word, "toucan region" for a region."""
    return f"“{name}”" if kind == "word" else f"{name or 'unnamed'} region"


def collapsed(names: Sequence[str], most: int) -> list[str]:
    """The first different names of a list, each with how often it stands there: "ball (3)"."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    told = [name if count == 1 else f"{name} ({count})" for name, count in counts.items()]
    return told[:most]


def enumerated(items: Sequence[str]) -> str:
    """Items as people list them: "a, b and c"."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def neighbour_sentence(
    centre: str,
    models: Sequence[str],
    nearest: Sequence[Sequence[str]],
    shared: float,
    k: int,
    expected: float,
) -> str:
    """What stands nearest to the centre in each model, and how many neighbours models share."""
    parts = [
        f"in {model} {enumerated(names) if names else 'nothing else'}"
        for model, names in zip(models, nearest, strict=True)
    ]
    said = f"Nearest to {centre}: {'; '.join(parts)}."
    if len(models) < 2:
        return said
    of = "Two models share" if len(models) > 2 else "They share"
    mean = " on average" if len(models) > 2 else ""
    return f"{said} {of} {_tenth(shared)} of {k} neighbours{mean}; {_tenth(expected)} by chance."


def _tenth(value: float) -> str:
    tenths = math.floor(value * 10 + 0.5)
    if value > 0 and tenths == 0:
        return "less than 0.1"
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


def _held(middle: float) -> float:
    return min(1.0, max(0.0, middle))


def _column(share: float, cells: int) -> int:
    return min(cells - 1, max(0, math.floor(share * cells)))


def _cell(shares: Sequence[float], point: int, cells: int) -> int:
    return _column(shares[2 * point + 1], cells) * cells + _column(shares[2 * point], cells)
