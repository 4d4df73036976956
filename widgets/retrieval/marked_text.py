"""Running text on a sheet in which some words stand out: right, wrong, or missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widgets.core.colour import Colour
from widgets.core.retrieval import marked_pieces
from widgets.drawing import INK, Sheet

RIGHT: Colour = (29, 109, 61)
WRONG: Colour = (148, 48, 50)
MISSED: Colour = (40, 83, 160)


@dataclass(frozen=True)
class Piece:
    """A few words in one colour, bold or underlined."""

    text: str
    colour: Colour = INK
    bold: bool = False
    underlined: bool = False


def pieces_of(
    text: str,
    spans: Sequence[Sequence[int]],
    marked: Colour,
    colour: Colour = INK,
    bold: bool = False,
) -> list[Piece]:
    """A text whose characters within ``spans`` are underlined in another colour."""
    return [
        Piece(part, marked if inside else colour, bold or inside, inside)
        for part, inside in marked_pieces(text, spans)
    ]


def lines_of(
    pieces: Sequence[Piece], width: float, size: float, most: int = 3
) -> list[list[tuple[float, Piece]]]:
    """The pieces cut at blanks into lines of at most ``width``, each with its place in its line.

    What does not fit into ``most`` lines is left out, and "…" stands for it.
    """
    ruler = Sheet(1, 1)
    lines: list[list[tuple[float, Piece]]] = [[]]
    used = 0.0
    for piece in pieces:
        for word in _words(piece.text):
            part = Piece(word, piece.colour, piece.bold, piece.underlined)
            wide = ruler.text_width(word, size, piece.bold)
            if used and used + ruler.text_width(word.rstrip(), size, piece.bold) > width:
                if len(lines) == most:
                    lines[-1].append((used, Piece("…", INK)))
                    return lines
                lines.append([])
                used = 0.0
            lines[-1].append((used, part))
            used += wide
    return lines


def set_lines(
    sheet: Sheet,
    lines: Sequence[Sequence[tuple[float, Piece]]],
    left: float,
    baseline: float,
    size: float,
    leading: float,
) -> None:
    """Set lines one under the other, the first on ``baseline``."""
    for number, line in enumerate(lines):
        y = baseline + number * leading
        for place, (x, piece) in enumerate(line):
            sheet.text((left + x, y), piece.text, size, piece.colour, piece.bold)
            if piece.underlined:
                goes_on = place + 1 < len(line) and line[place + 1][1].underlined
                words = piece.text if goes_on else piece.text.rstrip()
                long = sheet.text_width(words, size, piece.bold)
                sheet.line([(left + x, y + 3), (left + x + long, y + 3)], piece.colour, 1.5)


def _words(text: str) -> list[str]:
    """Words with the blank behind each."""
    parts = text.split(" ")
    return [f"{part} " for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
