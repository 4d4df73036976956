"""Pointing by hand: whose weight is greatest, over the pair's own rows, chosen apart from told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from widgets.attention.record import AttentionRecord
from workbench.explain.pointing import Pointing, points, points_by

# words: [CLS] [SEP](added) a ball ##oon [SEP]; regions: sun, balloon, tree, the whole picture
WORDS = ("[CLS]", "[SEP]", "a", "ball", "##oon", "[SEP]")
ADDED = np.array([False, True, *[False] * 7, True])
NAME, REGION = (2, 3), 1


def record_of(*heads: np.ndarray) -> AttentionRecord:
    labels = ("sun", "balloon", "tree", "whole picture")
    picture = np.zeros((2, 2, 3), dtype=np.uint8)
    boxes = np.zeros((4, 4), dtype=np.float32)
    return AttentionRecord(WORDS, boxes, picture, np.stack(heads)[None], labels, added=ADDED)


def head(*changes: tuple[int, list[float]]) -> np.ndarray:
    rows = np.eye(10, dtype=np.float32)
    for row, weights in changes:
        rows[row] = 0
        rows[row, : len(weights)] = weights
        rows[row, 0] += 1 - rows[row].sum()
    return rows


def test_the_greatest_weight_between_a_name_and_the_pairs_own_regions():
    right = head((3, [0] * 6 + [0.3, 0.2, 0.1, 0.4]), (4, [0] * 6 + [0.1, 0.3, 0.1, 0.4]))
    wrong = head((3, [0] * 6 + [0.3, 0.2, 0.1, 0.4]), (4, [0] * 6 + [0.2, 0.2, 0.1, 0.4]))
    back = head(
        (6, [0, 0, 0, 0.2, 0.2]), (7, [0, 0, 0, 0.1, 0.4]), (8, [0, 0.9]), (9, [0, 0, 0, 0.9])
    )
    aside = head((1, [0] * 6 + [0.9]), (2, [0] * 7 + [0.9]), (7, [0, 0.9]))
    found = points(record_of(right, wrong, back, aside), NAME, REGION)
    assert found.shape == (2, 1, 4)
    np.testing.assert_array_equal(found[0, 0], [1, 0, np.nan, np.nan])
    np.testing.assert_array_equal(found[1, 0], [np.nan, np.nan, 1, np.nan])
    assert points(record_of(right), NAME, 0)[0, 0, 0] == 0


def test_relevance_points_the_same_way():
    record = record_of(head())
    weights = np.array([9, 9, 9, 9, 9, 9, 0.1, 0.3, 0.2, 5.0])
    assert points_by(record, weights, 1) == 1 and points_by(record, weights, 2) == 0
    assert points_by(record, np.zeros(10), 0) == 0, "what is relevant nowhere points nowhere"


def test_the_best_head_is_not_chosen_on_what_is_reported():
    nothing = np.nan
    found = Pointing(
        "model",
        ("text 1", "co-attention 1"),
        np.array([[[nothing, nothing], [0.5, 0.9]], [[nothing, nothing], [0.7, 0.2]]]),
        np.array([[[nothing, nothing], [1.0, 0.6]], [[nothing, nothing], [0.8, 0.4]]]),
        0.5,
        0.7,
        0.4,
        30,
    )
    assert found.best == (0, 1, 1) and found.accuracy == 0.6
    assert found.best_head == "co-attention 1, head 1, words → regions"
    assert found.mean == pytest.approx(0.7)
    assert (found.best_in(1), found.share_in(1)) == ((1, 0), 0.8)
    blind = np.full((2, 1, 2), nothing)
    apart = dataclasses.replace(found, chosen_on=blind, heads=blind, layer_names=("text 1",))
    assert apart.best_in(0) is None and np.isnan(apart.share_in(0))
    with pytest.raises(ValueError, match="no head of model looks from words to regions"):
        _ = apart.best
