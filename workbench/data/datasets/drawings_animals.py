"""Drawings of animals."""

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
    Points,
    arc,
    box,
    curve,
    flipped,
    oval,
    rounded,
    smooth,
    turned,
)  # fmt: skip


def fish(pen: Pen, body: Colour, fins: Colour, stripes: bool, deep: Number) -> None:
    """A fish that swims to the left."""
    tail = smooth([(70, 50), (84, 30), (95, 26), (90, 50), (95, 74), (84, 70)])
    pen.fill(tail, fins, shade=4)
    pen.fill(smooth([(34, 50 - deep), (48, 44 - deep), (66, 46 - deep), (62, 50)]), fins)
    pen.fill(smooth([(46, 50), (62, 50 + deep), (56, 56 + deep), (42, 46 + deep)]), fins)
    edge = smooth([(5, 52), (20, 52 - deep * 0.8), (44, 50 - deep), (66, 50 - deep * 0.6),
                   (80, 50), (66, 50 + deep * 0.6), (44, 50 + deep),
                   (20, 52 + deep * 0.8)])  # fmt: skip
    bands = [box(x, 5, x + 8, 95) for x in (42, 58)] if stripes else [oval(46, 86, 46, 30)]
    pen.fill(edge, body, marks=[(band, WHITE) for band in bands], shade=7)
    pen.stroke(arc(26, 51, 9, deep * 0.6, -60, 60), width=2.2)
    pen.fill(smooth([(46, 52), (60, 47), (60, 60)]), fins, shade=2, line=2)
    pen.dot(20, 46, 5, WHITE)
    pen.eye(19, 46, 3)


def snail(pen: Pen, shell: Colour, swirl: Colour, body: Colour) -> None:
    """A snail that creeps to the left."""
    for x, y in ((13, 28), (27, 24)):
        pen.tube(curve((21, 62), (20, 44), (x, y)), body, 6)
        pen.fill(oval(x, y, 4.6, 4.6), WHITE, shade=0, line=2)
        pen.dot(x - 1, y, 2)
    foot = smooth([(10, 58), (20, 51), (30, 60), (36, 76), (60, 79), (82, 80), (95, 89),
                   (60, 91), (28, 91), (14, 80)])  # fmt: skip
    pen.fill(foot, body, shade=4)
    pen.fill(oval(61, 52, 30, 29), shell, shade=7)
    steps = range(0, 860, 12)
    spiral = [arc(60, 54, 2 + a / 45, 2 + a / 45, a + 40, a + 40)[0] for a in steps]
    pen.stroke(spiral, swirl, 4.4)
    pen.stroke(arc(18, 66, 5, 4, 30, 130), width=2)


def owl(pen: Pen, coat: Colour, belly: Colour, wing: Colour) -> None:
    """An owl from the front."""
    for side in (36, 64):
        for x in (-5, 0, 5):
            pen.fill(oval(side + x, 91, 3, 4), ORANGE, shade=0, line=2)
    half = [(50, 20), (36, 16), (19, 6), (18, 28), (14, 54), (22, 82), (38, 92)]
    edge = smooth([*half, *flipped(half[:0:-1])])
    pen.fill(edge, coat, marks=[(oval(50, 76, 22, 26), belly)], shade=6)
    for y, several in ((66, (40, 50, 60)), (75, (45, 55)), (83, (50,))):
        for x in several:
            pen.stroke(arc(x, y, 3.6, 3, 15, 165), wing, 2.4)
    for turn in (False, True):
        side = smooth([(17, 46), (28, 58), (26, 82), (14, 74), (9, 58)])
        pen.fill(flipped(side) if turn else side, wing, shade=3)
    for x in (34, 66):
        pen.fill(oval(x, 37, 16, 16), WHITE, shade=3)
        pen.fill(oval(x, 37, 8.6, 8.6), YELLOW, shade=0, line=0)
        pen.eye(x, 37, 6)
    pen.fill(rounded([(43, 45), (57, 45), (50, 59)], 2), ORANGE, shade=2, line=2.2)


