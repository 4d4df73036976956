"""Ranks and recall with several sentences a picture: the metric and the record agree."""

from __future__ import annotations

import numpy as np
import pytest

from widgets.retrieval.record import RetrievalRun
from workbench.metrics.retrieval import both_ways, picture_ranks, ranks, recall, sentence_ranks

SCORES = np.array([[3.0, 3, 1], [5, 2, 1], [0, 1, 9], [2, 0, 9]])
OWNER = np.array([0, 1, 2, 2])


def test_by_hand() -> None:
    assert picture_ranks(SCORES, OWNER).tolist() == [1, 1, 0, 0]
    assert sentence_ranks(SCORES, OWNER).tolist() == [1, 1, 0]
    assert both_ways(SCORES, OWNER)["image"] == {"r1": 0.5, "r5": 1.0, "r10": 1.0}
    assert both_ways(SCORES, OWNER)["text"]["r1"] == pytest.approx(1 / 3)


def test_a_picture_without_a_sentence_is_not_asked_about() -> None:
    scores = np.array([[1.0, 5], [2, 0]])
    assert sentence_ranks(scores, np.array([0, 0])).tolist() == [0, -1]
    assert both_ways(scores, np.array([0, 0]))["text"]["r1"] == 1.0


def test_one_sentence_a_picture_is_the_diagonal() -> None:
    square = np.random.default_rng(0).integers(0, 6, (20, 20)).astype(float)
    own = np.diagonal(square)[:, None]
    np.testing.assert_array_equal(ranks(square), (square >= own).sum(1) - 1)
    assert both_ways(square)["text"] == recall(ranks(square.T), 1, 5, 10)


@pytest.mark.parametrize("seed", range(3))
def test_the_record_gives_the_same_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, 30, 80)
    scores = rng.integers(0, 50, (80, 30)).astype(np.float32)  # with many ties
    scores[np.arange(80), owner] += 8
    names = tuple(f"picture {i}" for i in range(30))
    run = RetrievalRun("m", tuple(f"text {i}" for i in range(80)), names, owner, scores)
    found = both_ways(scores, owner)
    for depth in (1, 5, 10):
        assert run.recall(depth) == pytest.approx(found["image"][f"r{depth}"])
        assert run.recall(depth, "image_to_text") == pytest.approx(found["text"][f"r{depth}"])
    np.testing.assert_array_equal(run.text_ranks - 1, picture_ranks(scores, owner))
    np.testing.assert_array_equal(run.picture_ranks - 1, sentence_ranks(scores, owner))
    assert 0 < found["text"]["r1"] < 1
