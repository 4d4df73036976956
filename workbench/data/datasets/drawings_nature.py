"""Drawings of plants and of the sky."""

from __future__ import annotations

from functools import partial
from math import acos, atan2, degrees

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
    mixed,
)  # fmt: skip
from workbench.data.datasets.drawings_shapes import (
    Number,
    arc,
    box,
    curve,
    oval,
    rounded,
    smooth,
    star,
    turned,
)  # fmt: skip

_DARK = (56, 128, 84)
_LIME = (150, 196, 82)


def tree(pen: Pen, leaves: Colour, fruit: Colour | None = None) -> None:
    """A round tree, with fruit or without."""
    pen.fill([(43, 60), (57, 60), (58, 84), (63, 94), (37, 94), (42, 84)], BROWN)
    crown = [(50, 6), (68, 11), (78, 24), (87, 40), (80, 58), (64, 68), (50, 66), (36, 68),
             (20, 58), (13, 40), (22, 24), (32, 11)]  # fmt: skip
    pen.fill(smooth(crown), leaves, shade=9)
    for x, y in ((34, 30), (58, 24), (68, 44), (44, 50), (27, 48)):
        if fruit:
            pen.fill(oval(x, y, 5, 5), fruit, shade=2, line=2)
        else:
            pen.stroke(arc(x, y, 5, 4, 20, 160), _DARK, 2)


def fir(pen: Pen, leaves: Colour) -> None:
    """A fir of three storeys."""
    pen.fill(box(43, 78, 57, 95, 2), BROWN)
    for top, wide in ((48, 36), (27, 29), (6, 21)):
        pen.fill(rounded([(50, top), (50 + wide, top + 36), (50 - wide, top + 36)], 5), leaves)


def flower(pen: Pen, petals: Colour, heart: Colour, count: int) -> None:
    """A flower with a stalk and two leaves."""
    pen.tube([(50, 44), (50, 92)], GREEN, 6)
    for side in (1, -1):
        tip = 50 + side * 27
        leaf = curve((50, 88), (50 + side * 4, 64), (tip, 66)) + curve(
            (tip, 66), (50 + side * 26, 88), (50, 88)
        )
        pen.fill(leaf, GREEN, shade=3)
    for step in range(count):
        petal = oval(50, 17.5, 26.5 * 3.4 / count + 1, 12.5)
        pen.fill(turned(petal, 360 * step / count, (50, 34)), petals, shade=3)
    pen.fill(oval(50, 34, 10.5, 10.5), heart, shade=4)


def tulip(pen: Pen, petals: Colour) -> None:
    """A tulip."""
    pen.tube([(50, 48), (50, 92)], GREEN, 6)
    for side in (1, -1):
        tip = 50 + side * 24
        leaf = curve((50, 93), (50 + side * 30, 84), (tip, 50)) + curve(
            (tip, 50), (50 + side * 8, 62), (50, 93)
        )
        pen.fill(leaf, GREEN, shade=4)
    cup = [(26, 10), (38, 24), (50, 7), (62, 24), (74, 10)]
    bowl = [(78, 36), (68, 52), (50, 57), (32, 52), (22, 36)]
    pen.fill(cup + smooth([(74, 10), *bowl, (26, 10)], closed=False), petals, shade=8)


def mushroom(pen: Pen, cap: Colour, spots: Colour, tall: Number) -> None:
    """A toadstool with spots."""
    low = 54 - tall
    pen.fill(
        smooth([(39, low), (40, 74), (33, 92), (50, 95), (67, 92), (60, 74), (61, low)]), WHITE
    )
    hood = arc(50, low, 43, low - 6, 180, 360) + curve((93, low), (90, low + 11), (50, low + 10))
    hood += curve((50, low + 10), (10, low + 11), (7, low))
    dots = ((28, 0.72, 7), (52, 0.38, 8), (74, 0.7, 7), (50, 0.88, 5), (14, 0.96, 4), (88, 1, 4))
    pen.fill(hood, cap, marks=[(oval(x, low * y, r, r * 0.85), spots) for x, y, r in dots], shade=8)


def cactus(pen: Pen, pot: Colour, bloom: Colour, arms: bool) -> None:
    """A cactus in a pot."""
    if arms:
        for points in ([(52, 56), (76, 56), (77, 36)], [(48, 62), (25, 62), (24, 44)]):
            pen.tube(rounded_path(points), GREEN, 14)
        pen.fill(box(37, 12, 63, 80, 13), GREEN)
        lines = [(44, 30, 60), (56, 28, 62), (50, 20, 48)]
    else:
        pen.fill(oval(50, 48, 32, 34), GREEN, shade=9)
        lines = [(34, 38, 60), (50, 28, 64), (66, 38, 60)]
    for x, top, low in lines:
        pen.stroke([(x, top), (x, low)], _DARK, 2)
    for turn in range(0, 360, 72):
        pen.fill(turned(oval(50, 9.5, 4, 4), turn, (50, 14)), bloom, shade=0, line=1.6)
    pen.dot(50, 14, 2.6, YELLOW)
    pen.fill([(30, 76), (70, 76), (65, 95), (35, 95)], pot)
    pen.fill(box(25, 70, 75, 79, 2), pot, shade=3)


def rounded_path(points: list) -> list:
    """Three points as a bent line."""
    return [points[0], *curve(points[0], points[1], points[2])]


