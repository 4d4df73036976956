"""The small charts of the attribution picture: agreement, curves, bars by method, layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from widgets.attribution.choice import CHANCE, AttributionChoice
from widgets.core.attribution import aligned_number, signed_shares
from widgets.core.colour import Colour, ink_on, series_colour, signed_colour
from widgets.core.curves import extent, format_tick, nice_ticks
from widgets.core.text import readable_pieces
from widgets.drawing import INK, LINE, QUIET, Sheet

AGREEMENT_ROW, BAR_ROW, LAYER_ROW = 20, 16, 17
_TALL = 130
_DASHES = (None, (7, 4), (2, 3), (9, 3), (4, 4), (1.5, 2))
_LABEL, _GAP, _NUMBER = 104, 14, 46


def draw_agreement(
    sheet: Sheet, choice: AttributionChoice, left: float, top: float, width: float
) -> float:
    """Spearman's ρ over the diagonal, Kendall's τ below it; answers where the table ends."""
    methods, (rho, tau) = choice.record.methods, choice.agreement
    wide = min(48.0, (width - 170) / len(methods))
    x0, y0 = left + width - wide * len(methods), top + 28
    sheet.text((left, top + 10), "Do the methods agree?", 12, bold=True)
    sheet.text((left + 140, top + 10), "ranks of sizes: Spearman above, Kendall below", 10.5, QUIET)
    for row, method in enumerate(methods):
        y, letter = y0 + row * AGREEMENT_ROW, chr(65 + row)
        sheet.text((left, y + 10), letter, 12, QUIET, anchor="lm")
        sheet.text((left + 16, y + 10), method, 12, anchor="lm", widest=x0 - left - 22)
        sheet.text((x0 + (row + 0.5) * wide, y0 - 5), letter, 11, QUIET, anchor="ms")
        for column in range(len(methods)):
            value = float((rho if column > row else tau)[row, column])
            place = (x0 + column * wide, y, wide - 2, AGREEMENT_ROW - 2)
            if column == row:
                continue
            paper = signed_colour(0.6 * value if math.isfinite(value) else 0.0, False)
            sheet.rectangle(*place, fill=paper, radius=2)
            told = _two_places(value)
            sheet.text((place[0] + wide / 2 - 1, y + 9.5), told, 11, ink_on(paper), anchor="mm")
    return y0 + AGREEMENT_ROW * len(methods)


def draw_curves(
    sheet: Sheet, choice: AttributionChoice, left: float, top: float, width: float
) -> None:
    """Deletion and insertion beside each other, and below them every curve's two areas."""
    record = choice.record
    assert record.deletion is not None and record.insertion is not None
    low, high = extent(np.concatenate([record.deletion, record.insertion]).ravel().tolist(), 0)
    room = 0.04 * (high - low)
    half = (width - 20) / 2
    for i, (name, curves) in enumerate(
        (("Deletion", record.deletion), ("Insertion", record.insertion))
    ):
        x = left + i * (half + 20)
        sheet.text((x, top + 10), name, 12, bold=True)
        _draw_chart(sheet, choice, curves, (low - room, high + room), x, top + 18, half)
    y = top + 18 + _TALL + 20
    most = max(abs(area) for _, *both in choice.areas for area in both)
    sheet.text((left + width - 80, y), "deletion ↓", 11, QUIET, anchor="rs")
    sheet.text((left + width, y), "insertion ↑", 11, QUIET, anchor="rs")
    for method, (name, deletion, insertion) in enumerate(choice.areas):
        y += 17
        chosen = method == choice.method
        colour, dash = _line_of(method, name == CHANCE)
        sheet.line([(left, y - 4), (left + 26, y - 4)], colour, 2, dash)
        sheet.text((left + 34, y), name, 11.5, bold=chosen)
        sheet.text((left + width - 80, y), aligned_number(deletion, most), 11.5, INK, chosen, "rs")
        sheet.text((left + width, y), aligned_number(insertion, most), 11.5, INK, chosen, "rs")


def _draw_chart(
    sheet: Sheet,
    choice: AttributionChoice,
    curves: np.ndarray,
    bounds: tuple[float, float],
    left: float,
    top: float,
    width: float,
) -> None:
    shares, (low, high) = choice.record.shares, bounds
    assert shares is not None
    ticks = nice_ticks(low, high, 3)
    x0 = left + max(sheet.text_width(format_tick(tick), 10.5) for tick in ticks) + 6
    x1, bottom = left + width, top + _TALL - 18
    for tick in ticks:
        y = bottom - (bottom - top) * (tick - low) / (high - low)
        sheet.line([(x0, y), (x1, y)], LINE, 1)
        sheet.text((x0 - 5, y), format_tick(tick), 10.5, QUIET, anchor="rm")
    for share, anchor in ((0, "ls"), (0.5, "ms"), (1, "rs")):
        place = (x0 + (x1 - x0) * share, top + _TALL - 3)
        sheet.text(place, f"{100 * share:.0f} %", 10.5, QUIET, anchor=anchor)
    last = len(curves) - 1
    order = sorted(range(last), key=lambda method: method == choice.method)
    for index in [last, *order]:
        colour, dash = _line_of(index, index == last)
        points = [
            (
                x0 + (x1 - x0) * float(share),
                bottom - (bottom - top) * float(score - low) / (high - low),
            )
            for share, score in zip(shares, curves[index], strict=True)
        ]
        sheet.line(points, colour, 2.5 if index == choice.method else 1.2, dash)


