"""Drawings of things found in a home."""

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
    mixed,
)  # fmt: skip
from workbench.data.datasets.drawings_shapes import (
    Number,
    arc,
    box,
    curve,
    flipped,
    oval,
    rounded,
    smooth,
    star,
    turned,
)  # fmt: skip


def cup(pen: Pen, clay: Colour, mark: Colour, dots: bool) -> None:
    """A cup of something hot."""
    for x in (32, 48, 64):
        wave = smooth([(x, 30), (x - 4, 24), (x + 4, 16), (x, 9)], closed=False)
        pen.stroke(wave, (188, 190, 204), 3.6)
    pen.tube(arc(75, 58, 17, 15, -75, 110), clay, 9)
    shape = [
        (14, 38),
        (80, 38),
        *curve((80, 60), (78, 92), (62, 93)),
        *curve((32, 93), (16, 92), (14, 60)),
    ]
    if dots:
        marks = [
            (oval(x, y, 5, 5), mark) for y in (56, 76) for x in (24 + y % 9, 44 + y % 9, 64 + y % 9)
        ]
    else:
        marks = [(box(0, 56, 100, 62), mark), (box(0, 68, 100, 74), mark)]
    pen.fill(shape, clay, marks=marks, shade=8)
    pen.fill(oval(47, 38, 33, 7), (112, 72, 52), shade=0)


def clock(pen: Pen, frame: Colour, face: Colour, hours: Number, bells: bool) -> None:
    """A round clock, or one that rings."""
    if bells:
        for turn in (False, True):
            foot = [(28, 84), (18, 95)]
            pen.stroke(flipped(foot) if turn else foot, width=6)
            bell = turned(arc(50, 14, 15, 13, 180, 360), -40, (50, 54))
            pen.fill(flipped(bell) if turn else bell, YELLOW, shade=3)
    middle, radius = (54, 38) if bells else (50, 45)
    pen.fill(oval(50, middle, radius, radius), frame, shade=5)
    pen.fill(oval(50, middle, radius - 8, radius - 8), face, shade=4)
    for step in range(12):
        length = 6 if step % 3 == 0 else 3
        tick = [(50, middle - radius + 12), (50, middle - radius + 12 + length)]
        pen.stroke(turned(tick, 30 * step, (50, middle)), width=2.2)
    centre = (50, middle)
    pen.stroke(turned([centre, (50, middle - radius * 0.4)], 30 * hours, centre), width=4.2)
    minute = turned([centre, (50, middle - radius * 0.6)], 360 * (hours % 1), centre)
    pen.stroke(minute, RED, 3)
    pen.dot(50, middle, 3.4)


def umbrella(pen: Pen, one: Colour, other: Colour) -> None:
    """An open umbrella."""
    pen.stroke([(50, 8), (50, 14)], width=4)
    pen.tube([(50, 40), (50, 82), *arc(41, 84, 9, 8, 0, 180)], BROWN, 6.4)
    rim = [p for x in (82, 61, 39, 18) for p in arc(x, 52, 11, 7, 0, -180)]
    panels = [
        curve((50, 12), (22, 24), (28, 54)) + curve((50, 54), (42, 24), (50, 12)),
        curve((50, 12), (100, 20), (94, 60)) + curve((72, 54), (76, 24), (50, 12)),
    ]
    edge = arc(50, 52, 43, 41, 180, 360) + rim
    pen.fill(edge, one, marks=[(panel, other) for panel in panels], shade=6)


def key(pen: Pen, metal: Colour, heart: bool, teeth: int) -> None:
    """A key, its bow above."""
    pen.fill(box(45, 40, 55, 94, 3), metal, shade=3)
    for step in range(teeth):
        pen.fill(box(54, 84 - 12 * step, 68 - 3 * (step % 2), 91 - 12 * step, 1), metal, shade=2)
    pen.fill(box(40, 46, 60, 53, 2), metal, shade=2)
    if heart:
        _heart_bow(pen, metal)
        return
    pen.tube(arc(50, 29, 16, 16, 0, 360), metal, 12)


def _heart_bow(pen: Pen, metal: Colour) -> None:
    half = [(50, 20), (42, 12), (30, 14), (27, 26), (36, 38)]
    ring = [*smooth(half, closed=False), (50, 48)]
    pen.tube([*ring, *flipped(ring)[::-1]], metal, 11)


def book(pen: Pen, cover: Colour, mark: Colour) -> None:
    """A closed book that stands, with an emblem and a ribbon."""
    pen.fill([(62, 84), (72, 84), (72, 96), (67, 91), (62, 96)], mark, shade=0, line=2.2)
    pen.fill(box(20, 10, 84, 90, 5), cover, shade=5)
    pen.fill([(24, 80), (82, 80), (82, 88), (24, 88)], WHITE, shade=0, line=2)
    pen.stroke([(30, 84), (80, 84)], GREY, 1.6)
    front = [(18, 8), (82, 8), (82, 80), (24, 80), *curve((24, 80), (17, 80), (16, 86)), (16, 12)]
    pen.fill(front, cover, marks=[(box(16, 0, 27, 100), mark)], shade=7)
    pen.fill(star(54, 42, 15, 7, 5), mark, shade=0, line=2.2)


def pages(pen: Pen, cover: Colour, mark: Colour) -> None:
    """An open book."""
    pen.fill(rounded([(4, 30), (96, 30), (96, 84), (4, 84)], 4), cover, shade=4)
    for turn in (False, True):
        page = curve((50, 32), (34, 18), (9, 24)) + curve((9, 77), (34, 70), (50, 82))
        pen.fill(flipped(page) if turn else page, WHITE, shade=4)
        for y in (36, 46, 56, 66):
            text = curve((17, y), (32, y - 4), (43, y + 3))
            pen.stroke(flipped(text) if turn else text, GREY, 2.2)
    pen.fill([(66, 24), (74, 24), (74, 46), (70, 41), (66, 46)], mark, shade=0, line=2)


