"""A sheet of paper to draw still pictures on: smooth lines, text measured before it is set."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from widgets.core.colour import Colour

INK: Colour = (27, 30, 35)
QUIET: Colour = (96, 101, 109)
LINE: Colour = (219, 221, 224)
PAPER: Colour = (255, 255, 255)

_FINER = 2  # everything is drawn this much larger and brought down, which smooths edges
_FACES = {
    False: ("LiberationSans-Regular.ttf", "HelveticaNeue.ttc", "segoeui.ttf", "DejaVuSans.ttf"),
    True: ("LiberationSans-Bold.ttf", "HelveticaNeue.ttc", "segoeuib.ttf", "DejaVuSans-Bold.ttf"),
}


@cache
def _font(size: float, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for face in _FACES[bold]:
        try:
            return ImageFont.truetype(face, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


class Sheet:
    """White paper ``width`` × ``height`` units; every coordinate below is in units."""

    def __init__(self, width: int, height: int, scale: float = 1) -> None:
        self.width, self.height, self.scale = width, height, scale
        self._fine = scale * _FINER
        size = (round(width * self._fine), round(height * self._fine))
        self.image = Image.new("RGB", size, PAPER)
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def finish(self) -> Image.Image:
        """The drawn picture at its real size."""
        size = (round(self.width * self.scale), round(self.height * self.scale))
        return self.image.resize(size, Image.Resampling.LANCZOS)

    def finish_small(self) -> Image.Image:
        """The same in 256 colours: a notebook that shows a few of these stays below a megabyte."""
        # covering all colours keeps small leaves green, two rounds of k-means large skies blue
        most = Image.Quantize.MAXCOVERAGE
        return self.finish().quantize(256, most, kmeans=2, dither=Image.Dither.NONE)

    def text_width(self, text: str, size: float = 12, bold: bool = False) -> float:
        """How wide a line of text will be."""
        return _font(size * self._fine, bold).getlength(text) / self._fine

    def text(
        self,
        place: tuple[float, float],
        text: str,
        size: float = 12,
        colour: Colour = INK,
        bold: bool = False,
        anchor: str = "ls",
        widest: float | None = None,
    ) -> float:
        """Set one line of text, shortened with "…" beyond ``widest``; answers its width.

        ``anchor`` is PIL's: l, m, r across and s (baseline), m, a (ascender) up and down.
        """
        text = self.shortened(text, widest, size, bold) if widest else text
        at = (place[0] * self._fine, place[1] * self._fine)
        self._draw.text(at, text, fill=colour, font=_font(size * self._fine, bold), anchor=anchor)
        return self.text_width(text, size, bold)

    def lines(self, text: str, widest: float, size: float = 12, bold: bool = False) -> list[str]:
        """The text broken between words into lines of at most ``widest``; "40 %" stays together."""
        lines = [""]
        for word in text.replace(" %", "\u00a0%").split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.text_width(longer, size, bold) > widest:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def shortened(self, text: str, widest: float, size: float = 12, bold: bool = False) -> str:
        """The text, cut with "…" so that it is at most ``widest``."""
        if self.text_width(text, size, bold) <= widest:
            return text
        while text and self.text_width(text + "…", size, bold) > widest:
            text = text[:-1]
        return text.rstrip() + "…"

    def upright_text(
        self, place: tuple[float, float], text: str, size: float, colour: Colour, bold: bool
    ) -> None:
        """Set text that reads upwards, its start at ``place`` and its middle line on it."""
        font = _font(size * self._fine, bold)
        high = round(size * 1.6 * self._fine)
        strip = Image.new("L", (round(font.getlength(text)) + 4, high), 0)
        ImageDraw.Draw(strip).text((0, high / 2), text, fill=255, font=font, anchor="lm")
        turned = strip.rotate(90, expand=True)
        left = round(place[0] * self._fine - high / 2)
        top = round(place[1] * self._fine) - turned.height
        self.image.paste(Image.new("RGB", turned.size, colour), (left, top), turned)

    def rectangle(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        fill: tuple[int, ...] | None = None,
        outline: tuple[int, ...] | None = None,
        line: float = 1,
        radius: float = 0,
    ) -> None:
        """A rectangle; colours may carry an opacity 0..255 as fourth number."""
        corners = self._fined([left, top, left + width, top + height])
        # PIL counts the last pixel in: without this, neighbours overlap by one
        corners[2] = max(corners[0], corners[2] - 1)
        corners[3] = max(corners[1], corners[3] - 1)
        thickness = max(1, round(line * self._fine))
        self._draw.rounded_rectangle(corners, radius * self._fine, fill, outline, thickness)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        colour: tuple[int, ...] = LINE,
        width: float = 1,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """A line through points, whole or dashed (drawn, skipped)."""
        pieces = [list(points)] if dash is None else dashes(points, *dash)
        for piece in pieces:
            flat = [tuple(self._fined(point)) for point in piece]
            if len(flat) > 1:
                self._draw.line(flat, colour, max(1, round(width * self._fine)), joint="curve")

    def dot(self, place: tuple[float, float], radius: float, colour: tuple[int, ...]) -> None:
        """A filled circle."""
        x, y = place
        box = self._fined([x - radius, y - radius, x + radius, y + radius])
        self._draw.ellipse(box, fill=colour)

    def paste(
        self, picture: Image.Image, left: float, top: float, width: float, height: float
    ) -> None:
        """A picture stretched to a rectangle."""
        size = (round(width * self._fine), round(height * self._fine))
        fitted = picture.resize(size, Image.Resampling.LANCZOS)
        self.image.paste(fitted, (round(left * self._fine), round(top * self._fine)))

    def _fined(self, numbers: Sequence[float]) -> list[float]:
        return [round(number * self._fine) for number in numbers]


def dashes(
    points: Sequence[tuple[float, float]], drawn: float, skipped: float
) -> list[list[tuple[float, float]]]:
    """A line through points cut into its dashes."""
    pieces: list[list[tuple[float, float]]] = []
    current: list[tuple[float, float]] = []
    inked, left = True, drawn
    for (x1, y1), (x2, y2) in pairwise(points):
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        if inked and not current:
            current = [(x1, y1)]
        gone = 0.0
        while length - gone > left:
            gone += left
            place = (x1 + (x2 - x1) * gone / length, y1 + (y2 - y1) * gone / length)
            if inked:
                pieces.append([*current, place])
                current = []
            else:
                current = [place]
            inked = not inked
            left = drawn if inked else skipped
        left -= length - gone
        if inked:
            current.append((x2, y2))
    if len(current) > 1:
        pieces.append(current)
    return pieces