def cat(pen: Pen, coat: Colour, belly: Colour, stripes: Colour | None, collar: Colour) -> None:
    """A cat that sits."""
    tail = smooth([(70, 88), (88, 84), (87, 62), (93, 50)], closed=False)
    pen.tube(tail, coat, 10)
    body = smooth([(36, 52), (26, 76), (25, 93), (50, 95), (75, 93), (74, 76), (64, 52)])
    pen.fill(body, coat, marks=[(oval(50, 76, 13, 20), belly)], shade=6)
    for x in (39, 61):
        pen.fill(oval(x, 91, 9, 5), belly, shade=2)
    head = [(22, 7), (38, 17), (62, 17), (78, 7)]
    face = [(82, 36), (72, 53), (50, 59), (28, 53), (18, 36)]
    edge = head + smooth([(78, 7), *face, (22, 7)], closed=False)
    marks: list = [(oval(50, 54, 16, 11), belly)]
    if stripes:
        marks += [([(x - 3, 10), (x + 3, 10), (x, 28)], stripes) for x in (41, 50, 59)]
        marks += [([(12, y), (30, y + 2), (12, y + 5)], stripes) for y in (38, 46)]
        marks += [([(88, y), (70, y + 2), (88, y + 5)], stripes) for y in (38, 46)]
    pen.fill(edge, coat, marks=marks, shade=5)
    for turn in (False, True):
        ear = [(25, 13), (34, 19), (25, 25)]
        pen.fill(flipped(ear) if turn else ear, PINK, shade=0, line=0)
    pen.eye(37, 37, 4)
    pen.eye(63, 37, 4)
    pen.fill(rounded([(46, 44), (54, 44), (50, 49)], 1), PINK, shade=0, line=1.6)
    pen.stroke(arc(45.5, 49, 4.5, 3.4, 0, 160), width=1.8)
    pen.stroke(arc(54.5, 49, 4.5, 3.4, 20, 180), width=1.8)
    pen.stroke(arc(50, 46, 22, 17, 50, 130), collar, 4.6)
    pen.fill(oval(50, 65, 4, 4), YELLOW, shade=0, line=1.8)


def bee(pen: Pen, body: Colour, wings: Colour, lean: Number) -> None:
    """A bee that flies to the left."""

    def bent(points: Points) -> Points:
        return turned(points, lean)

    pen.fill(bent([(84, 54), (96, 59), (84, 65)]), INK, shade=0)
    pen.fill(bent(oval(63, 27, 13, 21, 30)), wings, shade=4)
    pen.fill(bent(oval(43, 25, 13, 21, -12)), wings, shade=4)
    for x, y in ((14, 27), (27, 22)):
        pen.stroke(bent(curve((24, 46), (22, 34), (x, y))), width=2.4)
        pen.dot(*bent([(x, y)])[0], 3)
    bands = [bent(box(x, 20, x + 10, 95)) for x in (43, 62, 80)]
    pen.fill(bent(oval(50, 60, 40, 25)), body, marks=[(band, INK) for band in bands], shade=7)
    pen.eye(*bent([(24, 56)])[0], 3.6)
    pen.stroke(bent(arc(22, 66, 6, 4, 20, 130)), width=2.2)
    pen.dot(*bent([(33, 67)])[0], 3.4, PINK)


def crab(pen: Pen, shell: Colour, light: Colour, high: Number) -> None:
    """A crab from the front."""
    for turn in (False, True):
        for y, low in ((66, 74), (72, 84), (78, 93)):
            leg = smooth([(34, y), (17, y - 3), (11, low)], closed=False)
            pen.tube(flipped(leg) if turn else leg, shell, 6.4)
        arm = smooth([(28, 60), (12, 56), (14, 40)], closed=False)
        pen.tube(flipped(arm) if turn else arm, shell, 8)
        claw = [*arc(18, 26, 15, 16, 290, 590), (19, 27)]
        pen.fill(flipped(claw) if turn else claw, shell, shade=4)
        pen.tube([(40, 50), (40, 34)] if turn else [(60, 50), (60, 34)], shell, 6)
    edge = smooth([(16, 66), (26, 66 - high), (50, 60 - high), (74, 66 - high), (84, 66),
                   (70, 84), (50, 88), (30, 84)])  # fmt: skip
    spots = [(oval(x, 56, 4, 3), light) for x in (34, 50, 66)]
    pen.fill(edge, shell, marks=[(oval(50, 92, 30, 14), light), *spots], shade=6)
    for x in (40, 60):
        pen.fill(oval(x, 31, 7, 7), WHITE, shade=0)
        pen.eye(x, 31, 3.4)
    pen.stroke(arc(50, 66, 9, 6, 20, 160), width=2.4)


