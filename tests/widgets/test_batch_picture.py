"""Batches as still pictures: every row is there, offsets and budgets stand where they should."""

from dataclasses import dataclass

import numpy as np
import pytest

from widgets.batch_picture import packed, padded
from widgets.budget_picture import filled
from widgets.core.colour import EMBER_LIGHT, SERIES_LIGHT


@dataclass(frozen=True)
class Lane:
    cells: tuple
    starts: tuple[int, ...]
    belongs: tuple[int, ...]
    asked: tuple[bool, ...]


@dataclass(frozen=True)
class Rows:
    text: Lane
    regions: Lane
    matched: tuple[bool, ...]


def batch(matched=(True, True), asked=False, regions=3, belongs=(0, 1)) -> Rows:
    words = ("[CLS]", "a", "mushroom", "[SEP]", "[CLS]", "key", "[SEP]")
    crops = tuple(np.full((9, 12, 3), 40 * i, np.uint8) for i in range(regions))
    starts = (0, min(1, regions), regions)
    return Rows(
        Lane(words, (0, 4, 7), (0, 1), (asked,) + (False,) * 6),
        Lane(crops, starts, belongs, (False,) * regions),
        matched,
    )


def pixels(picture, colour) -> int:
    """How many pixels are of about this colour."""
    far = np.abs(np.asarray(picture.convert("RGB")).astype(int) - colour).max(-1)
    return int((far < 30).sum())


def line_of(picture) -> np.ndarray:
    """The columns that are of the line's colour from top to bottom of at least one bar."""
    return ((np.abs(picture - EMBER_LIGHT[3]).max(-1) < 40).sum(0) > 15).nonzero()[0]


def test_each_pair_has_its_colour_and_questions_stand_out():
    plain, asked = packed([batch()]), packed([batch(asked=True)])
    assert plain.width == 960
    assert all(pixels(plain, SERIES_LIGHT[i]) > 300 for i in (0, 2))
    assert pixels(asked, EMBER_LIGHT[3]) > pixels(plain, EMBER_LIGHT[3]) + 100


def test_what_has_changed_is_seen():
    own, other = packed([batch()]), packed([batch((False, False), belongs=(1, 0))])
    assert np.asarray(own.convert("RGB")).tolist() != np.asarray(other.convert("RGB")).tolist()
    two = packed([batch(), batch(regions=0)], ["with", "without"])
    assert two.height > 2 * own.height
    without = packed([batch(regions=0)])
    assert pixels(without, SERIES_LIGHT[2]) < pixels(own, SERIES_LIGHT[2])
    with pytest.raises(ValueError, match="1 batches need as many titles, got 2"):
        packed([batch()], ["a", "b"])
    with pytest.raises(ValueError, match="0 batches"):
        packed([])


def test_padding_counts_the_empty_cells(monkeypatch):
    said = []
    from widgets.drawing import Sheet

    whole = Sheet.text
    monkeypatch.setattr(
        Sheet, "text", lambda self, at, text, *a, **k: (said.append(text), whole(self, at, text))[1]
    )
    padded(batch())
    # longest: 4 tokens and 2 regions, twice
    assert said[-1] == "10 rows of tokens and regions in 12 cells, 2 of them empty"


def test_the_budget_line_stands_where_a_full_batch_ends():
    full = np.asarray(filled([("by rows", [[10, 20, 20], [30]])], 50).convert("RGB")).astype(int)
    ember = line_of(full)
    bars = (np.abs(full - SERIES_LIGHT[5]).max(-1) < 20).any(0).nonzero()[0]
    assert 0 <= ember.mean() - bars.max() < 6
    over = np.asarray(filled([("by pairs", [[40, 40]])], 50).convert("RGB")).astype(int)
    beyond = (np.abs(over - SERIES_LIGHT[5]).max(-1) < 20).any(0).nonzero()[0]
    line = line_of(over)
    assert beyond.max() > line.max() + 100
    with pytest.raises(ValueError, match="no batch to draw"):
        filled([("none", [])], 50)
