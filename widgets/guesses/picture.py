"""The guess viewer as a still picture: what GitHub, a paper or a slide shows."""

from __future__ import annotations

from PIL import Image

from widgets.core.colour import Colour, series_colour
from widgets.core.layout import box_to_rectangle, fit_inside
from widgets.core.text import percent, readable_pieces
from widgets.drawing import INK, LINE, PAPER, QUIET, Sheet
from widgets.guesses.charts import (
    COURSE_HEIGHT,
    DASHES,
    draw_bar,
    draw_course,
    draw_help,
    help_height,
)
from widgets.guesses.choice import GuessChoice, guess_text

_MARGIN, _GUESS, _LINE = 20, 30, 27
_AMBER: Colour = (255, 192, 92)
_NIGHT: Colour = (14, 16, 20)


def draw(choice: GuessChoice, width: int, scale: float) -> Image.Image:
    """The pair and its blanks on the left, the guesses and their course on the right."""
    record, wide = choice.record, width - 2 * _MARGIN
    left_width = round(wide * 0.44)
    right, right_width = _MARGIN + left_width + 32, wide - left_width - 32
    size = fit_inside(record.picture.shape[1], record.picture.shape[0], left_width, 260)
    ruler = Sheet(1, 1)
    said = ruler.lines(choice.sentence(), wide, 16, bold=True)
    words = _blank_lines(ruler, choice, left_width)
    kept = choice.kept_back
    guesses = 0 if kept else record.top.shape[-1]
    course = len(record.steps) > 1 and not kept
    top = 44 + 21 * len(said)
    left_height, right_height = size[1] + 14 + _LINE * len(words), 74 + _GUESS * max(1, guesses)
    if course:  # the bars take the emptier column
        left_height, right_height = left_height + help_height(choice), right_height + COURSE_HEIGHT
    elif not kept:
        right_height += 10 + help_height(choice)
    sheet = Sheet(width, round(top + max(left_height, right_height) + _MARGIN), scale)
    for number, line in enumerate(said):
        sheet.text((_MARGIN, 32 + 21 * number), line, 16, bold=True)
    sheet.text((_MARGIN, top - 14), choice.subtitle(), 12.5, QUIET, widest=wide)
    _draw_picture(sheet, choice, _MARGIN, top, *size)
    _draw_words(sheet, choice, words, _MARGIN, top + size[1] + 14)
    half = (right_width - 28) / 2
    for side in (0, 1):
        _draw_guesses(sheet, choice, side, right + side * (half + 28), top, half)
    below = top + 84 + _GUESS * guesses
    if course:
        draw_course(sheet, choice, right, below, right_width)
        draw_help(sheet, choice, _MARGIN, top + size[1] + 18 + _LINE * len(words), left_width)
    elif not kept:
        draw_help(sheet, choice, right, below, right_width)
    return sheet.finish()


def _draw_picture(
    sheet: Sheet, choice: GuessChoice, left: float, top: float, width: int, height: int
) -> None:
    record, words = choice.record, len(choice.record.words)
    sheet.paste(Image.fromarray(record.picture), left, top, width, height)
    asked = {int(record.places[place]) - words for place in choice.together}
    for region, box in enumerate(record.boxes.tolist()):
        x, y, wide, high = box_to_rectangle(box, width, height)
        if region not in asked:
            sheet.rectangle(left + x, top + y, wide, high, outline=(255, 255, 255, 70), line=0.5)
            continue
        shade = (*_NIGHT, 255 if choice.kept_back else 120)
        sheet.rectangle(left + x, top + y, wide, high, fill=shade)
        own = region == int(record.places[choice.place]) - words
        sheet.rectangle(left + x, top + y, wide, high, None, _AMBER, 3 if own else 1.5)
        middle = (left + x + wide / 2, top + y + high / 2)
        sheet.text(middle, "?", min(26.0, max(10.0, 0.5 * high)), _AMBER, True, "mm")


_Piece = tuple[int, str, float, float]  # word, text, gap before it, width


def _blank_lines(ruler: Sheet, choice: GuessChoice, width: float) -> list[list[_Piece]]:
    """The sentence in lines; a hidden piece has room around it."""
    record = choice.record
    hidden = {int(record.places[place]) for place in choice.together}
    lines: list[list[_Piece]] = [[]]
    used = 0.0
    for word, (text, joined) in enumerate(readable_pieces(record.words)):
        shown = "?" if word in hidden and choice.kept_back else text
        room = 12 if word in hidden else 2
        wide = max(ruler.text_width(shown, 14, word in hidden) + room, 40 if word in hidden else 0)
        gap = 0.0 if joined or not lines[-1] else 5.0
        if lines[-1] and used + gap + wide > width:
            lines.append([])
            used, gap = 0.0, 0.0
        lines[-1].append((word, shown, gap, wide))
        used += gap + wide
    return lines


def _draw_words(
    sheet: Sheet, choice: GuessChoice, lines: list[list[_Piece]], left: float, top: float
) -> None:
    record = choice.record
    places = record.places.tolist()
    chosen, hidden = places[choice.place], {places[place] for place in choice.together}
    for number, line in enumerate(lines):
        x, y = left, top + number * _LINE
        for word, text, gap, wide in line:
            x += gap
            if word in hidden:
                own = word == chosen
                sheet.rectangle(x, y, wide, 21, INK if own else None, INK, 1, 3)
                sheet.text((x + wide / 2, y + 15), text, 14, PAPER if own else INK, True, "ms")
            else:
                sheet.text((x + 1, y + 15), text, 14, INK)
                if word in places:
                    sheet.line([(x + 1, y + 20), (x + wide - 1, y + 20)], QUIET, 1, (2, 2))
            x += wide


def _draw_guesses(
    sheet: Sheet, choice: GuessChoice, side: int, left: float, top: float, width: float
) -> None:
    record, colour = choice.record, series_colour(side, False)
    sheet.line([(left, top + 9), (left + 26, top + 9)], colour, 2.5, DASHES[side])
    name = choice.conditions[side]
    sheet.text((left + 34, top + 14), name, 13.5, INK, True, widest=width - 34)
    if choice.kept_back:
        sheet.text((left, top + 46), "Guess first.", 13, QUIET)
        return
    at = (choice.moment, side, choice.place)
    guesses = zip(record.top[at].tolist(), record.chance[at].tolist(), strict=True)
    for number, (guess, chance) in enumerate(guesses):
        if not guess:
            continue
        y = top + 30 + number * _GUESS
        right = guess == record.truth[choice.place]
        said, indent = percent(chance), 16 if right else 0
        if right:  # a check mark, which few typefaces have
            tick = [(left, y + 9), (left + 4, y + 14), (left + 11, y + 4)]
            sheet.line(tick, INK, 2)
        space = width - indent - sheet.text_width(said, 13) - 10
        sheet.text((left + indent, y + 14), guess_text(guess), 13.5, INK, right, widest=space)
        sheet.text((left + width, y + 14), said, 13, INK, right, "rs")
        sheet.rectangle(left, y + 19, width, 5, fill=LINE)
        if chance > 0:
            draw_bar(sheet, left, y + 19, max(1.0, width * chance), 5, side)
    y = top + 30 + record.top.shape[-1] * _GUESS + 16
    for number, line in enumerate(sheet.lines(choice.rank_text(side), width, 12)):
        sheet.text((left, y + 16 * number), line, 12, QUIET, widest=width)