def penguin(pen: Pen, coat: Colour, scarf: Colour | None) -> None:
    """A penguin from the front."""
    for x in (37, 63):
        pen.fill(oval(x, 91, 12, 5), ORANGE, shade=2)
    for turn in (False, True):
        wing = smooth([(27, 44), (12, 62), (10, 76), (22, 72), (32, 62)])
        pen.fill(flipped(wing) if turn else wing, coat, shade=3)
    half = [(50, 6), (34, 11), (28, 28), (26, 50), (22, 72), (32, 90)]
    marks = [(oval(41, 32, 11, 13), WHITE), (oval(59, 32, 11, 13), WHITE),
             (oval(50, 70, 21, 27), WHITE)]  # fmt: skip
    edge = smooth([*half, (50, 93), *flipped(half[:0:-1])])
    pen.fill(edge, coat, marks=marks, shade=6)
    pen.eye(41, 30, 3.4)
    pen.eye(59, 30, 3.4)
    pen.fill(rounded([(42, 35), (58, 35), (50, 46)], 2), ORANGE, shade=2, line=2.2)
    if scarf:
        pen.fill(box(56, 52, 66, 74, 2), scarf, shade=2)
        pen.fill(smooth([(25, 46), (50, 52), (75, 46), (76, 55), (50, 62), (24, 55)]), scarf)


def whale(pen: Pen, back: Colour, belly: Colour, spout: bool) -> None:
    """A whale that swims to the left, blowing or not."""
    if spout:
        for turn in (False, True):
            jet = smooth([(36, 34), (34, 18), (22, 12), (14, 20)], closed=False)
            pen.tube(flipped(jet, 36) if turn else jet, SKY, 6)
    fluke = smooth([(80, 50), (78, 36), (66, 22), (82, 22), (87, 30), (93, 18), (96, 32), (90, 54)])
    pen.fill(fluke, back, shade=3)
    edge = smooth([(5, 62), (14, 40), (38, 31), (60, 42), (76, 56), (82, 44), (93, 44),
                   (90, 70), (70, 86), (36, 89), (12, 82)])  # fmt: skip
    pen.fill(edge, back, marks=[(oval(28, 92, 44, 21), belly)], shade=6)
    for x in (16, 26, 36):
        pen.stroke(curve((x, 78), (x + 2, 83), (x + 6, 87)), GREY, 2)
    pen.fill(smooth([(44, 70), (62, 76), (60, 92), (48, 84)]), back, shade=3)
    pen.eye(22, 60, 3.8)
    pen.stroke(arc(13, 66, 8, 5, 20, 100), width=2.2)


DRAWINGS: dict[str, tuple[Drawing, ...]] = {
    "fish": (
        partial(fish, body=ORANGE, fins=RED, stripes=True, deep=27),
        partial(fish, body=BLUE, fins=YELLOW, stripes=False, deep=23),
        partial(fish, body=GREEN, fins=PINK, stripes=False, deep=30),
        partial(fish, body=YELLOW, fins=PURPLE, stripes=True, deep=32),
    ),
    "snail": (
        partial(snail, shell=ORANGE, swirl=(180, 84, 40), body=TAN),
        partial(snail, shell=PINK, swirl=RED, body=YELLOW),
        partial(snail, shell=BLUE, swirl=SKY, body=(170, 204, 120)),
    ),
    "owl": (
        partial(owl, coat=BROWN, belly=TAN, wing=(118, 74, 52)),
        partial(owl, coat=GREY, belly=WHITE, wing=(110, 116, 134)),
        partial(owl, coat=PURPLE, belly=PINK, wing=(96, 68, 150)),
    ),
    "cat": (
        partial(cat, coat=ORANGE, belly=WHITE, stripes=(196, 96, 36), collar=BLUE),
        partial(cat, coat=GREY, belly=WHITE, stripes=None, collar=RED),
        partial(cat, coat=(68, 65, 74), belly=(68, 65, 74), stripes=None, collar=YELLOW),
        partial(cat, coat=WHITE, belly=TAN, stripes=TAN, collar=PINK),
    ),
    "bee": (
        partial(bee, body=YELLOW, wings=SKY, lean=0),
        partial(bee, body=YELLOW, wings=WHITE, lean=-24),
        partial(bee, body=ORANGE, wings=WHITE, lean=18),
    ),
    "crab": (
        partial(crab, shell=RED, light=PINK, high=16),
        partial(crab, shell=ORANGE, light=YELLOW, high=18),
        partial(crab, shell=BLUE, light=SKY, high=14),
    ),
    "penguin": (
        partial(penguin, coat=(62, 66, 92), scarf=None),
        partial(penguin, coat=(62, 66, 92), scarf=RED),
        partial(penguin, coat=BLUE, scarf=YELLOW),
    ),
    "whale": (
        partial(whale, back=BLUE, belly=WHITE, spout=True),
        partial(whale, back=(96, 110, 140), belly=WHITE, spout=False),
        partial(whale, back=PURPLE, belly=PINK, spout=True),
    ),
}
