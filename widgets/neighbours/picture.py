"""Neighbourhoods as a still picture: what GitHub, a paper or a slide shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from widgets.core.colour import Colour, scale_colour
from widgets.core.scatter import (
    MARGIN,
    on_screen,
    place_labels,
    roomy_marks,
    shares_in,
    square_extent,
)
from widgets.core.text import percent
from widgets.drawing import INK, LINE, PAPER, QUIET, Sheet
from widgets.neighbours.projection import Projection
from widgets.neighbours.space import NeighbourSpace

_MARGIN, _GAP, _ROW = 20, 18, 19
_MOST_DRAWN = 4000
_CONCEPT: Colour = scale_colour(0.75, False)
_TILE = 26
NEAR_MARGIN = 0.14


@dataclass(frozen=True, eq=False)
class Seen:
    """What is looked at: ``shown`` marks points not filtered away, ``nearest`` is by model."""

    space: NeighbourSpace
    layer: int
    centre: int
    nearest: Sequence[Sequence[int]]
    distances: Sequence[Sequence[float]]
    projections: Sequence[Projection]
    around: Sequence[int]
    shown: Bool[np.ndarray, "n"]
    selection: Sequence[int]
    view: Sequence[float]
    focused: bool
    thumbnails: bool
    sentence: str


def draw(seen: Seen, width: int, scale: float) -> Image.Image:
    """A panel a model, three in a row at most, its neighbours below; beside it, if it is alone."""
    models = len(seen.space.tables)
    columns = min(3, models)
    wide = min(420.0, (width - 2 * _MARGIN - _GAP * (columns - 1)) / columns)
    listed = max(len(numbers) for numbers in seen.nearest)
    high = wide + 62 + _ROW * listed if models > 1 else wide + 44
    lines = Sheet(1, 1).lines(seen.sentence, width - 2 * _MARGIN, 15, bold=True)
    top = 30 + 20 * len(lines)
    rows = -(-models // columns)
    sheet = Sheet(width, round(top + rows * (high + _GAP) + 10), scale)
    for number, line in enumerate(lines):
        sheet.text((_MARGIN, 32 + 20 * number), line, 15, bold=True)
    for model in range(models):
        left = _MARGIN + model % columns * (wide + _GAP)
        _Panel(sheet, seen, model, left, top + model // columns * (high + _GAP), wide).draw()
    return sheet.finish()


class _Panel:
    """One model: its name, the scatter, the shares of variance on its axes, the list."""

    def __init__(
        self, sheet: Sheet, seen: Seen, model: int, left: float, top: float, side: float
    ) -> None:
        self.sheet, self.seen, self.model = sheet, seen, model
        self.left, self.top, self.side = left, top + 24, side
        self.table = seen.space.tables[model]
        shares, first = self._shares(model), self._shares(0)
        shift = shares[seen.centre] - first[seen.centre] if seen.focused else np.zeros(2)
        screen = on_screen(shares, np.array(seen.view[:2]) + shift, seen.view[2])
        self.places: Float[np.ndarray, "n 2"] = screen * side
        inside = ((screen > 0.01) & (screen < 0.99)).all(axis=1)
        marked = np.isin(np.arange(len(screen)), [seen.centre, *seen.nearest[model]])
        self.visible = inside & (seen.shown | marked)
        self.tiles: set[int] = set()

    def draw(self) -> None:
        """Draw everything of the panel."""
        seen, sheet, left, top, side = self.seen, self.sheet, self.left, self.top, self.side
        layer = self.table.layer_names[self.table.place(seen.layer)]
        used = sheet.text((left, top - 8), self.table.model, 13, bold=True, widest=side - 60)
        sheet.text((left + used + 8, top - 8), layer, 11.5, QUIET, widest=side - used - 8)
        sheet.rectangle(left, top, side, side, (252, 252, 251), LINE)
        self._dots()
        self._marks()
        self._axes()
        alone = len(seen.space.tables) == 1
        left, y = (left + side + 28, top + 14) if alone else (left, top + side + 34)
        names, kinds = self.table.names, self.table.kinds
        rows = zip(seen.nearest[self.model], seen.distances[self.model], strict=True)
        for rank, (point, distance) in enumerate(rows, 1):
            sheet.text((left + 14, y), str(rank), 12, INK, bold=True, anchor="rs")
            if seen.thumbnails and self.table.thumbnail[point] >= 0:
                self._tile(left + 26, y - 4, point, 14, 0.5)
            else:
                self._glyph(left + 26, y - 4, point, 3.5)
            same = self.table.groups[point] == self.table.groups[seen.centre]
            said = names[point] or "unnamed"
            widest = side - 130
            sheet.text((left + 39, y), said, 12, INK, bold=same, widest=widest)
            found = sum(point in others for others in seen.nearest)
            kind = f"{kinds[point]} · in {found}" if len(seen.nearest) > 1 else kinds[point]
            sheet.text((left + side - 44, y), kind, 11, QUIET, anchor="rs")
            sheet.text((left + side, y), f"{distance:.3f}", 11.5, QUIET, anchor="rs")
            y += _ROW

    def _shares(self, model: int) -> Float[np.ndarray, "n 2"]:
        """Where all points stand in a model's panel when everything is shown."""
        places, around = self.seen.projections[model].positions, list(self.seen.around)
        fitted, margin = (places[around], NEAR_MARGIN) if around else (places, MARGIN)
        extent = square_extent(fitted.ravel().tolist(), margin)
        return np.asarray(shares_in(places.ravel().tolist(), extent)).reshape(-1, 2)

    def _dots(self) -> None:
        points = np.flatnonzero(self.visible)
        points = points[:: max(1, len(points) // _MOST_DRAWN)]
        radius = 2.6 if len(points) < 400 else 1.9 if len(points) < 1500 else 1.2
        strength = 150 if len(points) < 400 else 110 if len(points) < 1500 else 60
        strength = strength // 2 if len(self.seen.around) else strength
        same = self.table.groups[self.seen.centre]
        for point in points:
            if self.table.groups[point] != same:
                self._glyph(*self._at(point), point, radius, (*QUIET, strength))
        for point in points:
            if self.table.groups[point] == same:
                self._glyph(*self._at(point), point, radius + 1.4, _CONCEPT)

    def _marks(self) -> None:
        seen, sheet = self.seen, self.sheet
        for point in seen.selection:
            if self.visible[point]:
                x, y = self._at(point)
                sheet.rectangle(x - 6, y - 6, 12, 12, outline=(47, 127, 224), line=1.5, radius=6)
        near = [point for point in seen.nearest[self.model] if self.visible[point]]
        marked = [seen.centre, *near] if self.visible[seen.centre] else near
        roomy = roomy_marks(self.places[marked].tolist(), _TILE)
        self.tiles = {
            point
            for point, room in zip(marked, roomy, strict=True)
            if room and seen.thumbnails and self.table.thumbnail[point] >= 0 and self._fits(point)
        }
        names = [self._label(point) for point in marked]
        sizes = [
            (sheet.text_width(name, 12, point == seen.centre) + 6, 16.0)
            for name, point in zip(names, marked, strict=True)
        ]
        dots = [[*self.places[point].tolist(), self._radius(point)] for point in marked]
        spots = place_labels(dots, sizes, self.side, self.side)
        for dot, size, spot in zip(dots, sizes, spots, strict=True):
            if spot is not None:
                self._leader(dot, spot, size)
        for point in reversed(marked):
            self._mark(point, self._rank(point))
        for name, size, spot, point in zip(names, sizes, spots, marked, strict=True):
            if spot is None:
                continue
            x, y = self.left + spot[0], self.top + spot[1]
            sheet.rectangle(x, y, *size, fill=(*PAPER, 205), radius=3)
            bold = point == seen.centre
            sheet.text((x + 3, y + 8), name, 12, INK, bold=bold, anchor="lm")

    def _fits(self, point: int) -> bool:
        """Is a picture of a point all inside the panel?"""
        border = _TILE / 2 + 2
        x, y = self.places[point]
        return border <= x <= self.side - border and border <= y <= self.side - border

    def _leader(self, dot: list[float], spot: list[float], size: tuple[float, float]) -> None:
        """A thin line to a label that had to stand aside."""
        x, y, radius = dot
        to_x = min(max(x, spot[0]), spot[0] + size[0])
        to_y = min(max(y, spot[1]), spot[1] + size[1])
        away = math.hypot(to_x - x, to_y - y)
        if away >= radius + 8:
            start = (x + (to_x - x) * radius / away, y + (to_y - y) * radius / away)
            ends = [(self.left + a, self.top + b) for a, b in (start, (to_x, to_y))]
            self.sheet.line(ends, (*QUIET, 190), 0.8)

    def _rank(self, point: int) -> int:
        """Which neighbour a point is, from 1; 0 for the centre."""
        nearest = list(self.seen.nearest[self.model])
        return 0 if point == self.seen.centre else nearest.index(point) + 1

    def _label(self, point: int) -> str:
        name, rank = self.table.names[point] or "unnamed", self._rank(point)
        names = [self.table.names[one] for one in self.seen.nearest[self.model]]
        several = names.count(self.table.names[point]) > 1
        return f"{rank}  {name}" if rank and (several or point in self.tiles) else name

    def _mark(self, point: int, rank: int) -> None:
        (x, y), radius = self._at(point), self._radius(point)
        if point in self.tiles:
            self._tile(x, y, point, _TILE, 3 if rank == 0 else 1.5)
            return
        self._glyph(x, y, point, radius + 1, PAPER)
        self._glyph(x, y, point, radius, INK)
        if rank:
            self.sheet.text((x, y), str(rank), 9.5, PAPER, bold=True, anchor="mm")
        else:
            self._glyph(x, y, point, radius - 2, PAPER)
            self._glyph(x, y, point, radius - 3.8, INK)

    def _tile(self, x: float, y: float, point: int, size: float, line: float) -> None:
        half, frame = size / 2, size / 2 + line
        self.sheet.rectangle(x - frame, y - frame, 2 * frame, 2 * frame, INK)
        picture = Image.fromarray(self.table.thumbnails[self.table.thumbnail[point]])
        self.sheet.paste(picture, x - half, y - half, size, size)

    def _radius(self, point: int) -> float:
        return _TILE / 2 + 1.5 if point in self.tiles else 7.0

    def _axes(self) -> None:
        shares = self.seen.projections[self.model].explained
        names = [f"axis {i + 1} · {percent(share)}" for i, share in enumerate(shares)]
        names = ["UMAP 1", "UMAP 2"] if not shares.any() else names
        bottom = self.top + self.side
        self.sheet.text((self.left + 2, bottom + 14), f"→ {names[0]}", 11, QUIET)
        self.sheet.text(
            (self.left + self.side - 2, bottom + 14), f"↑ {names[1]}", 11, QUIET, anchor="rs"
        )

    def _at(self, point: int) -> tuple[float, float]:
        return float(self.left + self.places[point, 0]), float(self.top + self.places[point, 1])

    def _glyph(
        self, x: float, y: float, point: int, radius: float, colour: tuple[int, ...] = INK
    ) -> None:
        """A circle for a word, a square for a region."""
        if self.table.kinds[point] == "word":
            self.sheet.dot((x, y), radius, colour)
        else:
            side = radius * 1.8
            self.sheet.rectangle(x - side / 2, y - side / 2, side, side, colour)