def leaf(pen: Pen, colour: Colour, vein: Colour, narrow: Number) -> None:
    """A leaf with veins, its stalk to the lower left."""
    edge = smooth([(24, 78), (20, 46), (40, 18), (88, 10), (82, 58), (56, 82)])
    # Squeezed across its long diagonal.
    lean = turned(edge, 45)
    edge = turned([(x, 50 + (y - 50) * narrow) for x, y in lean], -45)
    pen.stroke([(8, 93), (26, 76)], (72, 62, 58), 5)
    pen.fill(edge, colour, shade=8)
    pen.stroke([(25, 77), (74, 25)], vein, 2.6)
    for along in (0.25, 0.48, 0.7):
        x, y = 18 + 56 * along, 84 - 59 * along
        reach = 17 * narrow * (1.1 - abs(along - 0.4))
        pen.stroke([(x, y), (x + 2, y - reach)], vein, 2)
        pen.stroke([(x, y), (x + reach, y - 2)], vein, 2)


def sun(pen: Pen, disc: Colour, rays: Colour, count: int, face: bool) -> None:
    """A sun with pointed or many short rays."""
    pen.fill(rounded(star(50, 50, 46, 29, count), 3), rays, shade=0)
    pen.fill(oval(50, 50, 27, 27), disc, shade=6)
    if face:
        pen.eye(41, 47, 3)
        pen.eye(59, 47, 3)
        pen.stroke(arc(50, 52, 10, 8, 25, 155), width=2.4)


def moon(pen: Pen, colour: Colour, thin: Number, face: bool = False) -> None:
    """A crescent with craters."""
    # Where the two circles of the crescent meet.
    far = (44**2 - 36**2 + thin**2) / (2 * thin)
    tip = degrees(acos(far / 44))
    hollow = degrees(atan2((44**2 - far**2) ** 0.5, far - thin))
    outer = arc(46, 50, 44, 44, tip, 360 - tip)
    inner = arc(46 + thin, 50, 36, 36, 360 - hollow, hollow)
    craters = [(20, 36, 5), (16, 58, 4), (30, 76, 6)]
    dark = mixed(colour, INK, 0.2)
    marks = [] if face else [(oval(x, y, r, r), dark) for x, y, r in craters]
    pen.fill(outer + inner, colour, marks=marks, shade=5)
    if face:
        pen.stroke(arc(24, 47, 4, 3, 20, 160), width=2.4)
        pen.stroke(arc(30, 62, 6, 4, 70, 170), width=2.4)
        pen.dot(17, 59, 3.4, PINK)


def cloud(pen: Pen, colour: Colour, drops: Colour | None, bolt: bool = False) -> None:
    """A cloud, with rain or lightning."""
    low = 68 if drops or bolt else 78
    if drops:
        for x, y in ((28, 80), (50, 86), (72, 80)):
            drop = smooth([(x + 3, y - 13), (x + 4, y), (x - 1, y + 6), (x - 5, y + 1)])
            pen.fill(drop, drops, shade=2, line=2)
    if bolt:
        flash = [(48, 60), (62, 60), (54, 74), (66, 74), (42, 97), (48, 81), (37, 81)]
        pen.fill(rounded(flash, 1), YELLOW, shade=3)
    edge = arc(22, low - 15, 16, 15, 90, 258) + arc(38, low - 34, 20, 19, 169, 330)
    edge += arc(63, low - 30, 16, 16, 241, 371) + arc(80, low - 13, 14, 13, 265, 450)
    pen.fill(edge, colour, shade=8)


DRAWINGS: dict[str, tuple[Drawing, ...]] = {
    "tree": (
        partial(tree, leaves=(64, 156, 112)),
        partial(tree, leaves=GREEN, fruit=RED),
        partial(tree, leaves=_LIME, fruit=ORANGE),
        partial(fir, leaves=(64, 146, 92)),
    ),
    "flower": (
        partial(flower, petals=PINK, heart=YELLOW, count=6),
        partial(flower, petals=WHITE, heart=YELLOW, count=8),
        partial(flower, petals=PURPLE, heart=ORANGE, count=5),
        partial(tulip, petals=RED),
    ),
    "mushroom": (
        partial(mushroom, cap=RED, spots=WHITE, tall=0),
        partial(mushroom, cap=BROWN, spots=TAN, tall=6),
        partial(mushroom, cap=PURPLE, spots=PINK, tall=-4),
    ),
    "cactus": (
        partial(cactus, pot=ORANGE, bloom=PINK, arms=True),
        partial(cactus, pot=BLUE, bloom=RED, arms=False),
        partial(cactus, pot=WHITE, bloom=YELLOW, arms=True),
    ),
    "leaf": (
        partial(leaf, colour=GREEN, vein=_DARK, narrow=0.8),
        partial(leaf, colour=ORANGE, vein=(196, 92, 40), narrow=1.0),
        partial(leaf, colour=RED, vein=(160, 44, 50), narrow=0.9),
        partial(leaf, colour=_LIME, vein=_DARK, narrow=0.6),
    ),
    "sun": (
        partial(sun, disc=YELLOW, rays=ORANGE, count=12, face=True),
        partial(sun, disc=YELLOW, rays=YELLOW, count=8, face=False),
        partial(sun, disc=ORANGE, rays=YELLOW, count=16, face=True),
    ),
    "moon": (
        partial(moon, colour=YELLOW, thin=22),
        partial(moon, colour=SKY, thin=17),
        partial(moon, colour=WHITE, thin=24, face=True),
    ),
    "cloud": (
        partial(cloud, colour=WHITE, drops=None),
        partial(cloud, colour=SKY, drops=BLUE),
        partial(cloud, colour=GREY, drops=None, bolt=True),
    ),
}
