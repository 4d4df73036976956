"""Drawings of vehicles."""

from __future__ import annotations

from functools import partial

from workbench.data.datasets.drawings_pen import (
    BLUE,
    BROWN,
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
)  # fmt: skip
from workbench.data.datasets.drawings_shapes import (
    Number,
    box,
    curve,
    flipped,
    oval,
    rounded,
    smooth,
    turned,
)  # fmt: skip

_GLASS = (196, 228, 246)


def boat(pen: Pen, hull: Colour, sail: Colour, other: Colour) -> None:
    """A sailing boat."""
    pen.stroke([(48, 8), (48, 76)], (104, 68, 48), 4)
    pen.fill([*curve((53, 10), (80, 34), (88, 64)), (53, 64)], sail, shade=6)
    pen.fill([*curve((43, 18), (34, 48), (14, 64)), (43, 64)], other, shade=4)
    pen.fill([(50, 5), (64, 9), (50, 13)], other, shade=0, line=2)
    shape = [
        (6, 70),
        (94, 70),
        *curve((94, 70), (88, 92), (70, 93)),
        *curve((26, 93), (12, 90), (6, 70)),
    ]
    pen.fill(shape, hull, marks=[(box(0, 77, 100, 82), WHITE)], shade=6)


def steamer(pen: Pen, hull: Colour, funnel: Colour) -> None:
    """A small steam boat."""
    for x, y, r in ((66, 17, 8), (78, 12, 6)):
        pen.fill(oval(x, y, r, r), WHITE, shade=3, line=2.2)
    pen.fill(box(52, 26, 66, 52), funnel, marks=[(box(40, 32, 80, 38), WHITE)], shade=4)
    pen.fill(box(24, 46, 76, 70, 3), WHITE, shade=5)
    for x in (35, 50, 65):
        pen.fill(oval(x, 58, 4.6, 4.6), SKY, shade=2, line=2.2)
    shape = [
        (5, 64),
        (95, 64),
        *curve((95, 64), (90, 90), (76, 92)),
        *curve((22, 92), (12, 88), (5, 64)),
    ]
    pen.fill(shape, hull, marks=[(box(0, 82, 100, 96), INK)], shade=5)


def _wheel(pen: Pen, x: Number, y: Number, radius: Number) -> None:
    pen.fill(oval(x, y, radius, radius), (66, 62, 78), shade=0)
    pen.fill(oval(x, y, radius * 0.5, radius * 0.5), GREY, shade=2, line=0)


def car(pen: Pen, paint: Colour, stripe: Colour, cargo: bool) -> None:
    """A small car that drives to the left, with luggage or not."""
    if cargo:
        pen.fill(box(40, 16, 66, 30, 2), BROWN, marks=[(box(50, 10, 55, 40), TAN)], shade=3)
    cabin = curve((26, 52), (32, 29), (46, 29)) + curve((60, 29), (76, 30), (80, 52))
    pen.fill(cabin, paint, shade=4)
    pen.fill([*curve((32, 51), (36, 35), (46, 35)), (51, 35), (51, 51)], _GLASS, shade=3, line=2.2)
    pen.fill([(56, 35), *curve((58, 35), (70, 35), (74, 51)), (56, 51)], _GLASS, shade=3, line=2.2)
    body = (
        curve((5, 66), (6, 52), (24, 51))
        + curve((80, 51), (95, 53), (95, 66))
        + [(95, 77), (5, 77)]
    )
    pen.fill(rounded(body, 0), paint, marks=[(box(0, 67, 100, 70.5), stripe)], shade=6)
    pen.fill(oval(10, 61, 4, 4.6), YELLOW, shade=0, line=2)
    pen.stroke([(57, 58), (63, 58)], width=2.4)
    for x in (27, 74):
        _wheel(pen, x, 77, 12)


def bus(pen: Pen, paint: Colour, stripe: Colour, two: bool) -> None:
    """A bus that drives to the left, of one floor or two."""
    top = 10 if two else 28
    pen.fill(box(5, top, 95, 82, 7), paint, marks=[(box(0, 60, 100, 66), stripe)], shade=6)
    for y in (17, 40) if two else (37,):
        for x in (24, 42, 60, 77):
            pen.fill(box(x, y, x + 13, y + 16, 2), _GLASS, shade=3, line=2.2)
        if two and y == 17:
            pen.fill(box(9, y, 19, y + 16, 2), _GLASS, shade=3, line=2.2)
    low = 40 if two else 37
    pen.fill(box(9, low, 20, 80, 2), _GLASS, shade=3, line=2.2)
    pen.stroke([(14.5, low), (14.5, 80)], width=1.8)
    pen.dot(90, 73, 3, RED)
    for x in (34, 74):
        _wheel(pen, x, 82, 10.5)


