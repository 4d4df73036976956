"""The attention view as a still picture: what GitHub, a paper or a slide shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from widgets.attention.choice import AttentionChoice
from widgets.attention.heat_picture import HeadOverview, HeatMap, Overview
from widgets.core.attention import strongest
from widgets.core.colour import Colour, ink_on, signed_colour
from widgets.core.difference import signed_points
from widgets.core.layout import box_to_rectangle, fit_inside, place_tags
from widgets.core.text import percent, readable_pieces
from widgets.drawing import INK, PAPER, QUIET, Sheet

_AMBER: Colour = (255, 192, 92)
_LESS: Colour = (140, 196, 255)
_NIGHT: Colour = (14, 16, 20)
_VEIL = 0.6
_MARGIN = 20
_GAP = 24


def draw(
    choice: AttentionChoice, width: int, scale: float, label: str = "", metric: Overview = None
) -> Image.Image:
    """The picture with its lit regions and the sentence; beside them the heat map and all heads.

    ``label`` says which of several records is shown, ``metric`` what the heads are coloured by.
    """
    record = choice.record
    left_width = round((width - 2 * _MARGIN) * 0.5)
    picture_size = fit_inside(record.picture.shape[1], record.picture.shape[0], left_width, 400)
    chips = _chip_rows(choice, left_width)
    right_width = width - 2 * _MARGIN - left_width - _GAP
    heat = HeatMap(choice, right_width)
    overview = HeadOverview(choice, min(left_width, right_width), metric)
    said = Sheet(1, 1).lines(choice.sentence(), width - 2 * _MARGIN, 17, bold=True)
    top = 57 + 21 * len(said)
    left_height = picture_size[1] + 12 + 26 * len(chips)
    columns = [float(left_height), float(heat.height)]
    lower = int(columns[1] < columns[0])  # the overview goes where there is more room
    below = columns[lower] + 20
    columns[lower] = below + overview.height
    sheet = Sheet(width, round(top + max(columns) + _MARGIN), scale)
    for number, line in enumerate(said):
        sheet.text((_MARGIN, 33 + 21 * number), line, 17, bold=True)
    subtitle = " · ".join(part for part in (choice.subtitle(), label, record.title) if part)
    sheet.text((_MARGIN, top - 24), subtitle, 12.5, QUIET, widest=width - 2 * _MARGIN)
    _draw_picture(sheet, choice, _MARGIN, top, *picture_size)
    _draw_chips(sheet, chips, _MARGIN, top + picture_size[1] + 12)
    heat.draw(sheet, _MARGIN + left_width + _GAP, top)
    overview.draw(sheet, _MARGIN + lower * (left_width + _GAP), top + below)
    return sheet.finish()


def lit(
    picture: UInt8[np.ndarray, "height width 3"],
    boxes: Float[np.ndarray, "N 4"],
    shares: Float[np.ndarray, "N"],
) -> UInt8[np.ndarray, "height width 3"]:
    """The picture, dim where nothing looks; where boxes overlap, the larger share lights it."""
    height, width = picture.shape[:2]
    light = np.zeros((height, width))
    for index in np.argsort(shares):
        left, top, wide, high = box_to_rectangle(boxes[index].tolist(), width, height)
        rows = slice(round(top), max(round(top) + 1, round(top + high)))
        columns = slice(round(left), max(round(left) + 1, round(left + wide)))
        light[rows, columns] = shares[index]
    veil = _VEIL * (1 - light)[:, :, None]
    return (picture * (1 - veil) + np.array(_NIGHT) * veil).astype(np.uint8)


def _draw_picture(
    sheet: Sheet, choice: AttentionChoice, left: float, top: float, width: int, height: int
) -> None:
    record = choice.record
    values, sizes = choice.focus_weights, np.abs(choice.focus_weights)
    shown, marked, tags = record.picture, [], []
    if not choice.others_are_words and choice.weights.any():
        best = float(sizes.max())
        shares = sizes / best if best > 0 else np.zeros_like(sizes)
        shown = lit(record.picture, record.boxes, shares)
        marked = [index for index in strongest(sizes, 3) if sizes[index] > 0.2 * best]
        told = signed_points if choice.is_difference else percent
        tags = [f"{index}  {told(float(values[index]))}" for index in marked]
    if not choice.focus_is_word:
        tags = [
            str(choice.focus),
            *(t for i, t in zip(marked, tags, strict=True) if i != choice.focus),
        ]
        marked = [choice.focus, *(index for index in marked if index != choice.focus)]
    sheet.paste(Image.fromarray(shown), left, top, width, height)
    rectangles = [box_to_rectangle(box, width, height) for box in record.boxes]
    faint = max(18, round(70 * min(1.0, 20 / len(rectangles))))
    for x, y, wide, high in rectangles:
        sheet.rectangle(left + x, top + y, wide, high, outline=(255, 255, 255, faint), line=0.5)
    for rank in range(len(marked) - 1, -1, -1):
        x, y, wide, high = rectangles[marked[rank]]
        line = (3, 2, 1.5, 1.5)[rank]
        sheet.rectangle(
            left + x - 1, top + y - 1, wide + 2, high + 2, None, (*_NIGHT, 190), line + 2
        )
        less = not choice.others_are_words and values[marked[rank]] < 0
        sheet.rectangle(left + x, top + y, wide, high, None, _LESS if less else _AMBER, line)
    room = [(sheet.text_width(tag, 13, True) + 12, 20.0) for tag in tags]
    places = place_tags([rectangles[index] for index in marked], room, width, height)
    for tag, size, place, rank in zip(tags, room, places, range(len(tags)), strict=True):
        if place is None:
            continue
        x, y = left + place[0], top + place[1]
        fill = _AMBER if rank == 0 else _NIGHT
        sheet.rectangle(x, y, *size, fill=fill, radius=3)
        sheet.text((x + 6, y + 10.5), tag, 13, ink_on(fill), bold=True, anchor="lm")


_Chip = tuple[str, float, float, Colour, Colour]  # text, gap before it, width, paper, ink


def _chip_rows(choice: AttentionChoice, width: float) -> list[list[_Chip]]:
    ruler = Sheet(1, 1)
    rows: list[list[_Chip]] = [[]]
    used = 0.0
    values = choice.focus_weights if choice.others_are_words else np.zeros(len(choice.record.words))
    best = float(np.abs(values).max())
    named = strongest(np.abs(values), 3) if choice.is_difference and best > 0 else []
    pieces = readable_pieces(choice.record.words)
    for word in choice.shown_words:
        text, joined = pieces[word]
        text += f" {signed_points(float(values[word]))}" if word in named else ""
        paper, ink = PAPER, INK
        if choice.focus_is_word and word == choice.focus:
            paper, ink = INK, PAPER
        elif choice.others_are_words and best > 0:
            paper = signed_colour(float(values[word]) / best, False)
            ink = ink_on(paper)
        wide = ruler.text_width(text, 13.5) + 8
        gap = 0.0 if joined or not rows[-1] else 2.0
        if rows[-1] and used + gap + wide > width:
            rows.append([])
            used, gap = 0.0, 0.0
        rows[-1].append((text, gap, wide, paper, ink))
        used += gap + wide
    return rows


def _draw_chips(sheet: Sheet, rows: Sequence[Sequence[_Chip]], left: float, top: float) -> None:
    for row in rows:
        x = left
        for text, gap, wide, paper, ink in row:
            x += gap
            if paper != PAPER:
                sheet.rectangle(x, top, wide, 21, fill=paper, radius=3)
            sheet.text((x + 4, top + 15), text, 13.5, ink)
            x += wide
        top += 26
