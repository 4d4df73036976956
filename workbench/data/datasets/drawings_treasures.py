"""Drawings of things to play with, to wear and to give."""

from __future__ import annotations

from functools import partial

from workbench.data.datasets.drawings_pen import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PINK,
    PURPLE,
    RED,
    SKY,
    TAN,
    WHITE,
    YELLOW,
    Colour,
    Drawing,
    Pen,
    mixed,
)  # fmt: skip
from workbench.data.datasets.drawings_shapes import (
    Number,
    Points,
    arc,
    box,
    curve,
    flipped,
    moved,
    oval,
    rounded,
    smooth,
    star,
    turned,
)  # fmt: skip


def bell(pen: Pen, metal: Colour, ribbon: Colour) -> None:
    """A bell with a bow."""
    pen.fill(oval(50, 86, 9, 8), INK, shade=0)
    half = [(50, 16), (34, 22), (28, 42), (24, 64), (12, 80)]
    edge = smooth(half, closed=False)
    edge += [(12, 80), *curve((12, 80), (50, 92), (88, 80)), *flipped(edge)[::-1]]
    band = smooth([(10, 64), (50, 71), (90, 64)], closed=False)
    band += moved(band, 0, 6)[::-1]
    pen.fill(edge, metal, marks=[(band, (222, 150, 48))], shade=8)
    for turn in (False, True):
        loop = smooth([(50, 18), (34, 6), (22, 10), (25, 24), (38, 24)])
        pen.fill(flipped(loop) if turn else loop, ribbon, shade=3)
    pen.fill(oval(50, 18, 6, 6), ribbon, shade=2)


def drum(pen: Pen, shell: Colour, rims: Colour) -> None:
    """A drum with two sticks."""
    edge = [(12, 46), (12, 80), *arc(50, 80, 38, 14, 180, 0), (88, 46)]
    pen.fill(edge, shell, shade=8)
    corners = [(15, 58), (26, 84), (38, 64), (50, 90), (62, 64), (74, 84), (85, 58)]
    pen.stroke(corners, WHITE, 3)
    low = arc(50, 78, 38, 14, 180, 0)
    pen.fill(low + moved(low, 0, 5)[::-1], rims, shade=0, line=2.2)
    pen.fill(oval(50, 46, 39, 16), rims, shade=0)
    pen.fill(oval(50, 44, 34, 12), WHITE, shade=4, line=2.2)
    for turn in (False, True):
        stick = [(40, 42), (12, 12)]
        pen.tube(flipped(stick, 52) if turn else stick, TAN, 6)
        x, y = (64, 42) if turn else (40, 42)
        pen.fill(oval(x, y, 4.6, 4.6), TAN, shade=0, line=2.2)


def kite(pen: Pen, one: Colour, other: Colour, bows: Colour) -> None:
    """A kite with a tail of bows."""
    tail = smooth([(46, 66), (40, 76), (58, 82), (52, 95)], closed=False)
    pen.stroke(tail, width=2.4)
    for x, y in ((43, 76), (56, 84)):
        for way in (-1, 1):
            pen.fill([(x, y), (x + 9 * way, y - 5), (x + 9 * way, y + 5)], bows, shade=0, line=2)
    edge = [(54, 5), (84, 32), (46, 70), (20, 28)]
    marks = [([(54, 5), (51, 31), (20, 28)], other), ([(51, 31), (84, 32), (46, 70)], other)]
    pen.fill(edge, one, marks=marks, shade=3)
    pen.stroke([(54, 5), (46, 70)], width=2)
    pen.stroke([(20, 28), (84, 32)], width=2)


def hat(pen: Pen, felt: Colour, band: Colour, tall: bool) -> None:
    """A top hat, or a straw hat with a flower."""
    if tall:
        pen.fill(oval(50, 78, 44, 13), felt, shade=5)
        edge = [(24, 18), (76, 18), (73, 72), *arc(50, 72, 23, 8, 0, 180), (27, 72)]
        strip = [(20, 60), *arc(50, 58, 26, 8, 180, 0), (80, 68), *arc(50, 69, 26, 8, 0, 180)]
        pen.fill(edge, felt, marks=[(strip, band)], shade=6)
        pen.fill(oval(50, 18, 26, 7), mixed(felt, INK, 0.23), shade=0)
        return
    pen.fill(oval(50, 70, 45, 16), felt, shade=5)
    edge = [*arc(50, 54, 25, 34, 180, 360), (77, 66), *arc(50, 66, 27, 9, 0, 180), (23, 66)]
    strip = [(16, 56), *arc(50, 54, 28, 8, 180, 0), (84, 66), *arc(50, 67, 28, 9, 0, 180)]
    pen.fill(edge, felt, marks=[(strip, band)], shade=6)
    for turn in range(0, 360, 72):
        pen.fill(turned(oval(70, 55, 4.4, 4.4), turn, (70, 61)), WHITE, shade=0, line=1.8)
    pen.dot(70, 61, 3.4, ORANGE)


def crown(pen: Pen, metal: Colour, gems: Colour, cloth: Colour) -> None:
    """A crown with five points and jewels."""
    pen.fill(oval(50, 42, 30, 16), cloth, shade=4)
    edge = [(14, 80), (8, 32), (28, 52), (36, 20), (50, 46), (64, 20), (72, 52), (92, 32), (86, 80)]
    pen.fill(edge, metal, shade=5)
    pen.fill(box(12, 74, 88, 90, 3), metal, shade=4)
    for x, y in ((8, 28), (36, 16), (64, 16), (92, 28)):
        pen.fill(oval(x, y, 4.6, 4.6), gems, shade=0, line=2.2)
    for x, y in ((50, 62), (26, 82), (50, 82), (74, 82)):
        pen.fill([(x, y - 7), (x + 5, y), (x, y + 7), (x - 5, y)], gems, shade=2, line=2)


