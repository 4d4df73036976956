"""What the galleries of first answers share: which questions to show, and cells in rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PIL import Image

from widgets.drawing import Sheet
from widgets.retrieval.choice import RetrievalChoice
from widgets.retrieval.message import check_same
from widgets.retrieval.record import RetrievalRun

MARGIN, GAP = 16, 22


class Cell(Protocol):
    """A question with its answers, of a known height, drawn with its corner at a place."""

    height: float

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        """Draw it."""
        ...


def telling(run: RetrievalRun, other: RetrievalRun | None, direction: str, count: int) -> list[int]:
    """Questions worth showing, in turn: those one model alone finds, both miss, both find."""
    mine = run.ranks(direction).tolist()
    its = mine if other is None else other.ranks(direction).tolist()
    asked = [query for query, rank in enumerate(mine) if rank > 0]
    groups = [
        [query for query in asked if (mine[query] == 1, its[query] == 1) == outcome]
        for outcome in ((True, False), (False, True), (False, False), (True, True))
    ]
    in_turn = sorted(
        (place, number, query)
        for number, group in enumerate(groups)
        for place, query in enumerate(group)
    )
    taken = in_turn[:count]
    return [query for _, _, query in sorted(taken, key=lambda one: (one[1], one[0]))]


def choices_of(
    run: RetrievalRun,
    other: RetrievalRun | None,
    direction: str,
    queries: Sequence[int],
    count: int,
) -> list[RetrievalChoice]:
    """The questions of a gallery: those given, or ``count`` telling ones.

    Raises ``ValueError`` for runs on different pairs, and for a question that there is not.
    """
    if other is not None:
        check_same(run, other)
    limit = len(run.ranks(direction))
    wrong = [query for query in queries if not 0 <= query < limit]
    if wrong:
        raise ValueError(f"question {wrong[0]} was given, but this run has 0 to {limit - 1}")
    chosen = list(queries) or telling(run, other, direction, count)
    return [RetrievalChoice(run, other, direction, query) for query in chosen]


def grid(cells: Sequence[Cell], columns: int, width: int) -> Image.Image:
    """Cells in rows of ``columns``, every row as high as its highest."""
    wide = cell_width(columns, width)
    rows = [cells[at : at + columns] for at in range(0, len(cells), columns)]
    heights = [max(cell.height for cell in row) for row in rows]
    sheet = Sheet(width, round(sum(heights) + GAP * (len(rows) - 1) + 2 * MARGIN))
    top = float(MARGIN)
    for row, height in zip(rows, heights, strict=True):
        for place, cell in enumerate(row):
            cell.draw(sheet, MARGIN + place * (wide + GAP), top)
        top += height + GAP
    return sheet.finish_small()


def cell_width(columns: int, width: int) -> float:
    """How wide each of ``columns`` cells is."""
    return (width - 2 * MARGIN - GAP * (columns - 1)) / columns
