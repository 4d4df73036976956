"""Charts of the guess viewer as still pictures: what helps each word, and its course."""

from __future__ import annotations

from widgets.core.colour import mix_colours, series_colour
from widgets.core.curves import format_tick, nice_ticks
from widgets.core.guesses import bits_text
from widgets.drawing import INK, LINE, PAPER, QUIET, Sheet
from widgets.guesses.choice import GuessChoice

ROW, _MOST = 21, 16
DASHES = (None, (7.0, 4.0))
COURSE_HEIGHT = 150


def help_rows(choice: GuessChoice) -> list[list[int]]:
    """The words (or regions) that have a row: those of the kind asked about, at most 16."""
    groups = [g for g in choice.groups if choice.record.is_word(g[0]) == choice.is_word]
    if len(groups) <= _MOST:
        return groups
    most = sorted(groups, key=lambda group: -abs(choice.helped(group)))[:_MOST]
    return [group for group in groups if group in most or group == choice.group]


def help_height(choice: GuessChoice) -> int:
    """How high the bars and what stands over them are."""
    return 44 + ROW * len(help_rows(choice))


def draw_help(sheet: Sheet, choice: GuessChoice, left: float, top: float, width: float) -> None:
    """A row a word: how surprising it is under both conditions, and by how much that differs."""
    rows = help_rows(choice)
    names = [_name(choice, group) for group in rows]
    label = min(120.0, max(sheet.text_width(name, 12.5, True) for name in names)) + 10
    track = width - label - 52
    most = max(1.0, *(bits for group in rows for bits in choice.bits(group)))
    sheet.text((left, top + 11), "Surprise at the truth, bits", 12, INK, True)
    sheet.text((left + width, top + 11), "helps by", 12, INK, True, "rs")
    x = left
    for side, condition in enumerate(choice.conditions):
        draw_bar(sheet, x, top + 21, 16, 7, side)
        x += 22 + sheet.text((x + 22, top + 29), condition, 11.5, QUIET) + 18
    for number, (group, name) in enumerate(zip(rows, names, strict=True)):
        y = top + 38 + number * ROW
        chosen = choice.place in group
        text = sheet.shortened(name, label - 10, 12.5, chosen)
        colour = INK if chosen else QUIET
        sheet.text((left + label - 10, y + ROW / 2), text, 12.5, colour, chosen, "rm")
        for side, bits in enumerate(choice.bits(group)):
            wide = max(1.0, track * bits / most)
            draw_bar(sheet, left + label, y + 3 + 8 * side, wide, 6, side)
        helped = bits_text(choice.helped(group))
        sheet.text((left + width, y + ROW / 2), helped, 12.5, colour, chosen, "rm")


def draw_bar(sheet: Sheet, x: float, y: float, wide: float, high: float, side: int) -> None:
    """A bar of one condition: filled where the other modality is seen, else only outlined."""
    colour = series_colour(side, False)
    if side == 0:
        sheet.rectangle(x, y, wide, high, fill=colour)
    else:
        sheet.rectangle(x, y, wide, high, mix_colours(PAPER, colour, 0.14), colour, 1)


def draw_course(sheet: Sheet, choice: GuessChoice, left: float, top: float, width: float) -> None:
    """The truth's probability at every step, whole and dashed lines, a mark at the chosen one."""
    record = choice.record
    steps = record.steps.tolist()
    sheet.text((left, top + 11), "Probability of the truth, %", 12, INK, True)
    x0, x1, y0, y1 = left + 30, left + width - 4, top + 26, top + COURSE_HEIGHT - 20
    first, last = steps[0], max(steps[-1], steps[0] + 1)

    def across(step: float) -> float:
        return x0 + (x1 - x0) * (step - first) / (last - first)

    for share in (0.0, 0.5, 1.0):
        y = y1 - (y1 - y0) * share
        sheet.line([(x0, y), (x1, y)], LINE, 0.75)
        sheet.text((x0 - 6, y), f"{100 * share:.0f}", 11, QUIET, anchor="rm")
    chosen = steps[choice.moment]
    for step in nice_ticks(first, last, 3):
        if first <= step <= last and abs(across(step) - across(chosen)) > 36:
            sheet.text((across(step), y1 + 15), format_tick(step), 11, QUIET, anchor="ms")
    sheet.line([(across(chosen), y0), (across(chosen), y1)], QUIET, 1)
    anchor = "rs" if across(chosen) > x1 - 20 else "ls" if across(chosen) < x0 + 20 else "ms"
    sheet.text((across(chosen), y1 + 15), format_tick(chosen), 11, INK, True, anchor)
    for side in (1, 0):
        colour, chances = series_colour(side, False), record.truth_chance[:, side, choice.place]
        points = [
            (across(step), y1 - (y1 - y0) * chance)
            for step, chance in zip(steps, chances.tolist(), strict=True)
        ]
        sheet.line(points, colour, 2, DASHES[side])
        for point in points:
            sheet.dot(point, 2.8, colour)
            if side:
                sheet.dot(point, 1.5, PAPER)


def _name(choice: GuessChoice, group: list[int]) -> str:
    hidden = choice.kept_back and choice.place in group
    return "?" if hidden else choice.group_name(group)
