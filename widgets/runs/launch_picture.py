"""The launcher's form as a still picture: the choice, its costs, how to make it elsewhere, runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from widgets.core.colour import SERIES_LIGHT
from widgets.core.curves import format_number, format_tick
from widgets.drawing import INK, LINE, QUIET, Sheet
from widgets.runs.launch_words import FIELDS, problem_sentence, ratios_of, system_of

_MARGIN, _LINE = 20, 20
_SHOWN = ("data", "steps", "budget", "learning_rate", "precision", "engine", "seed")
_CODE = (246, 247, 248)


def draw(
    options: Mapping[str, Any],
    choice: Mapping[str, Any],
    seen: Mapping[str, Any],
    runs: Sequence[Mapping[str, Any]],
    width: int,
    scale: float,
) -> Image.Image:
    """The picture, as high as what is on it."""
    ratios = ratios_of(options, choice, seen)
    left = [(FIELDS[name], _told(name, choice, seen)) for name in _SHOWN]
    lines = [f"$ {seen['command']}"] if seen.get("command") else []
    rows = max(len(left), len(ratios))
    problem = problem_sentence(options, seen.get("problems", []))
    height = 74 + rows * _LINE + 48 + (40 if lines else 0) + 26 * len(runs) + 10
    sheet = Sheet(width, height, scale)
    wide = width - 2 * _MARGIN
    title = f"{system_of(options, choice).get('title', choice.get('system'))} {choice.get('size')}"
    sheet.text((_MARGIN, 32), title, 17, bold=True, widest=wide)
    says = str(system_of(options, choice).get("says", ""))
    sheet.text((_MARGIN, 52), says, 12.5, QUIET, widest=wide)
    middle = _MARGIN + 0.46 * wide
    for place, (label, value) in enumerate(left):
        y = 84 + place * _LINE
        sheet.text((_MARGIN, y), label, 12.5, QUIET)
        sheet.text((_MARGIN + 120, y), value, 12.5, widest=middle - _MARGIN - 140)
    _draw_ratios(sheet, ratios, middle, 84, width - _MARGIN)
    y = 84 + rows * _LINE + 12
    sheet.line([(_MARGIN, y - 16), (width - _MARGIN, y - 16)], LINE, 0.75)
    figures = " · ".join(f"{label} {value}" for label, value in seen.get("figures", []))
    sheet.text((_MARGIN, y + 4), problem or figures or "Ready.", 12.5, INK, True, widest=wide)
    if lines:
        sheet.rectangle(_MARGIN, y + 18, wide, 28, fill=_CODE, radius=4)
        sheet.text((_MARGIN + 10, y + 36), lines[0], 12, INK, widest=wide - 20)
        y += 40
    for place, row in enumerate(runs):
        _draw_run(sheet, row, y + 34 + 26 * place, wide)
    return sheet.finish()


def _told(name: str, choice: Mapping[str, Any], seen: Mapping[str, Any]) -> str:
    value = choice.get(name)
    if value is None:
        value = (seen.get("settled") or {}).get(name)
    if value is None:
        return "what suits the rest"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return format_number(value) if number and name != "seed" else str(value)


def _draw_ratios(
    sheet: Sheet, ratios: Mapping[str, float], left: float, top: float, right: float
) -> None:
    """The objectives, each with a bar for its share of all ratios."""
    whole = sum(ratio for ratio in ratios.values() if _number(ratio) and ratio > 0) or 1.0
    bar = left + 130
    for place, (name, ratio) in enumerate(ratios.items()):
        y = top + place * _LINE
        share = min(1.0, max(0.0, ratio / whole)) if _number(ratio) else 0.0
        sheet.text((left, y), name, 12.5, INK if share else QUIET, widest=85)
        sheet.text((bar - 12, y), _said(ratio), 12.5, INK if share else QUIET, anchor="rs")
        sheet.rectangle(bar, y - 8, right - bar, 8, fill=LINE, radius=2)
        if share:
            sheet.rectangle(bar, y - 8, (right - bar) * share, 8, fill=SERIES_LIGHT[0], radius=2)


def _draw_run(sheet: Sheet, row: Mapping[str, Any], y: float, wide: float) -> None:
    x = _MARGIN + sheet.text((_MARGIN, y), str(row["name"]), 13, bold=True, widest=0.5 * wide) + 14
    told = f"{row['state']} · step {row['step']:,} of {row['steps']:,}"
    sheet.text((x, y), told, 12.5, QUIET, widest=wide - x)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(ratio: Any) -> str:
    return format_tick(ratio) if _number(ratio) else str(ratio)
