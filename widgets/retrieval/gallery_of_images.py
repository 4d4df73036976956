"""Image retrieval: sentences with the first picture of each model, what the last missed (M38)."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from widgets.core.retrieval import DIRECTIONS
from widgets.drawing import QUIET, Sheet
from widgets.retrieval.choice import RetrievalChoice
from widgets.retrieval.gallery import cell_width, choices_of, grid
from widgets.retrieval.marked_text import MISSED, RIGHT, WRONG, lines_of, pieces_of, set_lines
from widgets.retrieval.picture import cross, thumbnail, tick
from widgets.retrieval.record import RetrievalRun

_SIZE, _LEADING, _BETWEEN = 14, 19, 12


def image_gallery(
    run: RetrievalRun,
    other: RetrievalRun | None = None,
    *,
    texts: Sequence[int] = (),
    count: int = 6,
    columns: int = 2,
    width: int = 900,
) -> Image.Image:
    """The first picture of each model for some sentences (M38).

    Framed with a tick or a cross; words of the sentence that the last model's picture lacks are
    blue and underlined, as the details that a baseline missed.  ``texts`` are such that the models
    differ, where they do, unless given.
    Raises ``ValueError`` for runs on different pairs, and for a sentence that there is not.
    """
    choices = choices_of(run, other, DIRECTIONS[0], texts, count)
    wide = cell_width(columns, width)
    return grid([_Cell(choice, wide) for choice in choices], columns, width)


class _Cell:
    def __init__(self, choice: RetrievalChoice, wide: float) -> None:
        self.choice, models = choice, len(choice.runs)
        self.each = (wide - _BETWEEN * (models - 1)) / models
        shape = choice.run.thumbnails.shape
        self.high = self.each * shape[1] / shape[2] if shape[0] else 40.0
        missed = choice.first(choice.runs[-1])
        spans = choice.run.lacks(choice.query, missed.index)
        words = pieces_of(choice.run.texts[choice.query], spans, MISSED)
        self.lines = lines_of(words, wide, _SIZE)
        self.height = _LEADING * len(self.lines) + 8 + self.high + 24

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        set_lines(sheet, self.lines, left, top + 14, _SIZE, _LEADING)
        y = top + _LEADING * len(self.lines) + 6
        for number, run in enumerate(self.choice.runs):
            x = left + number * (self.each + _BETWEEN)
            first = self.choice.first(run)
            colour = RIGHT if first.own else WRONG
            thumbnail(sheet, self.choice.run, first.index, x, y, self.each, self.high)
            sheet.rectangle(x, y, self.each, self.high, None, colour, 2.5)
            rank = int(run.ranks(self.choice.direction)[self.choice.query])
            told = "" if first.own else f", its own at rank {rank}"
            base = y + self.high + 17
            (tick if first.own else cross)(sheet, x, base - 4, colour)
            sheet.text((x + 15, base), f"{run.model}{told}", 12, QUIET, widest=self.each - 15)
