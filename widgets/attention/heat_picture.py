"""The two maps of an attention picture: the chosen block, and every layer and head."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from widgets.attention.choice import AttentionChoice
from widgets.attention.metrics import block_shares
from widgets.core.attention import strongest
from widgets.core.attention_words import share_words
from widgets.core.colour import ink_on, shade_ends, signed_colour
from widgets.core.difference import cell_number, signed_points
from widgets.core.text import percent, readable_pieces
from widgets.drawing import INK, LINE, QUIET, Sheet

_MOST = 40  # regions a side


class HeatMap:
    """Rows down, columns across, each cell a weight; the focus framed; a key below."""

    def __init__(self, choice: AttentionChoice, width: float) -> None:
        self.choice = choice
        self.sizes = np.abs(choice.weights)
        self.rows = self._chosen(choice.rows, self.sizes.max(axis=1))
        self.regions = self._chosen(choice.columns, self.sizes.max(axis=0))
        ruler = Sheet(1, 1)
        pieces = readable_pieces(choice.record.words)
        labels = choice.record.labels
        named = {
            "word": lambda word: pieces[word][0],
            "region": lambda region: f"{region} {labels[region]}".strip(),
        }
        self.names = [named[choice.rows](row) for row in self.rows]
        self.label_width = (
            min(96.0, max(ruler.text_width(name, 12, True) for name in self.names)) + 8
        )
        self.cell = min(40.0, (width - self.label_width) / max(1, len(self.regions)))
        self.row = min(19.0, max(13.0, 330 / max(1, len(self.rows))))
        roomy = self.cell >= 9 or choice.columns == "word"
        self.columns = [named[choice.columns](c) if roomy else str(c) for c in self.regions]
        self.type = 11.0 if self.cell >= 12 else 10.0
        longest = max(ruler.text_width(name, self.type, True) for name in self.columns)
        self.head = min(120.0, longest) + 8
        self.height = round(self.head + self.row * len(self.rows) + 44)

    def _chosen(self, kind: str, peaks: np.ndarray) -> list[int]:
        shown = self.choice.shown_words
        return shown if kind == "word" else sorted(strongest(peaks, _MOST))

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        """Draw the map with its corner at (left, top)."""
        choice = self.choice
        x0, y0 = left + self.label_width, top + self.head
        peak = float(self.sizes.max())
        for place, row in enumerate(self.rows):
            y = y0 + place * self.row
            focus = row == self._focus_row
            name = sheet.shortened(self.names[place], self.label_width - 8, 12, focus)
            ink = INK if focus else QUIET
            sheet.text((x0 - 7, y + self.row / 2), name, 12, ink, focus, anchor="rm")
            for across, column in enumerate(self.regions):
                share = float(choice.weights[row, column]) / peak if peak > 0 else 0.0
                cell = (x0 + across * self.cell, y, self.cell - 0.5, self.row - 0.5)
                paper = signed_colour(share, False)
                sheet.rectangle(*cell, fill=paper)
                if share < -0.15 and self.cell >= 8:  # a sign, for colour alone says too little
                    at = (cell[0] + cell[2] / 2, y + self.row / 2)
                    sheet.text(at, "−", 11, ink_on(paper), anchor="mm")
        self._draw_columns(sheet, x0, y0)
        self._frame_focus(sheet, x0, y0)
        self._draw_key(sheet, x0, y0 + self.row * len(self.rows) + 14, peak)

    @property
    def _focus_row(self) -> int:
        same = self.choice.rows == self.choice.columns
        return self.choice.focus if same or self.choice.focus_is_word else -1

    @property
    def _focus_column(self) -> int:
        return self.choice.focus if self._focus_row < 0 else -1

    def _draw_columns(self, sheet: Sheet, x0: float, y0: float) -> None:
        choice = self.choice
        every = 1 if self.cell >= 9 else round(np.ceil(11 / self.cell))
        best = strongest(np.abs(choice.focus_weights), 1)[0]
        chosen = self._focus_column if self._focus_column >= 0 else best
        for place, column in enumerate(self.regions):
            strong = column == chosen
            crowded = self.cell < 12 and place % 2 and self.columns[place].isdigit()
            if (place % every or crowded) and not strong:
                continue
            name = sheet.shortened(self.columns[place], self.head - 8, self.type, strong)
            at = (x0 + (place + 0.5) * self.cell, y0 - 6)
            sheet.upright_text(at, name, self.type, INK if strong else QUIET, strong)

    def _frame_focus(self, sheet: Sheet, x0: float, y0: float) -> None:
        wide, high = self.cell * len(self.regions), self.row * len(self.rows)
        if self._focus_row in self.rows:
            y = y0 + self.rows.index(self._focus_row) * self.row
            sheet.rectangle(x0 - 1, y - 1, wide + 1.5, self.row + 1.5, outline=INK, line=1.5)
        elif self._focus_column in self.regions:
            x = x0 + self.regions.index(self._focus_column) * self.cell
            sheet.rectangle(x - 1, y0 - 1, self.cell + 1.5, high + 1.5, outline=INK, line=1.5)

    def _draw_key(self, sheet: Sheet, x0: float, y: float, peak: float) -> None:
        signed = self.choice.is_difference
        for step in range(60):
            share = step / 29.5 - 1 if signed else step / 59
            sheet.rectangle(x0 + step * 2, y, 2.5, 8, fill=signed_colour(share, False))
        sheet.rectangle(x0, y, 120.5, 8, outline=LINE, line=0.5)
        ends = (signed_points(-peak), signed_points(peak)) if signed else ("0", percent(peak))
        sheet.text((x0, y + 21), ends[0], 11, QUIET)
        sheet.text((x0 + 120, y + 21), ends[1], 11, QUIET, anchor="rs")
        names = self.choice.names
        note = f"percentage points, {names[1]} − {names[0]}" if signed else "attention weight"
        everything = len(self.choice.record.boxes)
        if self.choice.columns == "region" and len(self.regions) < everything:
            note += f" · {len(self.regions)} strongest of {everything} regions"
        sheet.text((x0 + 134, y + 8), note, 11, QUIET)


Overview = tuple[str, Sequence[Float[np.ndarray, "L H"]]] | None
"""A metric's name and its numbers of each look; None for the shares of attention."""


