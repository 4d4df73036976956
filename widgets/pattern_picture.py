"""Who may see whom, as still pictures side by side: one square of cells for each view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from widgets.core.colour import EMBER_LIGHT, SERIES_LIGHT, Colour
from widgets.drawing import INK, LINE, QUIET, Sheet

_GAP, _HEAD, _FOOT, _SPLIT = 22, 40, 30, 3
_WIDEST = 74.0  # of a row's name
_UNSEEN: Colour = (243, 243, 241)
_KINDS: tuple[Colour, ...] = (_UNSEEN, SERIES_LIGHT[0], EMBER_LIGHT[2])
_SAID = ("not seen", "seen within a stream", "seen in co-attention")
_ASKED: Colour = EMBER_LIGHT[3]


class View(Protocol):
    """What a picture needs of a view (``workbench.explain.patterns.PairView`` has it).

    ``how`` [n, n] is 0 where the row does not see the column, 1 where it does in its own stream,
    2 where it does in co-attention; rows from ``first_text`` on are text; the model is asked
    about the rows where ``asked`` is True.
    """

    @property
    def rows(self) -> Sequence[str]:
        """Names of the rows, and of the columns in the same order."""
        ...

    @property
    def how(self) -> np.ndarray:
        """How each row sees each column."""
        ...

    @property
    def asked(self) -> np.ndarray:
        """Which rows the model is asked about."""
        ...

    @property
    def first_text(self) -> int:
        """Where the text begins."""
        ...


def patterns(
    views: Sequence[View],
    titles: Sequence[tuple[str, str]],
    *,
    columns: int = 3,
    width: int = 960,
) -> Image.Image:
    """``columns`` squares a row, each with a title and a line below it; row = who looks.

    Raises ``ValueError`` when there are not as many titles as views, or none.
    """
    if not views or len(views) != len(titles):
        raise ValueError(f"{len(views)} views need as many titles, got {len(titles)}")
    across = min(columns, len(views))
    wide = (width - _GAP * (across - 1)) / across
    square = wide - _WIDEST - 6
    pitch = _HEAD + square + _GAP
    sheet = Sheet(width, round(pitch * -(-len(views) // across) + _FOOT))
    for place, (view, (title, below)) in enumerate(zip(views, titles, strict=True)):
        left, top = (place % across) * (wide + _GAP), (place // across) * pitch
        sheet.text((left, top + 15), title, 14, INK, True, widest=wide)
        sheet.text((left, top + 31), below, 11.5, QUIET, widest=wide)
        _draw_square(sheet, view, left + _WIDEST + 6, top + _HEAD, square)
    _draw_key(sheet, {int(kind) for view in views for kind in np.unique(view.how)})
    return sheet.finish().quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def _draw_square(sheet: Sheet, view: View, left: float, top: float, size: float) -> None:
    rows = len(view.rows)
    cell = (size - _SPLIT) / rows
    starts = [i * cell + _SPLIT * (i >= view.first_text) for i in range(rows)]
    letters = min(11.5, cell - 1)
    for row, name in enumerate(view.rows):
        asked = bool(view.asked[row])
        colour = _ASKED if asked else INK if row >= view.first_text else QUIET
        at = (left - 6, top + starts[row] + cell / 2)
        short = sheet.shortened(name, _WIDEST, letters, asked)
        sheet.text(at, short, letters, colour, asked, anchor="rm")
        for column in range(rows):
            fill = _KINDS[int(view.how[row, column])]
            sheet.rectangle(
                left + starts[column], top + starts[row], cell - 1, cell - 1, fill, radius=1
            )


def _draw_key(sheet: Sheet, kinds: set[int]) -> None:
    x, y = 0.0, sheet.height - 10.0
    for kind in sorted(kinds, reverse=True):
        sheet.rectangle(x, y - 10, 12, 12, _KINDS[kind], None if kind else LINE, radius=2)
        x += 17 + sheet.text((x + 17, y), _SAID[kind], 12, QUIET) + 18
    x += sheet.text((x, y), "[MASK]", 12, _ASKED, True) + 6
    sheet.text(
        (x, y), "a row that the model is asked about; columns stand in the rows' order", 12, QUIET
    )
