"""The retrieval browser as a still picture: the question, the first answers, rewritten captions."""

from __future__ import annotations

from PIL import Image

from widgets.core.curves import format_number
from widgets.core.retrieval import DIRECTIONS
from widgets.core.text import percent
from widgets.drawing import INK, LINE, PAPER, QUIET, Sheet
from widgets.retrieval.choice import Candidate, Probe, RetrievalChoice
from widgets.retrieval.marked_text import (
    MISSED,
    RIGHT,
    WRONG,
    Piece,
    lines_of,
    pieces_of,
    set_lines,
)
from widgets.retrieval.record import RetrievalRun

_MARGIN, _GAP = 20, 10
_CARDS = 6
_LINES = 5
_PROBES = 4


def draw(choice: RetrievalChoice, width: int, scale: float) -> Image.Image:
    """The sentence and R@K above; for each model its first answers; rewritten captions below."""
    inner = width - 2 * _MARGIN
    said = lines_of([Piece(choice.sentence(), bold=True)], inner, 16, 3)
    runs = choice.runs
    head = 32 + 22 * len(said) + 18 * len(runs) + 10
    asked = _Asked(choice, inner)
    rows = [_Answers(choice, run, inner) for run in runs]
    probes = choice.probes(choice.run)[:_PROBES]
    below = 30 + 44 * len(probes) if probes else 0
    height = head + asked.height + sum(row.height for row in rows) + below + _MARGIN
    sheet = Sheet(width, round(height), scale)
    set_lines(sheet, said, _MARGIN, 34, 16, 22)
    y = 34 + 22 * len(said)
    for run in runs:
        sheet.text((_MARGIN, y), recall_line(run), 12.5, QUIET, widest=inner)
        y += 18
    top = float(head)
    asked.draw(sheet, top)
    top += asked.height
    for row in rows:
        row.draw(sheet, top)
        top += row.height
    if probes:
        _draw_probes(sheet, choice, probes, top, inner)
    return sheet.finish()


def recall_line(run: RetrievalRun) -> str:
    """R@1, R@5 and R@10 both ways in one line."""
    ways = (("text to image", DIRECTIONS[0]), ("image to text", DIRECTIONS[1]))
    told = [
        f"{name} R@1/5/10 {' / '.join(percent(run.recall(k, way)) for k in (1, 5, 10))}"
        for name, way in ways
    ]
    return f"{run.model}: {' · '.join(told)}"


def sign(sheet: Sheet, left: float, middle: float, candidate: Candidate) -> float:
    """The badge of a candidate's rank: ticked if right, crossed if wrong and first; its width."""
    wrong = candidate.rank == 1 and not candidate.own
    colour = RIGHT if candidate.own else WRONG if wrong else None
    text = str(candidate.rank)
    room = 14 if colour else 0
    wide = sheet.text_width(text, 11, bool(colour)) + 14 + room
    if colour is None:
        sheet.rectangle(left, middle - 8.5, wide, 17, None, QUIET, 0.75, 8.5)
        sheet.text((left + 7, middle), text, 11, INK, anchor="lm")
        return wide
    sheet.rectangle(left, middle - 8.5, wide, 17, colour, radius=8.5)
    (tick if candidate.own else cross)(sheet, left + 8, middle, PAPER)
    sheet.text((left + 7 + room, middle), text, 11, PAPER, True, "lm")
    return wide


def tick(sheet: Sheet, left: float, middle: float, colour: tuple[int, ...]) -> None:
    """A check mark ten wide, drawn (fonts may lack it)."""
    x, y = left, middle
    sheet.line([(x, y + 0.5), (x + 3.2, y + 3.8), (x + 9, y - 4)], colour, 2)


def cross(sheet: Sheet, left: float, middle: float, colour: tuple[int, ...]) -> None:
    """A cross eight wide, drawn."""
    x, y = left, middle
    sheet.line([(x, y - 4), (x + 8, y + 4)], colour, 2)
    sheet.line([(x, y + 4), (x + 8, y - 4)], colour, 2)


