"""The gallery draws boxes where they are and says what does not fit together."""

import numpy as np
import pytest

from widgets import gallery

GREY = np.full((80, 100, 3), 90, np.uint8)


def _pixels(picture):
    return np.asarray(picture.convert("RGB"))


def test_boxes_are_drawn_where_they_are():
    bare = _pixels(gallery([GREY], [np.zeros((0, 4))], columns=1, width=400))
    boxed = _pixels(gallery([GREY], [np.array([[0.25, 0.5, 0.5, 0.75]])], columns=1, width=400))
    rows, columns = np.nonzero((bare != boxed).any(-1))
    assert abs(columns.min() - 100) <= 3 and abs(columns.max() - 200) <= 3
    assert abs(rows.min() - 160) <= 3 and abs(rows.max() - 240) <= 3


def test_rows_columns_and_captions_take_their_room():
    boxes = [np.zeros((0, 4))] * 4
    plain = gallery([GREY] * 4, boxes, columns=2, width=600)
    said = gallery([GREY] * 4, boxes, (), [["one", "two"]] * 4, columns=2, width=600)
    assert plain.width == said.width == 600
    assert said.height - plain.height == pytest.approx(2 * 2 * 18, abs=2)


def test_what_does_not_fit_is_said():
    with pytest.raises(ValueError, match="2 pictures need as many boxes, got 1"):
        gallery([GREY, GREY], [np.zeros((0, 4))])
    with pytest.raises(ValueError, match="at least one picture"):
        gallery([], [])
