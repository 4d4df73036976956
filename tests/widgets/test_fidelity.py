"""What a picture of many dimensions keeps, on points whose neighbours are known beforehand."""

import numpy as np
import pytest

from widgets.neighbours.embedding_table import EmbeddingTable
from widgets.neighbours.fidelity import beside_on_paper, fidelity
from widgets.neighbours.nearest import nearest

# wide in x and y, so that these become the axes; what tells the stranger apart lies along z
POINTS = {
    "centre": (0.0, 0.0, 0.0),
    "friend": (1.0, 0.0, 0.0),
    "neighbour": (0.0, 2.0, 0.0),
    "stranger": (0.1, 0.1, 5.0),
    **{f"far {i}": (*p, 0.0) for i, p in enumerate([(20.0, 0), (-20, 1), (0, 20), (1, -20)])},
}


def table(vectors: np.ndarray, name: str = "model") -> EmbeddingTable:
    """A table of one layer; names are those of POINTS as far as they go."""
    names = tuple(list(POINTS)[: len(vectors)]) if len(vectors) <= len(POINTS) else ()
    names = names or tuple(str(number) for number in range(len(vectors)))
    kinds = ("region",) * len(vectors)
    return EmbeddingTable(name, names, kinds, names, vectors[None].astype(np.float32))


def test_who_stands_beside_a_point_on_paper_is_ranked_in_the_space() -> None:
    points = table(np.array(list(POINTS.values())))
    found = beside_on_paper(points, 0, 3, metric="euclidean")
    assert found["name"].tolist() == ["stranger", "friend", "neighbour"]
    assert found["rank in the space"].tolist() == [3, 1, 2]
    np.testing.assert_allclose(found["distance"], [np.sqrt(25.02), 1.0, 2.0], rtol=1e-5)


def test_what_lies_in_a_plane_is_kept_whole() -> None:
    rng = np.random.default_rng(0)
    axes, _ = np.linalg.qr(rng.normal(size=(16, 2)))
    flat = table(rng.normal(size=(40, 2)) @ axes.T)
    found = fidelity([flat], 5, metric="euclidean").loc["model"]
    assert found["variance shown"] == pytest.approx(1.0, abs=1e-6)
    assert found["neighbours kept"] == 1.0
    assert found["chance"] == pytest.approx(5 / 39)


def test_of_many_dimensions_little_is_kept_and_it_is_counted() -> None:
    rng = np.random.default_rng(1)
    round_one = table(rng.normal(size=(60, 40)), "round")
    found = fidelity([round_one], 6).loc["round"]
    assert found["chance"] < found["neighbours kept"] < 0.4
    # counted once more, point by point
    _, _, axes = np.linalg.svd(v := round_one.vectors[0] - round_one.vectors[0].mean(0))
    drawn, _ = nearest(v @ axes[:2].T, 6, "euclidean")
    true, _ = nearest(round_one.vectors[0], 6)
    both = [len({*a} & {*b}) / 6 for a, b in zip(true.tolist(), drawn.tolist(), strict=True)]
    assert found["neighbours kept"] == pytest.approx(np.mean(both))


def test_a_point_that_is_not_there_is_refused() -> None:
    with pytest.raises(IndexError, match="0 to 7"):
        beside_on_paper(table(np.array(list(POINTS.values()))), 8)