def heart(pen: Pen, colour: Colour, mark: Colour | None, arrow: bool) -> None:
    """A heart, plain, with stripes, or with an arrow through it."""
    size = 0.8 if arrow else 1.0

    def sized(points: Points) -> Points:
        return [(50 + (x - 50) * size, 50 + (y - 50) * size) for x, y in points]

    half = [(50, 28), (40, 14), (22, 11), (8, 24), (10, 44), (26, 66)]
    left = [*smooth(half, closed=False), (50, 92)]
    bands = [turned(box(x, -20, x + 9, 120), 24) for x in (22, 44, 66)]
    marks = [(band, mark) for band in bands] if mark else []
    if arrow:
        pen.tube([(14, 78), (86, 26)], TAN, 6)
        pen.fill([(95, 19), (90, 34), (80, 21)], GREY, shade=0, line=2.2)
        feather = [(5, 78), (14, 71), (23, 72), (19, 82), (10, 90), (11, 81)]
        pen.fill(feather, WHITE, shade=0, line=2.2)
    pen.fill(sized([*left, *flipped(left)[::-1]]), colour, marks=marks, shade=8)
    pen.stroke(sized(arc(29, 35, 11, 12, 175, 260)), WHITE, 4)


def shape_of_star(pen: Pen, colour: Colour, rays: int, face: bool) -> None:
    """A star, with a face or with a smaller star in it."""
    inner = 22 if rays == 5 else 27
    pen.fill(rounded(star(50, 52, 46, inner, rays), 6), colour, shade=6)
    if face:
        pen.eye(42, 50, 3.4)
        pen.eye(58, 50, 3.4)
        pen.stroke(arc(50, 56, 7, 6, 20, 160), width=2.4)
        for x in (34, 66):
            pen.dot(x, 58, 3.4, PINK)
    else:
        pen.fill(rounded(star(50, 52, 24, 24 * inner / 46, rays), 3), WHITE, shade=0, line=0)


def pencil(pen: Pen, paint: Colour, rubber: Colour, lean: Number, short: Number) -> None:
    """A pencil with a rubber."""

    def part(points, colour: Colour, **more) -> None:
        pen.fill(turned(points, lean), colour, **more)

    top, low = 6 + short, 94 - short
    part(box(40, top, 60, top + 14, 5), rubber, shade=3)
    part([(39, top + 10), (61, top + 10), (61, top + 19), (39, top + 19)], GREY, shade=3)
    edge = [(39, top + 19), (61, top + 19), (61, low - 22), (39, low - 22)]
    dark = mixed(paint, INK, 0.18)
    side = turned([(54, 0), (70, 0), (70, 100), (54, 100)], lean)
    part(edge, paint, marks=[(side, dark)], shade=0)
    part([(39, low - 22), (61, low - 22), (50, low)], (244, 214, 166), shade=0)
    part([(46, low - 8), (54, low - 8), (50, low)], paint, shade=0, line=2)


DRAWINGS: dict[str, tuple[Drawing, ...]] = {
    "bell": (
        partial(bell, metal=YELLOW, ribbon=RED),
        partial(bell, metal=YELLOW, ribbon=GREEN),
        partial(bell, metal=GREY, ribbon=BLUE),
    ),
    "drum": (
        partial(drum, shell=RED, rims=YELLOW),
        partial(drum, shell=BLUE, rims=WHITE),
        partial(drum, shell=GREEN, rims=ORANGE),
    ),
    "kite": (
        partial(kite, one=RED, other=YELLOW, bows=BLUE),
        partial(kite, one=BLUE, other=SKY, bows=ORANGE),
        partial(kite, one=GREEN, other=PINK, bows=PURPLE),
    ),
    "hat": (
        partial(hat, felt=(68, 65, 74), band=RED, tall=True),
        partial(hat, felt=YELLOW, band=BLUE, tall=False),
        partial(hat, felt=PURPLE, band=YELLOW, tall=True),
        partial(hat, felt=(178, 124, 80), band=RED, tall=False),
    ),
    "crown": (
        partial(crown, metal=YELLOW, gems=RED, cloth=RED),
        partial(crown, metal=GREY, gems=BLUE, cloth=BLUE),
        partial(crown, metal=ORANGE, gems=SKY, cloth=PURPLE),
    ),
    "heart": (
        partial(heart, colour=RED, mark=None, arrow=False),
        partial(heart, colour=PINK, mark=WHITE, arrow=False),
        partial(heart, colour=PURPLE, mark=None, arrow=True),
        partial(heart, colour=ORANGE, mark=YELLOW, arrow=False),
    ),
    "star": (
        partial(shape_of_star, colour=YELLOW, rays=5, face=True),
        partial(shape_of_star, colour=BLUE, rays=5, face=False),
        partial(shape_of_star, colour=RED, rays=6, face=False),
        partial(shape_of_star, colour=ORANGE, rays=5, face=True),
    ),
    "pencil": (
        partial(pencil, paint=YELLOW, rubber=PINK, lean=40, short=0),
        partial(pencil, paint=RED, rubber=WHITE, lean=0, short=8),
        partial(pencil, paint=GREEN, rubber=PINK, lean=-35, short=4),
        partial(pencil, paint=BLUE, rubber=ORANGE, lean=20, short=8),
    ),
}
