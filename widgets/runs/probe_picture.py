"""What a probe tells beside attention, as a still picture."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from widgets.core.colour import ink_on, scale_colour
from widgets.core.curves import format_number
from widgets.core.text import percent, readable_pieces
from widgets.drawing import INK, QUIET, Sheet
from widgets.runs.probe_record import Guesses, Similarity

_MARGIN, _LINE, _CELL = 20, 21, 27


def draw(
    heading: str, guesses: Guesses | None, similarity: Similarity | None, width: int, scale: float
) -> Image.Image:
    """The guesses on the left, the map of similarities on the right."""
    each = 2 if guesses and guesses.blind_top else 1
    lines = 2 + each * len(guesses.truth) if guesses else 0
    cells = len(similarity.texts) if similarity else 0
    height = 52 + max(lines * _LINE + 12, 30 + cells * _CELL + 12 if cells else 0)
    sheet = Sheet(width, height, scale)
    sheet.text((_MARGIN, 32), heading, 16, bold=True, widest=width - 2 * _MARGIN)
    half = width / 2
    if guesses:
        _draw_guesses(sheet, guesses, _MARGIN, 60, half - 2 * _MARGIN)
    if similarity:
        _draw_map(sheet, similarity, half if guesses else _MARGIN, 52, width - _MARGIN)
    return sheet.finish()


def _draw_guesses(sheet: Sheet, guesses: Guesses, left: float, top: float, wide: float) -> None:
    pieces = readable_pieces(guesses.sentence)
    said = "".join(("" if joined else " ") + text for text, joined in pieces).strip()
    sheet.text((left, top), said, 12.5, QUIET, widest=wide)
    y = top + _LINE + 4
    for place, truth in enumerate(guesses.truth):
        x = left + sheet.text((left, y), truth, 13, INK, bold=True, widest=90) + 12
        said = _told(guesses.top[place], guesses.chance[place].tolist())
        sheet.text((x, y), said, 12.5, INK, widest=left + wide - x)
        y += _LINE
        if guesses.blind_chance is not None:
            said = _told(guesses.blind_top[place], guesses.blind_chance[place].tolist())
            told = f"without the picture: {said}"
            sheet.text((x, y - 3), told, 12, QUIET, widest=left + wide - x)
            y += _LINE


def _told(top: Sequence[str], chance: Sequence[float]) -> str:
    pairs = zip(top, chance, strict=True)
    return " · ".join(f"{word} {percent(share)}" for word, share in pairs)


def _draw_map(sheet: Sheet, pairs: Similarity, left: float, top: float, right: float) -> None:
    low, high = float(pairs.values.min()), float(pairs.values.max())
    count = len(pairs.texts)
    cell = min(46.0, (right - left) * 0.6 / count)
    start = right - cell * count
    for column in range(count):
        x = start + (column + 0.5) * cell
        sheet.text((x, top + 16), str(column + 1), 11, QUIET, anchor="ms")
    for row, text in enumerate(pairs.texts):
        y = top + 22 + row * _CELL
        sheet.text((left, y + 17), f"{row + 1} {text}", 12, INK, widest=start - left - 10)
        best = int(pairs.values[row].argmax())
        for column in range(count):
            value = float(pairs.values[row, column])
            paper = scale_colour((value - low) / (high - low) if high > low else 0.0, False)
            x = start + column * cell
            sheet.rectangle(x, y, cell - 1.5, _CELL - 1.5, fill=paper)
            if row == column:
                sheet.rectangle(x, y, cell - 1.5, _CELL - 1.5, outline=ink_on(paper), line=1.6)
            place = (x + cell / 2, y + 17)
            sheet.text(place, format_number(value), 11, ink_on(paper), column == best, "ms")
