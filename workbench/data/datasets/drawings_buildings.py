"""Drawings of buildings."""

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
    arc,
    box,
    curve,
    flipped,
    oval,
    rounded,
    turned,
)  # fmt: skip

_GLASS = (196, 228, 246)


def house(pen: Pen, wall: Colour, roof: Colour, door: Colour, wide: bool) -> None:
    """A house with a chimney, one window or two."""
    pen.fill(box(66, 12, 78, 40), roof, shade=3)
    pen.fill(box(63, 8, 81, 17, 1), roof, shade=2)
    pen.fill(box(15, 46, 85, 94), wall, shade=6)
    pen.fill(rounded([(50, 8), (96, 52), (4, 52)], 3), roof, shade=6)
    panes = ((22, 60, 40, 78), (60, 60, 78, 78)) if wide else ((56, 60, 77, 80),)
    for left, top, right, low in panes:
        pen.fill(box(left, top, right, low, 1), _GLASS, shade=3)
        pen.stroke([((left + right) / 2, top), ((left + right) / 2, low)], width=2)
        pen.stroke([(left, (top + low) / 2), (right, (top + low) / 2)], width=2)
    x = 50 if wide else 36
    pen.fill([*arc(x, 72, 8, 9, 180, 360), (x + 8, 94), (x - 8, 94)], door, shade=3)
    pen.dot(x + 4, 82, 1.6)
    pen.fill(oval(50, 34, 6, 6), _GLASS, shade=2)


def castle(pen: Pen, stone: Colour, roof: Colour, flag: Colour) -> None:
    """A castle with two towers and a gate."""
    pen.stroke([(50, 30), (50, 6)], width=2.6)
    pen.fill([(51, 7), (72, 13), (51, 19)], flag, shade=0, line=2.2)
    teeth = [(30, 94), (30, 38)]
    for x in (36, 48, 60):
        teeth += [(x - 4, 38), (x - 4, 30), (x + 4, 30), (x + 4, 38)]
    pen.fill([*teeth, (70, 38), (70, 94)], stone, shade=0)
    for left in (8, 70):
        pen.fill(box(left, 44, left + 22, 94), stone, shade=5)
        pen.fill(rounded([(left + 11, 12), (left + 27, 46), (left - 5, 46)], 2), roof, shade=4)
        pen.fill(
            [*arc(left + 11, 62, 4, 5, 180, 360), (left + 15, 70), (left + 7, 70)], INK, shade=0
        )
    pen.fill([*arc(50, 72, 11, 12, 180, 360), (61, 94), (39, 94)], BROWN, shade=4)
    for x in (46, 54):
        pen.stroke([(x, 64), (x, 93)], (104, 68, 48), 1.8)
    for x, y in ((38, 48), (54, 52), (14, 82), (80, 80), (22, 54), (84, 53)):
        pen.stroke([(x, y), (x + 5, y)], (120, 112, 120), 2)


def tent(pen: Pen, cloth: Colour, stripe: Colour, poles: bool) -> None:
    """A tent with an open flap, or a round striped one."""
    if poles:
        pen.stroke([(50, 22), (50, 7)])
        pen.fill([(51, 7), (68, 12), (51, 18)], stripe, shade=0, line=2.2)
        walls = [(13, 46), (87, 46), (83, 94), (17, 94)]
        bands = [(box(x, 40, x + 12, 96), stripe) for x in (20, 44, 68)]
        pen.fill(walls, cloth, marks=bands, shade=5)
        pen.fill([(50, 50), (62, 94), (38, 94)], INK, shade=0)
        slices = [([(50, 18), (x, 60), (x + 16, 60)], stripe) for x in (8, 42, 76)]
        top = curve((50, 19), (34, 40), (6, 46)) + [
            p for x in (17, 39, 61, 83) for p in arc(x, 46, 11, 8, 180, 0)
        ] + curve((94, 46), (66, 40), (50, 19))  # fmt: skip
        pen.fill(top, cloth, marks=slices, shade=4)
        return
    pen.stroke([(43, 9), (52, 24)])
    pen.stroke([(57, 9), (48, 24)])
    bands = [(box(0, y, 100, y + 9), stripe) for y in (44, 64, 84)]
    pen.fill([(50, 16), (95, 92), (5, 92)], cloth, marks=bands, shade=8)
    pen.fill([(50, 26), (68, 92), (32, 92)], INK, shade=0)
    pen.fill([*curve((50, 26), (42, 60), (22, 92)), (34, 92)], stripe, shade=2)
    pen.fill(flipped([*curve((50, 26), (42, 60), (22, 92)), (34, 92)]), stripe, shade=2)


def windmill(pen: Pen, wall: Colour, cap: Colour, sails: Colour, turn: Number) -> None:
    """A windmill with four sails."""
    pen.fill([(37, 44), (63, 44), (71, 94), (29, 94)], wall, shade=6)
    pen.fill([*arc(50, 80, 7, 8, 180, 360), (57, 94), (43, 94)], BROWN, shade=3)
    pen.fill(oval(50, 60, 5, 5), _GLASS, shade=2)
    pen.fill([*arc(50, 45, 17, 20, 180, 360)], cap, shade=4)
    for step in range(4):
        angle = turn + 90 * step
        pen.stroke(turned([(50, 40), (50, 5)], angle, (50, 40)), (104, 68, 48), 3)
        blade = turned(box(51, 6, 62, 31, 1), angle, (50, 40))
        pen.fill(blade, sails, shade=2, line=2.2)
        for y in (14, 22):
            pen.stroke(turned([(51, y), (62, y)], angle, (50, 40)), width=1.4)
    pen.fill(oval(50, 40, 5, 5), cap, shade=0)


DRAWINGS: dict[str, tuple[Drawing, ...]] = {
    "house": (
        partial(house, wall=WHITE, roof=RED, door=BLUE, wide=True),
        partial(house, wall=YELLOW, roof=(96, 110, 150), door=RED, wide=False),
        partial(house, wall=SKY, roof=ORANGE, door=WHITE, wide=True),
        partial(house, wall=PINK, roof=PURPLE, door=YELLOW, wide=False),
    ),
    "castle": (
        partial(castle, stone=GREY, roof=RED, flag=YELLOW),
        partial(castle, stone=TAN, roof=BLUE, flag=RED),
        partial(castle, stone=(242, 170, 196), roof=PURPLE, flag=BLUE),
    ),
    "tent": (
        partial(tent, cloth=GREEN, stripe=YELLOW, poles=False),
        partial(tent, cloth=ORANGE, stripe=WHITE, poles=False),
        partial(tent, cloth=WHITE, stripe=RED, poles=True),
        partial(tent, cloth=YELLOW, stripe=BLUE, poles=True),
    ),
    "windmill": (
        partial(windmill, wall=WHITE, cap=RED, sails=SKY, turn=20),
        partial(windmill, wall=TAN, cap=BLUE, sails=WHITE, turn=45),
        partial(windmill, wall=(232, 128, 104), cap=BROWN, sails=YELLOW, turn=4),
    ),
}