class _Asked:
    """The question: the sentence, or the picture with its names."""

    def __init__(self, choice: RetrievalChoice, width: float) -> None:
        self.choice = choice
        first = choice.first(choice.run)
        run, query = choice.run, choice.query
        if choice.from_text:
            spans = run.lacks(query, first.index)
            self.lines = lines_of(pieces_of(run.texts[query], spans, MISSED), width, 17)
            note = f"underlined: not in {run.pictures[first.index]}" if spans else ""
            self.note = note
            self.height = 24 * len(self.lines) + (20 if note else 4)
        else:
            self.lines, self.note = [], ""
            self.height = 130 if len(run.thumbnails) else 34

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draw it with its upper edge at ``top``."""
        run, query = self.choice.run, self.choice.query
        if self.choice.from_text:
            set_lines(sheet, self.lines, _MARGIN, top + 16, 17, 24)
            if self.note:
                place = (_MARGIN, top + 24 * len(self.lines) + 8)
                sheet.text(place, self.note, 12, QUIET)
            return
        left = float(_MARGIN)
        if len(run.thumbnails):
            left += thumbnail(sheet, run, query, left, top, 150, 120) + 14
        sheet.text((left, top + 18), run.pictures[query], 17)
        sheet.text((left, top + 38), ", ".join(run.labels_of[query]), 12.5, QUIET)


def thumbnail(
    sheet: Sheet,
    run: RetrievalRun,
    picture: int,
    left: float,
    top: float,
    wide: float,
    high: float,
) -> float:
    """A picture as large as fits; its width.  Where there is none, its name on a grey field."""
    if not len(run.thumbnails):
        sheet.rectangle(left, top, wide, high, (240, 241, 242), radius=3)
        name = sheet.shortened(run.pictures[picture], wide - 12, 12)
        sheet.text((left + wide / 2, top + high / 2), name, 12, QUIET, anchor="mm")
        return wide
    pixels = run.thumbnails[picture]
    share = min(wide / pixels.shape[1], high / pixels.shape[0])
    size = (pixels.shape[1] * share, pixels.shape[0] * share)
    sheet.paste(Image.fromarray(pixels), left, top, *size)
    return size[0]


class _Answers:
    """The first answers of one model: pictures side by side, or sentences one under the other."""

    def __init__(self, choice: RetrievalChoice, run: RetrievalRun, width: float) -> None:
        self.choice, self.run, self.width = choice, run, width
        self.candidates = choice.candidates(run, _CARDS if choice.from_text else _LINES)
        self.card = (width - _GAP * (_CARDS - 1)) / _CARDS
        shape = choice.run.thumbnails.shape
        ratio = shape[1] / shape[2] if shape[0] else 0.6
        self.picture = (self.card - 8) * ratio
        self.height = 26 + (
            self.picture + 78 if choice.from_text else 27 * len(self.candidates) + 8
        )

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draw them with their heading at ``top``."""
        rank = int(self.run.ranks(self.choice.direction)[self.choice.query])
        wide = sheet.text((_MARGIN, top + 14), self.run.model, 12.5, bold=True)
        told = f"its own at rank {rank}" if rank else "it has none of its own"
        sheet.text((_MARGIN + wide + 8, top + 14), told, 12.5, QUIET)
        for place, candidate in enumerate(self.candidates):
            if self.choice.from_text:
                self._draw_card(sheet, candidate, _MARGIN + place * (self.card + _GAP), top + 24)
            else:
                self._draw_line(sheet, candidate, top + 24 + 27 * place)

    def _frame(
        self, sheet: Sheet, right: bool, left: float, top: float, wide: float, high: float
    ) -> None:
        colour, line = (RIGHT, 2.5) if right else (LINE, 1)
        sheet.rectangle(left, top, wide, high, None, colour, line, 5)

    def _draw_card(self, sheet: Sheet, candidate: Candidate, left: float, top: float) -> None:
        self._frame(sheet, candidate.own, left, top, self.card, self.picture + 66)
        inner = self.card - 8
        thumbnail(sheet, self.choice.run, candidate.index, left + 4, top + 4, inner, self.picture)
        middle = top + self.picture + 17
        sign(sheet, left + 5, middle, candidate)
        score = format_number(candidate.score)
        sheet.text((left + self.card - 6, middle), score, 11.5, anchor="rm")
        missing = ", ".join(self.choice.lacking(candidate.index))
        if missing:
            note = [Piece("lacks ", QUIET), Piece(missing, MISSED, underlined=True)]
            lines = lines_of(note, inner - 2, 11.5, 2)
            set_lines(sheet, lines, left + 6, middle + 24, 11.5, 16)
        elif candidate.own:
            sheet.text((left + 6, middle + 24), "its own", 11.5, QUIET)

    def _draw_line(self, sheet: Sheet, candidate: Candidate, top: float) -> None:
        self._frame(sheet, candidate.own, _MARGIN, top, self.width, 23)
        sign(sheet, _MARGIN + 6, top + 11.5, candidate)
        spans = self.choice.run.lacks(candidate.index, self.choice.query)
        pieces = pieces_of(self.choice.run.texts[candidate.index], spans, MISSED)
        lines = lines_of(pieces, self.width - 140, 13, 1)
        set_lines(sheet, lines, _MARGIN + 54, top + 16, 13, 18)
        place = (_MARGIN + self.width - 8, top + 11.5)
        sheet.text(place, format_number(candidate.score), 11.5, anchor="rm")


def _draw_probes(
    sheet: Sheet, choice: RetrievalChoice, probes: list[Probe], top: float, width: float
) -> None:
    wide = sheet.text((_MARGIN, top + 14), "Rewritten captions", 12.5, bold=True)
    note = f"by {choice.run.model}; a tick where the original scores more"
    sheet.text((_MARGIN + wide + 8, top + 14), note, 12.5, QUIET, widest=width - wide - 8)
    for number, probe in enumerate(probes):
        y = top + 36 + 44 * number
        sheet.line([(_MARGIN, y - 14), (_MARGIN + width, y - 14)])
        sheet.text((_MARGIN, y + 2), probe.kind if probe.kind != "name" else "object", 12, QUIET)
        for line, (text, span, score, colour) in enumerate(
            (
                (choice.run.texts[probe.text], probe.before, probe.original, INK),
                (probe.sentence, probe.after, probe.rewritten, WRONG),
            )
        ):
            base = y + 2 + 18 * line
            pieces = pieces_of(text, [span], colour)
            set_lines(sheet, lines_of(pieces, width - 190, 13, 1), _MARGIN + 72, base, 13, 18)
            right = _MARGIN + width
            sheet.text((right, base), format_number(score), 12, anchor="rs")
            if line == 0 and probe.wins:
                tick(sheet, right - 62, base - 4, RIGHT)
            if line == 1 and not probe.wins:
                cross(sheet, right - 61, base - 4, WRONG)
