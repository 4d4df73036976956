"""Colours: a scale for attention, one for signed values, a palette for runs, and contrast.

Twin of ``colour.js``.  Colours are ``(red, green, blue)`` with 0..255 in each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Colour = tuple[int, int, int]

EMBER_LIGHT = ((250, 247, 242), (252, 221, 173), (240, 158, 80), (193, 82, 28), (105, 30, 18))
EMBER_DARK = ((32, 34, 38), (86, 46, 30), (168, 76, 28), (238, 150, 66), (255, 234, 190))
FROST_LIGHT = (EMBER_LIGHT[0], (201, 229, 248), (120, 182, 232), (40, 117, 190), (14, 50, 106))
FROST_DARK = (EMBER_DARK[0], (26, 58, 95), (31, 106, 174), (100, 177, 244), (210, 237, 255))
SERIES_LIGHT = (
    (31, 95, 168),
    (178, 84, 16),
    (38, 118, 74),
    (120, 76, 178),
    (176, 44, 72),
    (14, 116, 128),
)
SERIES_DARK = (
    (118, 180, 244),
    (240, 166, 98),
    (116, 204, 152),
    (190, 162, 244),
    (244, 144, 160),
    (98, 206, 214),
)


def mix_colours(first: Sequence[int], second: Sequence[int], share: float) -> Colour:
    """Mix two colours; ``share`` 0 gives the first, 1 the second."""
    red, green, blue = (
        math.floor(a + (b - a) * share + 0.5) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue


def scale_colour(share: float, dark: bool) -> Colour:
    """The attention scale at ``share`` 0..1 (clamped): stronger is farther from the paper."""
    return _along_scale(EMBER_DARK if dark else EMBER_LIGHT, share)


def signed_colour(share: float, dark: bool) -> Colour:
    """The scale of signed values at ``share`` −1..1 (clamped): the attention scale, blue below 0.

    Both sides have the same lightness, so that the larger of two values looks larger whatever
    their signs.
    """
    if share < 0:
        return _along_scale(FROST_DARK if dark else FROST_LIGHT, -share)
    return scale_colour(share, dark)


def _along_scale(stops: Sequence[Colour], share: float) -> Colour:
    share = 0.0 if math.isnan(share) else share
    place = min(1.0, max(0.0, share)) * (len(stops) - 1)
    below = min(len(stops) - 2, math.floor(place))
    return mix_colours(stops[below], stops[below + 1], place - below)


def shade_ends(low: float, high: float) -> tuple[float, float]:
    """Between which values a scale of colours runs, so that values that read alike look alike.

    From the lowest to the highest; from zero where the lowest comes at least half the way down to
    it, and where all are the same within 2 %, or rounding would be painted as a difference.
    """
    alike = high - low < 0.02 * max(abs(low), abs(high))
    return (min(0.0, low), max(0.0, high)) if alike or 0 < low < 0.5 * high else (low, high)


def series_colour(index: int, dark: bool) -> Colour:
    """The colour of the run or series with this index; repeats after six."""
    palette = SERIES_DARK if dark else SERIES_LIGHT
    return palette[index % len(palette)]


def luminance(colour: Sequence[int]) -> float:
    """Relative luminance 0..1 (WCAG 2)."""
    parts = [value / 255 for value in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: Sequence[int], second: Sequence[int]) -> float:
    """Contrast ratio 1..21 (WCAG 2)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def ink_on(paper: Sequence[int]) -> Colour:
    """Black or white, whichever reads better on ``paper``."""
    black, white = (0, 0, 0), (255, 255, 255)  # a softer black is too faint on mid tones
    return black if contrast(black, paper) >= contrast(white, paper) else white
