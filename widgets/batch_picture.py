"""A batch as it lies in memory, as a still picture: rows end to end, and where each pair begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from widgets.core.colour import EMBER_LIGHT, SERIES_LIGHT, Colour
from widgets.drawing import INK, LINE, QUIET, Sheet

_WORD, _REGION, _BLOCK = 24.0, 52.0, 15.0  # the widest cells of words, of regions, of padding
_WORDS_HIGH, _SMALLEST = 78.0, 9.0
_TOP, _BELOW, _GAP, _TITLE = 22.0, 20.0, 16.0, 26.0
_ASKED: Colour = EMBER_LIGHT[3]
_HUES = tuple(SERIES_LIGHT[i] for i in (0, 2, 3, 5, 4))  # without that which looks like a question


class Lane(Protocol):
    """One strip of rows (``workbench.explain.batch_rows.Lane`` has it).

    ``cells`` are words or pictures, one a row; pair ``i`` owns rows ``starts[i]:starts[i + 1]``;
    ``belongs`` [P] numbers the picture that each run comes from or speaks of, which gives it its
    colour; the model is asked about rows where ``asked`` is True.
    """

    @property
    def cells(self) -> Sequence[str | np.ndarray]:
        """What the rows hold."""
        ...

    @property
    def starts(self) -> Sequence[int]:
        """Where runs begin, and the end of the last."""
        ...

    @property
    def belongs(self) -> Sequence[int]:
        """The picture of each run, by number."""
        ...

    @property
    def asked(self) -> Sequence[bool]:
        """Which rows are to be recovered."""
        ...


class Rows(Protocol):
    """Both strips of a batch; ``matched`` [P] says whether picture and sentence belong."""

    @property
    def text(self) -> Lane:
        """The rows of tokens."""
        ...

    @property
    def regions(self) -> Lane:
        """The rows of regions."""
        ...

    @property
    def matched(self) -> Sequence[bool]:
        """Whether each pair's picture and sentence belong together."""
        ...


def packed(batches: Sequence[Rows], titles: Sequence[str] = (), *, width: int = 960) -> Image.Image:
    """Batches below one another, each as a strip of tokens over a strip of regions.

    Numbers below a strip are its offsets.  What speaks of a picture has that picture's colour;
    rows that a model is asked about have a thick edge.
    Raises ``ValueError`` when there is no batch, or not as many titles as batches.
    """
    if not batches or (titles and len(titles) != len(batches)):
        raise ValueError(f"{len(batches)} batches need as many titles, got {len(titles)}")
    widest = max(len(one.text.cells) for one in batches)
    word = min(_WORD, (width - 2) / max(widest, 1))
    region = min(_REGION, (width - 2) / max(max(len(one.regions.cells) for one in batches), 1))
    one_high = 2 * (_TOP + _BELOW) + _WORDS_HIGH + region + 4
    pitch = one_high + _TITLE * bool(titles) + _GAP
    sheet = Sheet(width, round(pitch * len(batches) - _GAP))
    for place, one in enumerate(batches):
        top = place * pitch
        if titles:
            sheet.text((0, top + 15), titles[place], 14, INK, True, widest=width)
            top += _TITLE
        pairs = [f"pair {pair}" for pair in range(len(one.matched))]
        _draw_lane(sheet, one.text, pairs, top, word, _WORDS_HIGH, "tokens")
        top += _TOP + _WORDS_HIGH + _BELOW + 4
        beside = zip(pairs, one.matched, strict=True)
        said = [pair if own else f"{pair}: another's" for pair, own in beside]
        _draw_lane(sheet, one.regions, said, top, region, region, "regions")
    return sheet.finish_small()


def padded(batch: Rows, *, width: int = 960) -> Image.Image:
    """What the batch would be as a rectangle: a line a pair, empty cells where rows are missing."""
    lanes = (batch.text, batch.regions)
    longest = [max(np.diff(lane.starts), default=0) for lane in lanes]
    cell = min(_BLOCK, (width - 90) / (sum(longest) + 1))
    pairs = len(batch.matched)
    sheet = Sheet(width, round(pairs * (cell + 3) + 28))
    for pair in range(pairs):
        top, left = pair * (cell + 3) + 1, 60.0
        sheet.text((0, top + cell - 3), f"pair {pair}", 11.5, QUIET)
        for lane, most in zip(lanes, longest, strict=True):
            filled = lane.starts[pair + 1] - lane.starts[pair]
            for place in range(int(most)):
                colour = _hue(lane.belongs[pair]) if place < filled else None
                x = left + place * cell
                sheet.rectangle(x, top, cell - 2, cell - 2, colour, LINE if not colour else None)
            left += most * cell + cell
    rows = sum(len(lane.cells) for lane in lanes)
    cells = int(pairs * sum(longest))
    said = f"{rows} rows of tokens and regions in {cells} cells, {cells - rows} of them empty"
    sheet.text((60, sheet.height - 8), said, 12, QUIET)
    return sheet.finish_small()


def _hue(number: int) -> Colour:
    return _HUES[number % len(_HUES)]


def _draw_lane(
    sheet: Sheet, lane: Lane, said: Sequence[str], top: float, cell: float, high: float, called: str
) -> None:
    """A strip with what is said of each pair above it and its offsets below."""
    strip, below = top + _TOP, top + _TOP + high
    for pair, picture in enumerate(lane.belongs):
        first, end = lane.starts[pair], lane.starts[pair + 1]
        for row in range(first, end):
            frame = (1 + row * cell, strip, cell - 1.5, high)
            _draw_cell(sheet, lane.cells[row], frame, _hue(picture), lane.asked[row])
        if end > first:
            at, room = (2 + first * cell, strip - 6), (end - first) * cell - 4
            sheet.text(at, said[pair], 11.5, _hue(picture), True, widest=room)
    if not lane.cells:
        sheet.text((2, strip + 12), f"no {called}; offsets {list(lane.starts)}", 12, QUIET)
        return
    for start in sorted(set(lane.starts)):
        x = 1 + start * cell
        sheet.line([(x, below), (x, below + 5)], QUIET)
        last = x > sheet.width - 20
        at = (sheet.width if last else x, below + 16)
        sheet.text(at, str(start), 11.5, QUIET, anchor="rs" if last else "ls")
    ends = 1 + len(lane.cells) * cell
    if sheet.width - ends > 120:
        sheet.text((ends + 10, strip + high / 2 + 4), f"rows of {called}", 11.5, QUIET)


def _draw_cell(
    sheet: Sheet,
    held: str | np.ndarray,
    frame: tuple[float, float, float, float],
    hue: Colour,
    asked: bool,
) -> None:
    left, top, width, high = frame
    if isinstance(held, str):
        size = min(12.5, max(_SMALLEST, width * 0.62))
        ink = _ASKED if asked else INK
        short = sheet.shortened(held, high - 8, size, asked)
        sheet.upright_text((left + width / 2, top + high - 4), short, size, ink, asked)
    else:
        tall, wide = held.shape[:2]
        scale = (min(width, high) - 8) / max(tall, wide)
        x, y = left + (width - wide * scale) / 2, top + (high - tall * scale) / 2
        sheet.paste(Image.fromarray(held), x, y, wide * scale, tall * scale)
    edge = _ASKED if asked else hue
    sheet.rectangle(left, top, width, high, None, edge, 2.5 if asked else 1, radius=2)
