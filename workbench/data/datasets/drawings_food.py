"""Drawings of food."""

from __future__ import annotations

from functools import partial

from workbench.data.datasets.drawings_pen import (
    BROWN,
    GREEN,
    INK,
    ORANGE,
    PINK,
    PURPLE,
    RED,
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
    turned,
)  # fmt: skip

_LIME = (150, 196, 82)
_DARK = (56, 128, 84)


def apple(pen: Pen, skin: Colour) -> None:
    """An apple with a leaf."""
    half = [(50, 28), (36, 21), (18, 29), (11, 50), (19, 74), (35, 92)]
    pen.fill(smooth([*half, (50, 89), *flipped(half[:0:-1])]), skin, shade=8)
    pen.stroke(curve((50, 30), (50, 18), (55, 8)), (92, 60, 44), 5)
    blade = curve((54, 18), (62, 4), (82, 8)) + curve((82, 8), (74, 24), (54, 18))
    pen.fill(blade, GREEN, shade=3)
    pen.stroke(arc(33, 47, 12, 14, 190, 250), WHITE, 3.4)


def pear(pen: Pen, skin: Colour, blush: Colour | None) -> None:
    """A pear, perhaps with a blush."""
    half = [(50, 17), (37, 24), (35, 42), (22, 56), (18, 76), (32, 92)]
    edge = smooth([*half, (50, 95), *flipped(half[:0:-1])])
    marks = [(oval(72, 74, 22, 26), blush)] if blush else []
    pen.fill(edge, skin, marks=marks, shade=8)
    pen.stroke(curve((50, 20), (50, 12), (56, 6)), (92, 60, 44), 5)
    blade = curve((52, 17), (36, 2), (24, 13)) + curve((24, 13), (34, 24), (52, 17))
    pen.fill(blade, GREEN, shade=3)
    pen.stroke(arc(34, 74, 9, 13, 150, 230), WHITE, 3.2)


def carrot(pen: Pen, root: Colour, lean: Number) -> None:
    """A carrot with its green."""
    for turn in (-26, 26, 0):
        frond = smooth([(50, 36), (42, 22), (46, 7), (50, 5), (54, 7), (58, 22)])
        pen.fill(turned(turned(frond, turn, (50, 36)), lean), GREEN, shade=3)
    groove = mixed(root, INK, 0.35)
    body = smooth([(50, 31), (66, 34), (66, 50), (58, 74), (50, 95), (42, 74), (34, 50), (34, 34)])
    pen.fill(turned(body, lean), root, shade=7)
    for (x1, y1), (x2, y2) in (((35, 46), (46, 47)), ((64, 58), (54, 59)), ((41, 68), (49, 69))):
        pen.stroke(turned([(x1, y1), (x2, y2)], lean), groove, 2.4)


def cake(pen: Pen, cream: Colour, base: Colour, candles: int) -> None:
    """A round cake with icing, on a plate, with candles."""
    for place in range(candles):
        x = 50 + 17 * (place - (candles - 1) / 2)
        pen.fill(box(x - 2.6, 22, x + 2.6, 44, 1), (RED, WHITE, YELLOW)[place % 3], shade=0, line=2)
        flame = smooth([(x, 6), (x + 4, 15), (x, 20), (x - 4, 15)])
        pen.fill(flame, ORANGE, shade=0, line=2)
    pen.fill(oval(50, 88, 45, 7), WHITE, shade=3)
    pen.fill(box(15, 42, 85, 88, 6), base, shade=7, marks=[(box(10, 66, 90, 71), cream)])
    edge = [(15, 48), *arc(21, 40, 6, 6, 180, 270), *arc(79, 40, 6, 6, 270, 360), (85, 54)]
    for place, low in enumerate((56, 62, 55, 60, 54)):
        x = 78 - 14 * place
        edge += arc(x, low, 7, 6, 0, 180)
    pen.fill(edge, cream, shade=4)


def cupcake(pen: Pen, cream: Colour, base: Colour) -> None:
    """A small cake in a paper cup with a cherry."""
    stripes = [([(x, 56), (x + 5, 56), (50 + (x + 5 - 50) * 0.72, 96), (50 + (x - 50) * 0.72, 96)],
                WHITE) for x in range(20, 80, 12)]  # fmt: skip
    pen.fill([(19, 58), (81, 58), (71, 95), (29, 95)], base, marks=stripes, shade=6)
    pen.fill(smooth([(13, 56), (20, 44), (50, 40), (80, 44), (87, 56), (78, 65), (50, 66),
                     (22, 65)]), cream)  # fmt: skip
    pen.fill(smooth([(23, 42), (34, 29), (66, 29), (77, 42), (64, 50), (36, 50)]), cream)
    pen.fill(smooth([(34, 28), (42, 18), (58, 18), (66, 28), (50, 35)]), cream)
    pen.fill(oval(50, 14, 8, 8), RED, shade=3)


def pizza(pen: Pen, topping: Colour, leaves: Colour) -> None:
    """A slice of pizza."""
    pen.fill(rounded([(12, 22), (88, 22), (50, 95)], 3), YELLOW, shade=6)
    for x, y, r in ((36, 40, 8), (62, 45, 8), (48, 66, 7)):
        pen.fill(oval(x, y, r, r), topping, shade=3, line=2)
    for x, y, turn in ((50, 33, 20), (72, 34, -40), (50, 53, 60), (27, 32, -20)):
        pen.fill(oval(x, y, 4, 2, turn), leaves, shade=0, line=1.2)
    crust = [*arc(50, 34, 46, 26, 192, 348), (93, 31), (90, 36)]
    inner = arc(50, 46, 41, 22, 330, 210)
    pen.fill(crust + inner + [(10, 36), (7, 31)], TAN, shade=4)


def whole_pizza(pen: Pen, topping: Colour, leaves: Colour) -> None:
    """A whole pizza, cut in six."""
    pen.fill(oval(50, 50, 45, 45), TAN, shade=5)
    pen.fill(oval(50, 50, 36, 36), YELLOW, shade=4, line=2)
    for turn in range(0, 360, 60):
        pen.stroke(turned([(50, 50), (50, 15)], turn), (214, 150, 52), 2)
        pen.fill(turned(oval(50, 26, 6.6, 6.6), turn + 30), topping, shade=2, line=2)
        pen.fill(turned(oval(50, 38, 4, 2), turn + 14), leaves, shade=0, line=1.2)


DRAWINGS: dict[str, tuple[Drawing, ...]] = {
    "apple": (
        partial(apple, skin=RED),
        partial(apple, skin=_LIME),
        partial(apple, skin=YELLOW),
    ),
    "pear": (
        partial(pear, skin=_LIME, blush=None),
        partial(pear, skin=YELLOW, blush=ORANGE),
        partial(pear, skin=(178, 126, 70), blush=None),
    ),
    "carrot": (
        partial(carrot, root=ORANGE, lean=0),
        partial(carrot, root=ORANGE, lean=38),
        partial(carrot, root=PURPLE, lean=-30),
    ),
    "cake": (
        partial(cake, cream=PINK, base=TAN, candles=3),
        partial(cake, cream=WHITE, base=BROWN, candles=1),
        partial(cupcake, cream=PINK, base=(94, 168, 220)),
        partial(cupcake, cream=WHITE, base=PURPLE),
    ),
    "pizza": (
        partial(pizza, topping=RED, leaves=GREEN),
        partial(whole_pizza, topping=RED, leaves=_DARK),
        partial(whole_pizza, topping=WHITE, leaves=PURPLE),
    ),
}
