"""The pen all drawings are made with: flat colours, one ink outline, one shaded side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageChops, ImageDraw

from workbench.data.datasets.drawings_shapes import Number, Point

Colour = tuple[int, int, int]
Mark = tuple[Sequence[Point], Colour]

SIZE = 240
"""Pixels of the finished sheet; drawn four times as large and reduced, for soft edges."""
LINE = 2.6
"""The outline's width on a sheet of 100."""

INK: Colour = (43, 38, 56)
RED: Colour = (226, 74, 66)
ORANGE: Colour = (243, 146, 55)
YELLOW: Colour = (251, 206, 74)
GREEN: Colour = (96, 174, 98)
BLUE: Colour = (72, 134, 214)
SKY: Colour = (142, 198, 238)
PURPLE: Colour = (138, 98, 198)
PINK: Colour = (242, 138, 174)
BROWN: Colour = (158, 104, 66)
TAN: Colour = (226, 178, 124)
WHITE: Colour = (253, 248, 240)
GREY: Colour = (166, 170, 180)

_SCALE = 4 * SIZE / 100


class Pen:
    """Draws on a sheet of 100 by 100 units; what comes later covers what came before."""

    def __init__(self) -> None:
        self._sheet = Image.new("RGBA", (4 * SIZE, 4 * SIZE), (0, 0, 0, 0))

    def fill(
        self,
        points: Sequence[Point],
        colour: Colour,
        *,
        marks: Sequence[Mark] = (),
        shade: Number = 5,
        line: Number = LINE,
    ) -> None:
        """A filled outline; ``marks`` are shapes on it, cut off at its edge.

        ``shade`` is how far its darker right and lower side reaches, ``line`` the outline's
        width; 0 is none.
        """
        spots = [(x * _SCALE, y * _SCALE) for x, y in points]
        left, top = (int(min(values)) for values in zip(*spots, strict=True))
        right, bottom = (int(max(values)) + 2 for values in zip(*spots, strict=True))
        size = (right - left, bottom - top)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in spots], fill=255)
        patch = Image.new("RGB", size, colour)
        for shape, tint in marks:
            inner = [(x * _SCALE - left, y * _SCALE - top) for x, y in shape]
            ImageDraw.Draw(patch).polygon(inner, fill=tint)
        if shade:
            away = round(shade * _SCALE)
            dark = Image.blend(patch, Image.new("RGB", size, INK), 0.17)
            patch = Image.composite(dark, patch, _side(mask, -away, -away // 2))
            glow = Image.blend(patch, Image.new("RGB", size, WHITE), 0.3)
            rim = _side(mask, away // 2 + 8, away // 3 + 8)
            patch = Image.composite(glow, patch, rim)
        self._sheet.paste(patch, (left, top), mask)
        if line:
            self.stroke([*points, points[0]], INK, line)

    def stroke(self, points: Sequence[Point], colour: Colour = INK, width: Number = LINE) -> None:
        """A line with round ends and joints."""
        draw = ImageDraw.Draw(self._sheet)
        spots = [(x * _SCALE, y * _SCALE) for x, y in points]
        draw.line(spots, fill=colour, width=round(width * _SCALE))
        half = width * _SCALE / 2 - 0.5
        joints = spots if width > 4 else (spots[0], *_corners(spots), spots[-1])
        for x, y in joints:
            draw.ellipse((x - half, y - half, x + half, y + half), fill=colour)

    def tube(self, points: Sequence[Point], colour: Colour, width: Number) -> None:
        """A thick line with an outline: a handle, a stalk, a leg."""
        self.stroke(points, INK, width + LINE)
        self.stroke(points, colour, width - LINE)

    def dot(self, x: Number, y: Number, radius: Number, colour: Colour = INK) -> None:
        """A small disc without an outline."""
        self.stroke([(x, y), (x, y)], colour, 2 * radius)

    def eye(self, x: Number, y: Number, radius: Number = 2.6) -> None:
        """A dark eye with a glint."""
        self.dot(x, y, radius)
        self.dot(x - radius * 0.3, y - radius * 0.35, radius * 0.36, WHITE)

    def pixels(self) -> UInt8[np.ndarray, "height width 4"]:
        """The finished sheet: red, green, blue, alpha."""
        return np.asarray(self._sheet.resize((SIZE, SIZE), Image.Resampling.LANCZOS))


Drawing = Callable[[Pen], None]


def mixed(one: Colour, other: Colour, part: float) -> Colour:
    """The first colour with a part, from 0 to 1, of the second one in it."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _corners(spots: Sequence[Point]) -> list[Point]:
    """The inner points of a line at which it turns by more than about four degrees."""
    found = []
    for (x0, y0), (x1, y1), (x2, y2) in zip(spots, spots[1:], spots[2:], strict=False):
        ahead = (x1 - x0) * (x2 - x1) + (y1 - y0) * (y2 - y1)
        aside = (x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1)
        if abs(aside) > 0.07 * ahead:
            found.append((x1, y1))
    return found


def _side(mask: Image.Image, right: int, down: int) -> Image.Image:
    """What of a mask is not covered by the same mask shifted."""
    shifted = Image.new("L", mask.size)
    shifted.paste(mask, (right, down))
    return ImageChops.subtract(mask, shifted)