def candle(pen: Pen, wax: Colour, dish: Colour, tall: Number) -> None:
    """A candle on a dish."""
    top = 46 - tall
    flame = smooth([(50, top - 34), (60, top - 14), (50, top - 4), (40, top - 14)])
    pen.fill(flame, ORANGE, shade=0)
    pen.fill(smooth([(50, top - 22), (55, top - 12), (50, top - 7), (45, top - 12)]), YELLOW,
             shade=0, line=0)  # fmt: skip
    pen.tube(arc(78, 82, 10, 9, -120, 160), dish, 6)
    pen.fill(oval(48, 87, 36, 8), dish, shade=4)
    pen.stroke([(50, top), (50, top - 8)], width=2.6)
    edge = [(36, top), (64, top), (64, 84), *arc(50, 84, 14, 4, 0, 180)]
    pen.fill(edge, wax, shade=6)
    pale = mixed(wax, WHITE, 0.5)
    drips = [(36, top), (64, top), *arc(60.5, top + 9, 3.5, 4, 0, 180)]
    drips += [*arc(53, top + 6, 4, 3, 0, -180), *arc(42.5, top + 14, 6.5, 5, 0, 180)]
    pen.fill(drips, pale, shade=0, line=2.2)


def lamp(pen: Pen, screen: Colour, foot: Colour, spots: Colour | None) -> None:
    """A table lamp."""
    pen.stroke([(74, 50), (74, 66)], GREY, 2.4)
    pen.dot(74, 67, 2.6, RED)
    pen.fill(box(46, 46, 54, 62), foot, shade=2)
    pen.fill(smooth([(44, 60), (34, 72), (42, 86), (58, 86), (66, 72), (56, 60)]), foot, shade=5)
    pen.fill(box(30, 86, 70, 94, 3), foot, shade=2)
    marks = (
        [
            (oval(x, y, 4.5, 4.5), spots)
            for x, y in ((38, 20), (56, 16), (30, 40), (48, 34), (68, 38))
        ]
        if spots
        else []
    )
    pen.fill(rounded([(35, 6), (65, 6), (86, 52), (14, 52)], 3), screen, marks=marks, shade=7)
    pen.fill(box(13, 48, 87, 55, 2), foot, shade=0, line=2.2)


def ladder(pen: Pen, wood: Colour, rungs: int, lean: bool) -> None:
    """A ladder, upright or two that stand against each other."""
    if lean:
        pen.tube([(54, 10), (84, 92)], GREY, 7)
    spread = 10 if lean else 0
    left, right = (40, 60) if lean else (32, 68)
    for step in range(rungs):
        part = (step + 0.6) / rungs
        y = 8 + 84 * part
        x1, x2 = left - spread * 2.2 * part, right - spread * 0.4 * part
        pen.tube([(x1, y), (x2, y)], wood, 6.4)
    pen.tube([(left, 8), (left - spread * 2.2, 92)], wood, 8)
    pen.tube([(right, 8), (right - spread * 0.4, 92)], wood, 8)
    if lean:
        pen.fill(box(34, 6, 66, 15, 2), RED, shade=2)


DRAWINGS: dict[str, tuple[Drawing, ...]] = {
    "cup": (
        partial(cup, clay=RED, mark=WHITE, dots=True),
        partial(cup, clay=WHITE, mark=BLUE, dots=False),
        partial(cup, clay=YELLOW, mark=ORANGE, dots=True),
        partial(cup, clay=SKY, mark=WHITE, dots=False),
    ),
    "clock": (
        partial(clock, frame=RED, face=WHITE, hours=10.2, bells=True),
        partial(clock, frame=BROWN, face=WHITE, hours=3.0, bells=False),
        partial(clock, frame=BLUE, face=WHITE, hours=8.1, bells=True),
        partial(clock, frame=INK, face=YELLOW, hours=1.7, bells=False),
    ),
    "umbrella": (
        partial(umbrella, one=RED, other=WHITE),
        partial(umbrella, one=BLUE, other=YELLOW),
        partial(umbrella, one=PURPLE, other=PURPLE),
        partial(umbrella, one=GREEN, other=PINK),
    ),
    "key": (
        partial(key, metal=YELLOW, heart=False, teeth=2),
        partial(key, metal=GREY, heart=False, teeth=3),
        partial(key, metal=ORANGE, heart=True, teeth=2),
    ),
    "book": (
        partial(book, cover=BLUE, mark=YELLOW),
        partial(book, cover=RED, mark=WHITE),
        partial(pages, cover=GREEN, mark=RED),
        partial(pages, cover=BROWN, mark=BLUE),
    ),
    "candle": (
        partial(candle, wax=RED, dish=YELLOW, tall=2),
        partial(candle, wax=SKY, dish=BROWN, tall=4),
        partial(candle, wax=PURPLE, dish=GREY, tall=-10),
    ),
    "lamp": (
        partial(lamp, screen=YELLOW, foot=BROWN, spots=None),
        partial(lamp, screen=PINK, foot=BLUE, spots=WHITE),
        partial(lamp, screen=GREEN, foot=GREY, spots=YELLOW),
    ),
    "ladder": (
        partial(ladder, wood=TAN, rungs=6, lean=False),
        partial(ladder, wood=RED, rungs=5, lean=False),
        partial(ladder, wood=SKY, rungs=5, lean=True),
    ),
}
