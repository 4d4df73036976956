"""Statistics of heads: equal to loops over rows, known for heads of known kinds, NaN at rest."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from tests.widgets import widget_samples as samples
from widgets.attention.head_statistics import MEANINGS, statistics
from widgets.attention.record import AttentionRecord

BOXES = np.array([[0, 0, 0.2, 0.2], [0.6, 0.8, 0.8, 1], [0, 0, 1, 1]], dtype=np.float32)
WORDS = ("[CLS]", "a", "ball", "[SEP]")
ADDED = np.array([False] * 6 + [True])


def record_of(*heads: np.ndarray) -> AttentionRecord:
    """One layer of these heads over four words, two regions and the whole picture."""
    picture = np.zeros((2, 2, 3), dtype=np.uint8)
    attention = np.stack(heads)[None].astype(np.float32)
    return AttentionRecord(WORDS, BOXES, picture, attention, added=ADDED)


def crossed() -> np.ndarray:
    """Words see the second region alone, regions see the last word alone."""
    head = np.zeros((7, 7))
    head[:4, 5] = 1
    head[4:, 3] = 1
    return head


def test_heads_of_known_kinds() -> None:
    evenly = np.full((7, 7), 1 / 7)
    text = np.eye(7)
    text[:4, :4] = np.roll(np.eye(4), 1, axis=1)
    regions = np.eye(7)
    regions[4, 4:6] = 0.25, 0.75
    found = {name: values[0] for name, values in statistics(
        record_of(evenly, crossed(), text, regions)).items()}  # fmt: skip
    assert list(found) == list(MEANINGS)
    np.testing.assert_allclose(found["entropy"][:3], [math.log2(7), 0, 0], atol=1e-6)
    assert found["entropy"][3] == pytest.approx(2 - 0.75 * math.log2(3))
    np.testing.assert_allclose(found["word_to_region"], [3 / 7, 1, 0, np.nan], atol=1e-6)
    np.testing.assert_allclose(found["word_to_word"], [4 / 7, 0, 1, np.nan], atol=1e-6)
    np.testing.assert_allclose(found["region_to_word"], [4 / 7, 1, np.nan, 0], atol=1e-6)
    np.testing.assert_allclose(found["region_to_region"], [3 / 7, 0, np.nan, 1], atol=1e-6)
    np.testing.assert_allclose(found["special"], [2 / 7, 3 / 7, 2 / 4, 0], atol=1e-6)
    np.testing.assert_allclose(found["itself"], [1 / 7, 0, 0, 0.25], atol=1e-6)
    # four words each see the next, the last one the first: 1, 1, 1 and 3 rows away
    np.testing.assert_allclose(found["word_distance"], [1.25, np.nan, 1.5, np.nan], atol=1e-6)
    # centres (0.1, 0.1) and (0.7, 0.9) are 1 apart; the whole picture has no place
    np.testing.assert_allclose(found["region_distance"], [0.5, np.nan, np.nan, 0.75], atol=1e-6)


def test_equal_to_loops_over_rows() -> None:
    record = samples.attention_record(layers=2, heads=3)
    found = statistics(record)
    words, size = len(record.words), record.attention.shape[-1]
    head = record.attention[1, 2].astype(np.float64)
    entropy = [-sum(p * math.log2(p) for p in row if p > 0) for row in head]
    assert found["entropy"][1, 2] == pytest.approx(np.mean(entropy))
    steps = [(head[i, j], abs(i - j)) for i in range(words) for j in range(words)]
    assert found["word_distance"][1, 2] == pytest.approx(
        sum(p * step for p, step in steps) / sum(p for p, _ in steps)
    )
    centre = [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in record.boxes.tolist()]
    steps = [
        (head[words + i, words + j], math.dist(centre[i], centre[j]))
        for i in range(size - words)
        for j in range(size - words)
    ]
    assert found["region_distance"][1, 2] == pytest.approx(
        sum(p * step for p, step in steps) / sum(p for p, _ in steps)
    )
    across = np.mean([sum(row[words:]) for row in head[:words]])
    assert found["word_to_region"][1, 2] == pytest.approx(across)
    np.testing.assert_allclose(found["word_to_region"] + found["word_to_word"], 1, atol=1e-6)
    np.testing.assert_allclose(found["region_to_word"] + found["region_to_region"], 1, atol=1e-6)


def test_rows_at_rest_do_not_count() -> None:
    resting = crossed()
    resting[1] = np.eye(7)[1]
    found, without = statistics(record_of(resting)), statistics(record_of(crossed()))
    for name in MEANINGS:
        if name != "special":  # three of six rows see [SEP] now, not three of seven
            np.testing.assert_allclose(found[name], without[name], err_msg=name)
    assert found["special"][0, 0] == pytest.approx(3 / 6)
    for name, values in statistics(record_of(np.eye(7))).items():
        assert np.isnan(values).all() and values.shape == (1, 1), name


def test_a_sentence_without_a_picture() -> None:
    record = samples.attention_record()
    words = len(record.words)
    head = np.full((1, 2, words, words), 1 / words)
    alone = dataclasses.replace(record, boxes=np.empty((0, 4)), labels=(), attention=head)
    found = statistics(alone)
    assert (found["word_to_region"] == 0).all()
    for name in ("region_to_word", "region_to_region", "region_distance"):
        assert np.isnan(found[name]).all(), name