def _line_of(method: int, chance: bool) -> tuple[Colour, tuple[float, float] | None]:
    return (QUIET, (1, 3)) if chance else (series_colour(method, False), _DASHES[method % 6])


def draw_bars(
    sheet: Sheet,
    choice: AttributionChoice,
    rows: Sequence[int],
    left: float,
    top: float,
    width: float,
) -> None:
    """A column a method, a bar and a number a row; every column on its own scale."""
    methods, words = choice.record.methods, len(choice.record.words)
    wide = (width - _LABEL) / len(methods) - _GAP
    y0 = top + 36
    sheet.text((left, top + 10), "Every method on the same pair", 12, bold=True)
    names, standing = _row_names(choice), list(rows) == sorted(rows)
    for place, row in enumerate(rows):
        y = y0 + place * BAR_ROW
        if row == choice.focus:
            sheet.rectangle(left, y, width, BAR_ROW, fill=(*LINE, 160))
        if standing and row >= words and place and rows[place - 1] < words:
            sheet.line([(left, y), (left + width, y)], LINE, 1)
        name = sheet.shortened(names[row], _LABEL - 4, 11.5)
        ink = INK if row == choice.focus else QUIET
        sheet.text((left + _LABEL, y + BAR_ROW / 2), name, 11.5, ink, row == choice.focus, "rm")
    for method, name in enumerate(methods):
        x = left + _LABEL + _GAP + method * (wide + _GAP)
        chosen = method == choice.method
        sheet.text((x, y0 - 7), name, 11.5, INK if chosen else QUIET, chosen, widest=wide)
        _draw_column(sheet, choice, method, rows, (x, y0, wide - _NUMBER))


def _draw_column(
    sheet: Sheet,
    choice: AttributionChoice,
    method: int,
    rows: Sequence[int],
    place: tuple[float, float, float],
) -> None:
    left, top, wide = place
    shares = choice.shares(method)
    low = min([0.0, *(shares[row] for row in rows)])
    high = max([0.0, *(shares[row] for row in rows)])
    unit = wide / max(high - low, 1e-9)
    zero = left - low * unit
    for index, row in enumerate(rows):
        y, length = top + index * BAR_ROW, shares[row] * unit
        sign = math.copysign(0.25, shares[row]) if shares[row] else 0.0
        fill = signed_colour(sign + 0.5 * shares[row], False)
        if abs(length) > 0.2:
            sheet.rectangle(zero + min(0.0, length), y + 3, abs(length), BAR_ROW - 6, fill=fill)
        ink = INK if abs(shares[row]) == 1 or row == choice.focus else QUIET
        told = (left + wide + _NUMBER - 2, y + BAR_ROW / 2)
        sheet.text(told, choice.number(row, method), 10.5, ink, row == choice.focus, "rm")
    sheet.line([(zero, top), (zero, top + BAR_ROW * len(rows))], QUIET, 0.75)


def layers_height(choice: AttributionChoice) -> int:
    """How high the layers are, with what stands above them."""
    layers = choice.record.layers
    return 0 if layers is None else _names_height(choice) + 36 + LAYER_ROW * len(layers)


def _names_height(choice: AttributionChoice) -> int:
    ruler = Sheet(1, 1)
    return round(min(70.0, max(ruler.text_width(name, 10.5) for name in _row_names(choice)))) + 8


def draw_layers(
    sheet: Sheet, choice: AttributionChoice, left: float, top: float, width: float
) -> None:
    """Layers down, rows across: what flows to the answer through every row."""
    layers, words = choice.record.layers, len(choice.record.words)
    assert layers is not None
    count = layers.shape[1]
    cell = min(40.0, (width - 140) / count)
    shares = np.array(signed_shares(layers.ravel().tolist(), [False] * layers.size))
    shares = shares.reshape(layers.shape)
    y0 = top + 18 + _names_height(choice)
    sheet.text((left, top + 10), "Layer by layer", 12, bold=True)
    names = _row_names(choice)
    every = max(1, math.ceil(12 / cell))
    for row in range(count):
        x = left + 130 + row * cell + (10 if row >= words else 0)
        focus = row == choice.focus
        if row % every == 0 or focus:
            name = sheet.shortened(names[row], 70, 10.5, focus)
            sheet.upright_text((x + cell / 2, y0 - 5), name, 10.5, INK if focus else QUIET, focus)
        for layer in range(len(layers)):
            fill = signed_colour(float(shares[layer, row]), False)
            y = y0 + layer * LAYER_ROW
            sheet.rectangle(x, y, cell - 0.5, LAYER_ROW - 0.5, fill=fill)
        if focus:
            high = LAYER_ROW * len(layers)
            sheet.rectangle(x - 1, y0 - 1, cell + 1.5, high + 1.5, outline=INK, line=1.5)
    for layer, name in enumerate(choice.record.layer_names):
        place = (left + 122, y0 + (layer + 0.5) * LAYER_ROW)
        sheet.text(place, sheet.shortened(name, 120, 11.5), 11.5, QUIET, anchor="rm")


def _row_names(choice: AttributionChoice) -> list[str]:
    pieces = [text for text, _ in readable_pieces(choice.record.words)]
    return pieces + [f"{i} {label}".strip() for i, label in enumerate(choice.record.labels)]


def _two_places(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    text = f"{abs(value):.2f}"
    return f"−{text}" if value < 0 and text != "0.00" else text
