"""How full batches are, as a still picture: a line a batch, a block a pair, as long as its rows."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from widgets.core.colour import EMBER_LIGHT, SERIES_LIGHT
from widgets.drawing import INK, QUIET, Sheet

_LINE, _TOP, _SAID = 19.0, 24.0, 150.0


def filled(
    ways: Sequence[tuple[str, Sequence[Sequence[int]]]], budget: int, *, width: int = 960
) -> Image.Image:
    """Ways of cutting the same pairs into batches, each with a title, below one another.

    A way holds the rows of every pair of every batch; the upright line stands at ``budget`` rows.
    Raises ``ValueError`` when there is no batch to draw.
    """
    if not ways or not all(batches for _, batches in ways):
        raise ValueError("there is no batch to draw: give every way one or more")
    most = max(budget, *(sum(batch) for _, batches in ways for batch in batches))
    unit = (width - _SAID) / most
    high = sum(_TOP + 8 + _LINE * len(batches) for _, batches in ways)
    sheet = Sheet(width, round(high + 4))
    top = 0.0
    for title, batches in ways:
        sheet.text((0, top + 15), title, 14, INK, True, widest=width)
        first = top = top + _TOP
        for number, batch in enumerate(batches):
            left = 0.0
            for rows in batch:
                colour = SERIES_LIGHT[0 if number % 2 else 5]
                sheet.rectangle(left, top, rows * unit - 1.2, _LINE - 4, colour, radius=1)
                left += rows * unit
            said = f"{len(batch)} pairs, {sum(batch)} rows"
            sheet.text((width - _SAID + 12, top + _LINE - 7), said, 11.5, QUIET)
            top += _LINE
        edge = budget * unit
        sheet.line([(edge, first - 4), (edge, top)], EMBER_LIGHT[3], 2)
        top += 8
    return sheet.finish_small()
