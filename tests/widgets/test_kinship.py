"""How often the nearest point is of the same concept, counted by hand."""

import numpy as np
import pytest

from widgets.neighbours.embedding_table import EmbeddingTable
from widgets.neighbours.kinship import kinship

NAMES = ("toucan", "boat", "toucan", "boat", "toucan")
KINDS = ("word", "word", "region", "region", "region")
APART = [[1, 0], [0, 1], [0.1, 1], [1, 0.1], [0.2, 1]]  # every region by the other's word
TOGETHER = [[1, 0], [0, 1], [1, 0.1], [0.1, 1], [1, 0.2]]


def table(model: str, vectors: list[list[float]]) -> EmbeddingTable:
    return EmbeddingTable(model, NAMES, KINDS, NAMES, np.array([vectors], dtype=np.float32))


def test_shares_are_those_counted_by_hand():
    found = kinship([table("before", APART), table("after", TOGETHER)])
    assert list(found.columns) == ["before", "after", "chance"]
    assert found.loc["word to region"].tolist() == [0.0, 1.0, pytest.approx(0.5)]
    assert found.loc["region to word"].tolist() == [0.0, 1.0, pytest.approx(0.5)]
    # the boat's region has no other of its kin and is not asked; a toucan's has one of two others
    assert found.loc["region to region"].tolist() == [1.0, 1.0, pytest.approx(0.5)]
    assert "word to word" not in found.index