class HeadOverview:
    """Layers down, heads across: a metric, or each head's share of attention in the direction."""

    def __init__(self, choice: AttentionChoice, width: float, metric: Overview) -> None:
        self.choice, record = choice, choice.record
        self.metric, given = metric or ("", None)
        looks = [record] if choice.after is None else [record, choice.after]
        found = given or [block_shares(one, choice.direction, choice.hidden) for one in looks]
        if choice.is_difference:
            self.shares = found[1] - found[0]
        else:
            self.shares = found[-1 if choice.shown == "after" else 0]
        self.names = [str(n) for n in (record.layer_names or range(record.layers))]
        ruler = Sheet(1, 1)
        self.label = min(130.0, max(ruler.text_width(name, 10.5) for name in self.names)) + 8
        self.cell = min(34.0, (width - self.label) / record.heads)
        self.row = 17.0 if record.layers <= 6 else 13.0
        self.height = 20 + 14 + self.row * record.layers
        self.ends = (0.0, 1.0)

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        """Draw the overview with its corner at (left, top)."""
        heading = f"Layers and heads: {self.metric or '% ' + share_words(self.choice.direction)}"
        sheet.text((left, top + 10), heading, 11, INK, bold=True, widest=430)
        x0, y0 = left + self.label, top + 34
        known = self.shares[~np.isnan(self.shares)]
        if self.choice.is_difference:
            self.ends = (0.0, float(np.abs(known).max(initial=0.0)))
        elif known.size:
            self.ends = shade_ends(float(known.min()), float(known.max()))
        for head in range(self.shares.shape[1]):
            sheet.text((x0 + (head + 0.5) * self.cell, y0 - 4), str(head), 9.5, QUIET, anchor="ms")
        for layer, name in enumerate(self.names):
            y = y0 + layer * self.row
            name = sheet.shortened(name, self.label - 8, 10.5)
            sheet.text((x0 - 6, y + self.row / 2), name, 10.5, QUIET, anchor="rm")
            for head, share in enumerate(self.shares[layer].tolist()):
                self._draw_cell(sheet, x0 + head * self.cell, y, share)
        self._frame(sheet, x0, y0)

    def _draw_cell(self, sheet: Sheet, x: float, y: float, share: float) -> None:
        if np.isnan(share):
            sheet.rectangle(x, y, self.cell - 1, self.row - 1, outline=LINE)
            told, ink = "–", QUIET
        else:
            low, high = self.ends
            paper = signed_colour((share - low) / (high - low) if high > low else 0.0, False)
            sheet.rectangle(x, y, self.cell - 1, self.row - 1, fill=paper)
            told = self._told(share)
            ink = ink_on(paper)
        if self.cell >= 22 or (np.isnan(share) and self.cell >= 8):
            at = (x + self.cell / 2, y + self.row / 2)
            sheet.text(at, told, 10 if self.row > 15 else 9, ink, anchor="mm")

    def _told(self, value: float) -> str:
        if not self.metric:
            return signed_points(value) if self.choice.is_difference else percent(value)[:-2]
        told = cell_number(value)
        return f"+{told}" if self.choice.is_difference and value > 0 and told != "0" else told

    def _frame(self, sheet: Sheet, x0: float, y0: float) -> None:
        head, heads = self.choice.head, self.shares.shape[1]
        x, wide = (x0, heads) if head < 0 else (x0 + head * self.cell, 1)
        y = y0 + self.choice.layer * self.row
        sheet.rectangle(x - 1.5, y - 1.5, wide * self.cell + 2, self.row + 2, outline=INK, line=1.5)
