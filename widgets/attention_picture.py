"""The attention view as a still picture: what GitHub, a paper or a slide shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from widgets.attention_choice import AttentionChoice
from widgets.core.attention import strongest
from widgets.core.colour import Colour, ink_on, scale_colour
from widgets.core.layout import box_to_rectangle, fit_inside, place_tags
from widgets.core.text import percent, readable_pieces
from widgets.drawing import INK, LINE, PAPER, QUIET, Sheet

_AMBER: Colour = (255, 192, 92)
_NIGHT: Colour = (14, 16, 20)
_VEIL = 0.6
_MARGIN = 20
_MOST_COLUMNS = 40


def draw(choice: AttentionChoice, width: int, scale: float) -> Image.Image:
    """The picture with its lit regions and the sentence; beside them the words × regions map."""
    record = choice.record
    left_width = round((width - 2 * _MARGIN) * 0.5)
    picture_size = fit_inside(record.picture.shape[1], record.picture.shape[0], left_width, 400)
    chips = _chip_rows(choice, left_width)
    heat = _HeatMap(choice, width - 2 * _MARGIN - left_width - 24)
    top = 78
    left_height = picture_size[1] + 12 + 26 * len(chips)
    sheet = Sheet(width, top + max(left_height, heat.height) + _MARGIN, scale)
    sheet.text((_MARGIN, 33), choice.sentence(), 17, bold=True, widest=width - 2 * _MARGIN)
    subtitle = choice.subtitle() + (f" · {record.title}" if record.title else "")
    sheet.text((_MARGIN, 54), subtitle, 12.5, QUIET, widest=width - 2 * _MARGIN)
    _draw_picture(sheet, choice, _MARGIN, top, *picture_size)
    _draw_chips(sheet, chips, _MARGIN, top + picture_size[1] + 12)
    heat.draw(sheet, _MARGIN + left_width + 24, top)
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
    values = choice.focus_weights
    if choice.focus_is_word:
        best = float(values.max())
        shares = values / best if best > 0 else np.zeros_like(values)
        shown = lit(record.picture, record.boxes, shares)
        marked = [index for index in strongest(values, 3) if values[index] > 0.2 * best]
        tags = [f"{index}  {percent(values[index])}" for index in marked]
    else:
        shown, marked = record.picture, [choice.region]
        tags = [str(choice.region)]
    sheet.paste(Image.fromarray(shown), left, top, width, height)
    rectangles = [box_to_rectangle(box, width, height) for box in record.boxes]
    faint = max(18, round(70 * min(1.0, 20 / len(rectangles))))
    for x, y, wide, high in rectangles:
        sheet.rectangle(left + x, top + y, wide, high, outline=(255, 255, 255, faint), line=0.5)
    for rank in range(len(marked) - 1, -1, -1):
        x, y, wide, high = rectangles[marked[rank]]
        line = (3, 2, 1.5)[rank]
        sheet.rectangle(
            left + x - 1, top + y - 1, wide + 2, high + 2, None, (*_NIGHT, 190), line + 2
        )
        sheet.rectangle(left + x, top + y, wide, high, None, _AMBER, line)
    sizes = [(sheet.text_width(tag, 13, True) + 12, 20.0) for tag in tags]
    places = place_tags([rectangles[index] for index in marked], sizes, width, height)
    for tag, size, place, rank in zip(tags, sizes, places, range(len(tags)), strict=True):
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
    best = float(choice.focus_weights.max())
    pieces = readable_pieces(choice.record.words)
    for word in choice.shown_words:
        text, joined = pieces[word]
        paper, ink = PAPER, INK
        if choice.focus_is_word and word == choice.word:
            paper, ink = INK, PAPER
        elif not choice.focus_is_word and best > 0:
            paper = scale_colour(float(choice.focus_weights[word]) / best, False)
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


class _HeatMap:
    """Words down, regions across, each cell a weight; the focus framed; a key below."""

    def __init__(self, choice: AttentionChoice, width: float) -> None:
        self.choice = choice
        self.words = choice.shown_words
        peaks = choice.weights.max(axis=0)
        self.regions = sorted(strongest(peaks, _MOST_COLUMNS))
        ruler = Sheet(1, 1)
        pieces = readable_pieces(choice.record.words)
        self.names = [pieces[word][0] for word in self.words]
        self.label_width = min(96.0, max(ruler.text_width(name, 12) for name in self.names)) + 8
        self.cell = min(40.0, (width - self.label_width) / max(1, len(self.regions)))
        self.row = min(19.0, max(13.0, 330 / max(1, len(self.words))))
        self.columns = [self._column_name(region) for region in self.regions]
        self.type = 11.0 if self.cell >= 12 else 10.0
        longest = max(ruler.text_width(name, self.type, True) for name in self.columns)
        self.head = min(120.0, longest) + 8
        self.height = round(self.head + self.row * len(self.words) + 44)

    def _column_name(self, region: int) -> str:
        label = self.choice.record.labels[region]
        return f"{region} {label}" if label and self.cell >= 9 else str(region)

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        """Draw the map with its corner at (left, top)."""
        choice = self.choice
        x0, y0 = left + self.label_width, top + self.head
        peak = float(choice.weights.max())
        for row, word in enumerate(self.words):
            y = y0 + row * self.row
            focus = choice.focus_is_word and word == choice.word
            name = sheet.shortened(self.names[row], self.label_width - 8, 12, focus)
            ink = INK if focus else QUIET
            sheet.text((x0 - 7, y + self.row / 2), name, 12, ink, focus, anchor="rm")
            for column, region in enumerate(self.regions):
                share = float(choice.weights[word, region]) / peak if peak > 0 else 0.0
                place = (x0 + column * self.cell, y, self.cell - 0.5, self.row - 0.5)
                sheet.rectangle(*place, fill=scale_colour(share, False))
        self._draw_columns(sheet, x0, y0)
        self._frame_focus(sheet, x0, y0)
        self._draw_key(sheet, x0, y0 + self.row * len(self.words) + 14, peak)

    def _draw_columns(self, sheet: Sheet, x0: float, y0: float) -> None:
        every = 1 if self.cell >= 9 else round(np.ceil(11 / self.cell))
        best = strongest(self.choice.focus_weights, 1)[0]
        chosen = best if self.choice.focus_is_word else self.choice.region
        for column, region in enumerate(self.regions):
            strong = region == chosen
            crowded = self.cell < 12 and column % 2 and not self.choice.record.labels[region]
            if (column % every or crowded) and not strong:
                continue
            name = sheet.shortened(self.columns[column], self.head - 8, self.type, strong)
            place = (x0 + (column + 0.5) * self.cell, y0 - 6)
            sheet.upright_text(place, name, self.type, INK if strong else QUIET, strong)

    def _frame_focus(self, sheet: Sheet, x0: float, y0: float) -> None:
        choice = self.choice
        wide, high = self.cell * len(self.regions), self.row * len(self.words)
        if choice.focus_is_word and choice.word in self.words:
            y = y0 + self.words.index(choice.word) * self.row
            sheet.rectangle(x0 - 1, y - 1, wide + 1.5, self.row + 1.5, outline=INK, line=1.5)
        elif not choice.focus_is_word and choice.region in self.regions:
            x = x0 + self.regions.index(choice.region) * self.cell
            sheet.rectangle(x - 1, y0 - 1, self.cell + 1.5, high + 1.5, outline=INK, line=1.5)

    def _draw_key(self, sheet: Sheet, x0: float, y: float, peak: float) -> None:
        for step in range(60):
            colour = scale_colour(step / 59, False)
            sheet.rectangle(x0 + step * 2, y, 2.5, 8, fill=colour)
        sheet.rectangle(x0, y, 120.5, 8, outline=LINE, line=0.5)
        sheet.text((x0, y + 21), "0", 11, QUIET)
        sheet.text((x0 + 120, y + 21), percent(peak), 11, QUIET, anchor="rs")
        everything = len(self.choice.record.boxes)
        note = "attention weight"
        if len(self.regions) < everything:
            note += f" · {len(self.regions)} strongest of {everything} regions"
        sheet.text((x0 + 134, y + 8), note, 11, QUIET)
