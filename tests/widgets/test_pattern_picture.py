"""Squares of who sees whom: cells are where they belong, and in the right colour."""

from types import SimpleNamespace

import numpy as np
import pytest

from widgets.core.colour import EMBER_LIGHT, SERIES_LIGHT
from widgets.pattern_picture import patterns


def view(how, first_text=2, asked=()):
    size = len(how)
    rows = [f"row {i}" for i in range(size)]
    marked = np.isin(np.arange(size), asked)
    return SimpleNamespace(rows=rows, how=np.array(how), asked=marked, first_text=first_text)


def shades(picture, colour):
    """Where a picture has about this colour."""
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    return np.abs(pixels - np.array(colour)).max(-1) < 24


def test_cells_have_their_kinds_colour():
    how = [[1, 1, 2, 2], [1, 1, 2, 2], [2, 2, 1, 0], [2, 2, 1, 1]]
    picture = patterns([view(how)], [("a", "b")], columns=1, width=400)
    square = np.asarray(picture.convert("RGB"))[40 : 40 + 320, 80:]
    own, across = (shades(picture, c)[40:360, 80:] for c in (SERIES_LIGHT[0], EMBER_LIGHT[2]))
    for row in range(4):
        for column in range(4):
            y, x = row * 80 + 40, column * 80 + 40
            assert own[y, x] == (how[row][column] == 1), (row, column)
            assert across[y, x] == (how[row][column] == 2), (row, column)
    assert square[2 * 80 + 40, 3 * 80 + 40].min() > 225


def test_asked_rows_are_marked_and_the_key_names_only_what_is_there():
    plain = patterns([view([[1, 0], [1, 1]], 1)], [("a", "")], width=400)
    asked = patterns([view([[1, 0], [1, 1]], 1, asked=[1])], [("a", "")], width=400)
    marked = shades(asked, EMBER_LIGHT[3])[:-30].sum() - shades(plain, EMBER_LIGHT[3])[:-30].sum()
    assert marked > 20
    assert not shades(plain, EMBER_LIGHT[2])[-24:, :14].any()


def test_squares_stand_side_by_side():
    one = view([[1, 1], [1, 1]], 1)
    wide = patterns([one] * 3, [("a", "b")] * 3, columns=3, width=900)
    tall = patterns([one] * 3, [("a", "b")] * 3, columns=1, width=300)
    assert wide.width == 900 and tall.height > 2 * wide.height
    for views, titles in (([], []), ([one], [])):
        with pytest.raises(ValueError, match="need as many titles, got 0"):
            patterns(views, titles)