def rocket(pen: Pen, body: Colour, fins: Colour, window: Colour, lean: Number) -> None:
    """A rocket in flight."""

    def part(points, colour: Colour, **more) -> None:
        pen.fill(turned(points, lean), colour, **more)

    part(smooth([(40, 76), (60, 76), (58, 88), (50, 96), (42, 88)]), ORANGE, shade=0)
    part(smooth([(45, 76), (55, 76), (50, 89)]), YELLOW, shade=0, line=0)
    for turn in (False, True):
        fin = [*curve((36, 50), (18, 60), (20, 84)), (40, 74)]
        part(flipped(fin) if turn else fin, fins, shade=3)
    half = [(50, 4), (38, 18), (32, 40), (34, 62)]
    hull = smooth([(40, 77), *half[::-1], *flipped(half[1:]), (60, 77)])
    nose = turned([(0, -5), (100, -5), (100, 25), (0, 25)], lean)
    part(hull, body, marks=[(nose, fins)], shade=6)
    part(oval(50, 42, 9.5, 9.5), WHITE, shade=0)
    part(oval(50, 42, 6, 6), window, shade=2, line=2)
    part(box(47.5, 60, 52.5, 84, 2), fins, shade=0, line=2.2)


def balloon(pen: Pen, one: Colour, other: Colour, basket: Colour) -> None:
    """A hot-air balloon."""
    for x in (40, 60):
        pen.stroke([(x, 66), (50 + (x - 50) * 0.7, 82)], width=2)
    half = [(50, 5), (28, 11), (16, 30), (22, 50), (40, 68)]
    edge = smooth([*half, (50, 70), *flipped(half[:0:-1])])
    bands = []
    for left, right in ((-33, -20), (-7, 7), (20, 33)):
        down = [
            (50 + left * k, y) for k, y in ((0.3, 4), (1.1, 20), (1.15, 36), (0.8, 54), (0.3, 72))
        ]
        up = [
            (50 + right * k, y) for k, y in ((0.3, 72), (0.8, 54), (1.15, 36), (1.1, 20), (0.3, 4))
        ]
        bands.append((smooth(down, closed=False) + smooth(up, closed=False), other))
    pen.fill(edge, one, marks=bands, shade=8)
    pen.fill(box(40, 81, 60, 95, 3), basket, marks=[(box(30, 86, 70, 89), TAN)], shade=3)


DRAWINGS: dict[str, tuple[Drawing, ...]] = {
    "boat": (
        partial(boat, hull=RED, sail=WHITE, other=YELLOW),
        partial(boat, hull=BLUE, sail=ORANGE, other=WHITE),
        partial(steamer, hull=GREEN, funnel=RED),
        partial(steamer, hull=RED, funnel=YELLOW),
    ),
    "car": (
        partial(car, paint=RED, stripe=WHITE, cargo=False),
        partial(car, paint=BLUE, stripe=YELLOW, cargo=True),
        partial(car, paint=YELLOW, stripe=ORANGE, cargo=False),
        partial(car, paint=GREEN, stripe=WHITE, cargo=True),
    ),
    "bus": (
        partial(bus, paint=YELLOW, stripe=INK, two=False),
        partial(bus, paint=RED, stripe=WHITE, two=True),
        partial(bus, paint=BLUE, stripe=WHITE, two=False),
    ),
    "rocket": (
        partial(rocket, body=WHITE, fins=RED, window=SKY, lean=0),
        partial(rocket, body=SKY, fins=ORANGE, window=YELLOW, lean=38),
        partial(rocket, body=YELLOW, fins=PURPLE, window=SKY, lean=-28),
    ),
    "balloon": (
        partial(balloon, one=RED, other=YELLOW, basket=BROWN),
        partial(balloon, one=BLUE, other=WHITE, basket=BROWN),
        partial(balloon, one=PURPLE, other=PINK, basket=ORANGE),
    ),
}
