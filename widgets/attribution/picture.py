"""The attribution view as a still picture: what GitHub, a paper or a slide shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from widgets.attribution.charts import (
    AGREEMENT_ROW,
    BAR_ROW,
    draw_agreement,
    draw_bars,
    draw_curves,
    draw_layers,
    layers_height,
)
from widgets.attribution.choice import AttributionChoice
from widgets.core.attribution import signed_number
from widgets.core.colour import Colour, ink_on, signed_colour
from widgets.core.layout import box_to_rectangle, fit_inside, place_tags
from widgets.core.text import readable_pieces
from widgets.drawing import INK, LINE, PAPER, QUIET, Sheet

_MARGIN, _GAP = 20, 24
_NIGHT = (14, 16, 20)
_TINT = 0.6
_MOST_ROWS = 40
_TOLD = 0.08
_FAINT = 0.005  # a share so small has no sign to tell


def draw(choice: AttributionChoice, sort: bool, width: int, scale: float) -> Image.Image:
    """The tinted picture and words, how methods agree, every row by every method, the layers."""
    record = choice.record
    room = width - 2 * _MARGIN
    half = (room - _GAP) / 2
    size = fit_inside(record.picture.shape[1], record.picture.shape[0], half, 340)
    lines = _lines(choice, half)
    rows = shown_rows(choice, sort)
    said = Sheet(1, 1).lines(choice.sentence(), room, 16, bold=True)
    top = 56 + 20 * len(said)
    left_high = size[1] + 42 + 40 * len(lines)
    agreement = len(record.methods) > 1
    right_high = (28 + AGREEMENT_ROW * len(record.methods) + 24) * agreement
    right_high += (190 + 17 * len(choice.areas)) * bool(choice.areas)
    below = top + max(left_high, right_high) + 12
    bars_high = 44 + BAR_ROW * len(rows)
    layers = layers_height(choice)
    sheet = Sheet(width, round(below + bars_high + layers + _MARGIN), scale)
    for number, line in enumerate(said):
        sheet.text((_MARGIN, 33 + 20 * number), line, 16, bold=True)
    sheet.text((_MARGIN, top - 22), choice.subtitle(), 12.5, QUIET, widest=room)
    _draw_picture(sheet, choice, _MARGIN, top, *size)
    _draw_key(sheet, choice, _MARGIN, top + size[1] + 10)
    _draw_lines(sheet, lines, _MARGIN, top + size[1] + 34)
    right, y = _MARGIN + half + _GAP, top
    if agreement:
        y = draw_agreement(sheet, choice, right, y, half) + 24
    if choice.areas:
        draw_curves(sheet, choice, right, y, half)
    draw_bars(sheet, choice, rows, _MARGIN, below, room)
    if record.layers is not None:
        draw_layers(sheet, choice, _MARGIN, below + bars_high + 16, room)
    return sheet.finish()


def shown_rows(choice: AttributionChoice, sort: bool) -> list[int]:
    """The rows that have bars: those counted, of many the largest by any method."""
    shares = np.abs([choice.shares(method) for method in range(len(choice.record.methods))])
    counted = [row for row, out in enumerate(choice.left_out) if not out]
    kept = sorted(counted, key=lambda row: -shares[:, row].max())[:_MOST_ROWS]
    return [row for row in choice.strongest() if row in kept] if sort else sorted(kept)


def tinted(
    picture: UInt8[np.ndarray, "height width 3"],
    boxes: Float[np.ndarray, "N 4"],
    shares: Float[np.ndarray, "N"],
) -> UInt8[np.ndarray, "height width 3"]:
    """The picture in greys, boxes tinted by signed shares; of overlapping ones the larger stays."""
    height, width = picture.shape[:2]
    grey = picture.mean(2, keepdims=True) * 0.85 + picture * 0.15
    pale = grey * 0.78 + 255 * 0.22
    tint, strength = np.zeros((height, width, 3)), np.zeros((height, width, 1))
    for index in np.argsort(np.abs(shares), kind="stable"):
        if not shares[index]:
            continue
        left, top, wide, high = box_to_rectangle(boxes[index].tolist(), width, height)
        rows = slice(round(top), max(round(top) + 1, round(top + high)))
        columns = slice(round(left), max(round(left) + 1, round(left + wide)))
        tint[rows, columns] = signed_colour(_TINT * float(np.sign(shares[index])), False)
        strength[rows, columns] = 0.75 * abs(shares[index])
    return (pale * (1 - strength) + tint * strength).astype(np.uint8)


def _draw_picture(
    sheet: Sheet, choice: AttributionChoice, left: float, top: float, width: int, height: int
) -> None:
    record, words = choice.record, len(choice.record.words)
    shares = np.array(choice.shares()[words:])
    sheet.paste(
        Image.fromarray(tinted(record.picture, record.boxes, shares)), left, top, width, height
    )
    rectangles = [box_to_rectangle(box, width, height) for box in record.boxes]
    faint = max(30, round(100 * min(1.0, 20 / max(1, len(rectangles)))))
    for x, y, wide, high in rectangles:
        sheet.rectangle(left + x, top + y, wide, high, outline=(128, 128, 128, faint), line=0.5)
    strong = [row - words for row in choice.strongest() if row >= words]
    told = [region for region in strong if abs(shares[region]) > 0.2][:3]
    if choice.region >= 0:
        told = [choice.region, *(region for region in told if region != choice.region)]
    for rank in range(len(told) - 1, -1, -1):
        _outline(
            sheet, left, top, rectangles[told[rank]], shares[told[rank]], (2.5, 2, 1.5, 1.5)[rank]
        )
    if choice.region >= 0:
        x, y, wide, high = rectangles[choice.region]
        sheet.rectangle(left + x - 1, top + y - 1, wide + 2, high + 2, None, PAPER, 5)
        sheet.rectangle(left + x, top + y, wide, high, None, INK, 2.5)
    tags = [f"{region}  {choice.number(words + region)}" for region in told]
    sizes = [(sheet.text_width(tag, 13, True) + 12, 20.0) for tag in tags]
    places = place_tags([rectangles[region] for region in told], sizes, width, height)
    for region, tag, size, place in zip(told, tags, sizes, places, strict=True):
        if place is not None:
            told_sign = float(np.sign(shares[region])) * (abs(shares[region]) >= _FAINT)
            fill = signed_colour(0.85 * told_sign, False)
            x, y = left + place[0], top + place[1]
            sheet.rectangle(x, y, *size, fill=fill, radius=3)
            sheet.text((x + 6, y + 10.5), tag, 13, ink_on(fill), bold=True, anchor="lm")


def _outline(
    sheet: Sheet, left: float, top: float, rectangle: Sequence[float], share: float, line: float
) -> None:
    """Whole where a region speaks for the answer, dashed where it speaks against it."""
    x, y, wide, high = left + rectangle[0], top + rectangle[1], rectangle[2], rectangle[3]
    colour = signed_colour(0.35 * float(np.sign(share)), False)
    corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)]
    sheet.line(corners, (*_NIGHT, 150), line + 1.5)
    sheet.line(corners, colour, line, (5, 4) if share < 0 else None)


def _draw_key(sheet: Sheet, choice: AttributionChoice, left: float, top: float) -> None:
    values, rows = choice.values(), choice.strongest()
    most = abs(values[rows[0]]) if rows else 0.0
    signed = min(choice.shares()) < 0  # else nothing speaks against, nor need anything speak for
    told = ("against the answer", signed_number(-most, most)) if signed else ("counts less", "0")
    x = left + sheet.text((left, top + 9), told[0], 11, QUIET) + 8
    x += sheet.text((x, top + 9), told[1], 11, QUIET) + 6
    for step in range(60):
        share = step / 29.5 - 1 if signed else step / 59
        sheet.rectangle(x + step * 2, top, 2.5, 10, fill=signed_colour(share, False))
    sheet.rectangle(x, top, 120.5, 10, outline=LINE, line=0.5)
    x += 127
    x += sheet.text((x, top + 9), signed_number(most, most), 11, QUIET) + 8
    sheet.text((x, top + 9), "for it" if signed else "more", 11, QUIET)


_Chip = tuple[str, str, float, float, Colour, bool]  # text, number, gap, width, paper, fixed


def _lines(choice: AttributionChoice, width: float) -> list[list[_Chip]]:
    ruler, lines, used = Sheet(1, 1), [[]], 0.0
    shares = choice.shares()
    for word, (text, joined) in enumerate(readable_pieces(choice.record.words)):
        number = choice.number(word) if abs(shares[word]) >= _TOLD else ""
        wide = max(ruler.text_width(text, 13.5), ruler.text_width(number, 10)) + 8
        gap = 0.0 if joined or not lines[-1] else 3.0
        if lines[-1] and used + gap + wide > width:
            lines.append([])
            used, gap = 0.0, 0.0
        paper = signed_colour(shares[word], False) if shares[word] else PAPER
        lines[-1].append((text, number, gap, wide, paper, bool(choice.record.fixed[word])))
        used += gap + wide
    return lines


def _draw_lines(sheet: Sheet, lines: Sequence[Sequence[_Chip]], left: float, top: float) -> None:
    for line in lines:
        x = left
        for text, number, gap, wide, paper, fixed in line:
            x += gap
            ink = ink_on(paper) if paper != PAPER else QUIET if fixed else INK
            if paper != PAPER:
                sheet.rectangle(x, top, wide, 36, fill=paper, radius=3)
            sheet.text((x + wide / 2, top + 16), text, 13.5, ink, anchor="ms")
            sheet.text((x + wide / 2, top + 30), number, 10, ink, anchor="ms")
            x += wide
        top += 40
