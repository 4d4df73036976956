"""The curves of runs as a still picture: a header a run and a grid of small charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PIL import Image

from widgets.core.colour import Colour, mix_colours, series_colour
from widgets.core.curves import (
    extent,
    format_number,
    format_tick,
    log_ticks,
    nice_ticks,
    smooth,
    thin,
    with_zero,
)
from widgets.drawing import INK, LINE, PAPER, QUIET, Sheet
from widgets.runs.curve_charts import Chart
from widgets.runs.run_status import RunStatus

_MARGIN = 20
_GAP = 24
_CHART_HEIGHT = 160
_DASHES = (None, (7.0, 4.0), (2.0, 3.0), (9.0, 3.0), (4.0, 4.0), (1.5, 2.0))
_TITLE_HEIGHT = 30
_ALARM = ((250, 226, 228), (128, 22, 40))
_BADGES = {"running": (INK, PAPER), "paused": (QUIET, PAPER), "failed": _ALARM, "dead": _ALARM}


def draw(
    statuses: Sequence[RunStatus],
    charts: Sequence[Chart],
    smoothing: float,
    logarithmic: bool,
    width: int,
    scale: float,
) -> Image.Image:
    """A header line a run and a grid of charts sharing their steps."""
    columns = columns_for(len(charts), width, len(statuses))
    rows = math.ceil(len(charts) / columns)
    top = _MARGIN + 34 * len(statuses) + 14
    sheet = Sheet(width, top + rows * (_CHART_HEIGHT + 22) + 6, scale)
    for run, status in enumerate(statuses):
        _draw_header(sheet, status, run, len(statuses) > 1, _MARGIN + 34 * run)
    reached = [steps[-1] for chart in charts for steps, _ in chart.curves if steps]
    last = max([1.0, *reached, *(status.steps for status in statuses)])
    wide = (width - 2 * _MARGIN - _GAP * (columns - 1)) / columns
    for place, chart in enumerate(charts):
        left = _MARGIN + (place % columns) * (wide + _GAP)
        corner = (left, top + (place // columns) * (_CHART_HEIGHT + 22))
        weight = smoothing if chart.smooth else 0.0
        _Drawing(chart, weight, logarithmic and chart.loss, last).draw(sheet, corner, wide)
    return sheet.finish()


def columns_for(charts: int, width: float, runs: int) -> int:
    """How many charts stand side by side: 3 or 4 where there is room, for the fewest holes."""
    # every run adds a number to the titles, which then need wider charts
    choices = (4, 3) if width >= 800 and runs == 1 else (3,) if width >= 700 else (2,)
    return min(charts, min(choices, key=lambda columns: -charts % columns))


def _draw_header(sheet: Sheet, status: RunStatus, run: int, several: bool, top: float) -> None:
    x, colour = float(_MARGIN), series_colour(run, False)
    if several:
        sheet.line([(x, top + 8), (x + 26, top + 8)], colour, 2.5, _DASHES[run % 6])
        x += 36
    x += sheet.text((x, top + 14), status.name, 16, bold=True, widest=330) + 12
    label = status.state
    wide = sheet.text_width(label, 12) + 16
    paper, ink = _BADGES.get(label, ((236, 238, 240), INK))
    sheet.rectangle(x, top, wide, 19, fill=paper, radius=9.5)
    sheet.text((x + 8, top + 13.5), label, 12, ink)
    x += wide + 14
    facts = [*status.facts(), *([status.message] if status.message else [])]
    sheet.text((x, top + 14), " · ".join(facts), 12.5, QUIET, widest=sheet.width - _MARGIN - x)
    share = min(1.0, status.step / status.steps) if status.steps else 0.0
    bar = sheet.width - 2 * _MARGIN
    sheet.rectangle(_MARGIN, top + 25, bar, 3, fill=LINE, radius=1.5)
    if share > 0:
        sheet.rectangle(_MARGIN, top + 25, bar * share, 3, fill=colour, radius=1.5)


class _Drawing:
    """One small chart: a title with its present value, three rules, and a line a run."""

    def __init__(self, chart: Chart, smoothing: float, logarithmic: bool, last: float) -> None:
        self.title, self.dots, self.smoothing, self.last = chart.title, chart.dots, smoothing, last
        self.curves = [
            (at, [_placed(v, logarithmic) for v in values]) for at, values in chart.curves
        ]
        self.lines = [smooth(values, smoothing) for _, values in self.curves]
        self.logarithmic = logarithmic
        raw = [value for _, values in self.curves for value in values]
        thick = [value for line in self.lines for value in line]
        low, high = extent(raw, 0.01)
        inner = extent(thick, 0.0) if any(map(math.isfinite, thick)) else (low, high)
        bounds = min(low, inner[0]), max(high, inner[1])
        bounds = bounds if chart.loss or chart.dots else (min(0.0, bounds[0]), bounds[1])
        self.low, self.high = bounds if logarithmic else with_zero(*bounds)

    def draw(self, sheet: Sheet, corner: tuple[float, float], width: float) -> None:
        """Draw with the title's corner at ``corner``."""
        left, top = corner
        self._draw_title(sheet, left, top, width)
        ticks = self._ticks()
        names = [name for _, name in ticks]
        room = max([22.0, *(sheet.text_width(name, 11) for name in names)]) + 7
        x0, x1 = left + room, left + width
        y0, y1 = top + _TITLE_HEIGHT, top + _CHART_HEIGHT - 18

        def place(step: float, value: float) -> tuple[float, float]:
            share = (value - self.low) / (self.high - self.low)
            across = x0 + (x1 - x0) * step / max(1.0, self.last)
            return across, min(y1 + 3, max(y0 - 3, y1 - (y1 - y0) * share))

        for tick, name in ticks:
            y = place(0, tick)[1]
            sheet.line([(x0, y), (x1, y)], LINE, 0.75)
            sheet.text((x0 - 6, y), name, 11, QUIET, anchor="rm")
        for step in nice_ticks(0, self.last, 2):
            x = place(step, self.low)[0]
            anchor = "ms" if x < x1 - 14 else "rs"
            sheet.text((x, y1 + 17), format_number(step), 11, QUIET, anchor=anchor)
        for run, (steps, values) in enumerate(self.curves):
            colour = series_colour(run, False)
            if self.smoothing > 0:
                faint = mix_colours(PAPER, colour, 0.28)
                self._draw_line(sheet, steps, values, place, faint, 0.8, None)
            self._draw_line(sheet, steps, self.lines[run], place, colour, 1.8, _DASHES[run % 6])
            for step, value in zip(steps, values, strict=True):
                if self.dots and math.isfinite(value):
                    sheet.dot(place(step, value), 2.6, colour)

    def _ticks(self) -> list[tuple[float, str]]:
        if not self.logarithmic:
            return [(tick, format_tick(tick)) for tick in nice_ticks(self.low, self.high, 3)]
        values = log_ticks(10**self.low, 10**self.high)
        return [(math.log10(value), format_tick(value)) for value in values]

    def _draw_title(self, sheet: Sheet, left: float, top: float, width: float) -> None:
        x = left + width
        finite = [[v for v in line if math.isfinite(v)] for line in self.lines]
        for run in range(len(finite) - 1, -1, -1):
            if finite[run]:
                value = 10 ** finite[run][-1] if self.logarithmic else finite[run][-1]
                colour = INK if len(finite) == 1 else series_colour(run, False)
                x -= sheet.text((x, top + 12), format_number(value), 13, colour, True, "rs") + 10
        sheet.text((left, top + 12), self.title, 13, INK, widest=x - left)

    @staticmethod
    def _draw_line(
        sheet: Sheet,
        steps: Sequence[float],
        values: Sequence[float],
        place: Callable[[float, float], tuple[float, float]],
        colour: Colour,
        width: float,
        dash: tuple[float, float] | None,
    ) -> None:
        shown = [index for index in thin(values, 600) if math.isfinite(values[index])]
        sheet.line([place(steps[i], values[i]) for i in shown], colour, width, dash)
        if len(shown) == 1:
            sheet.dot(place(steps[shown[0]], values[shown[0]]), 2, colour)


def _placed(value: float, logarithmic: bool) -> float:
    if not logarithmic:
        return value
    return math.log10(value) if value > 0 else math.nan
