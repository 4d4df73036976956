"""Text retrieval: pictures with the first sentence of each model below (M37)."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from widgets.core.retrieval import DIRECTIONS
from widgets.drawing import QUIET, Sheet
from widgets.retrieval.choice import RetrievalChoice
from widgets.retrieval.gallery import cell_width, choices_of, grid
from widgets.retrieval.marked_text import RIGHT, WRONG, Piece, lines_of, set_lines
from widgets.retrieval.picture import cross, thumbnail, tick
from widgets.retrieval.record import RetrievalRun

_SIZE, _LEADING = 13, 18


def text_gallery(
    run: RetrievalRun,
    other: RetrievalRun | None = None,
    *,
    pictures: Sequence[int] = (),
    count: int = 6,
    columns: int = 3,
    width: int = 900,
) -> Image.Image:
    """The first sentence of each model for some pictures (M37).

    Ticked or crossed; what the picture shows of it is green, what it lacks red and underlined.
    ``pictures`` are such that the models differ, where they do, unless given.
    Raises ``ValueError`` for runs on different pairs, and for a picture that there is not.
    """
    choices = choices_of(run, other, DIRECTIONS[1], pictures, count)
    wide = cell_width(columns, width)
    return grid([_Cell(choice, wide) for choice in choices], columns, width)


class _Cell:
    def __init__(self, choice: RetrievalChoice, wide: float) -> None:
        self.choice, self.wide = choice, wide
        shape = choice.run.thumbnails.shape
        self.high = min(wide * shape[1] / shape[2], 210.0) if shape[0] else 40.0
        self.answers = [_answer(choice, run, wide - 16) for run in choice.runs]
        self.height = self.high + sum(24 + _LEADING * len(lines) for _, lines in self.answers) + 4

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        thumbnail(sheet, self.choice.run, self.choice.query, left, top, self.wide, self.high)
        y = top + self.high + 20
        for run, (right, lines) in zip(self.choice.runs, self.answers, strict=True):
            (tick if right else cross)(sheet, left, y - 4, RIGHT if right else WRONG)
            rank = int(run.ranks(self.choice.direction)[self.choice.query])
            told = "" if right else f", its own at rank {rank}"
            sheet.text((left + 16, y), f"{run.model}{told}", 12, QUIET, widest=self.wide - 16)
            set_lines(sheet, lines, left + 16, y + _LEADING, _SIZE, _LEADING)
            y += 24 + _LEADING * len(lines)


def _answer(
    choice: RetrievalChoice, run: RetrievalRun, wide: float
) -> tuple[bool, list[list[tuple[float, Piece]]]]:
    """Whether a model's first sentence is right, and its lines in colour."""
    first = choice.first(run)
    shown = choice.run
    lacks = shown.lacks(first.index, choice.query)
    told = [(a, b) for number, a, b in shown.details.tolist() if number == first.index]
    text, pieces, end = shown.texts[first.index], [], 0
    for start, stop in sorted(told):
        if start < end:
            continue
        wrong = any(a <= start and stop <= b for a, b in lacks)
        pieces.append(Piece(text[end:start]))
        pieces.append(Piece(text[start:stop], WRONG if wrong else RIGHT, True, wrong))
        end = stop
    pieces.append(Piece(text[end:]) if told else Piece(text, RIGHT if first.own else WRONG))
    return first.own, lines_of(pieces, wide, _SIZE)
