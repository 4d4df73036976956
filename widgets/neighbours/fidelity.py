"""What a picture of many dimensions keeps of who is near whom, and whom it puts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from widgets.neighbours.embedding_table import EmbeddingTable
from widgets.neighbours.nearest import Metric, agreement, chance, nearest
from widgets.neighbours.space import NeighbourSpace

if TYPE_CHECKING:
    import pandas

Whole = Literal["pca", "shared", "umap"]
"""Pictures of all points; "local" is made for a centre alone."""


def fidelity(
    tables: Sequence[EmbeddingTable],
    k: int = 6,
    *,
    layer: int = -1,
    metric: Metric = "cosine",
    drawing: Whole = "pca",
) -> pandas.DataFrame:
    """How much of what is near in each model's space is near on its picture, a row a model.

    "variance shown" is the share along the picture's two axes; "neighbours kept" the share of a
    point's k nearest in the whole space that are among its k nearest on paper, on average;
    "chance" what k blind choices would keep.
    """
    import pandas

    space = NeighbourSpace(tables)
    layer %= space.layers
    blind = chance(len(space.points) - 1, k)
    pictures = space.projections(drawing, layer)
    rows = []
    for vectors, picture in zip(space.vectors(layer), pictures, strict=True):
        true, _ = nearest(vectors, k, metric)
        drawn, _ = nearest(picture.positions, k, "euclidean")
        kept = float(agreement(true, drawn).mean())
        rows.append((float(picture.explained.sum()), kept, blind))
    columns = ["variance shown", "neighbours kept", "chance"]
    return pandas.DataFrame(rows, [table.model for table in tables], columns)


def beside_on_paper(
    table: EmbeddingTable,
    centre: int,
    k: int = 6,
    *,
    layer: int = -1,
    metric: Metric = "cosine",
    drawing: Whole = "pca",
) -> pandas.DataFrame:
    """The k points that a picture puts nearest to one, with the rank of each in the whole space.

    Rank 1 is truly the nearest.  Raises ``IndexError`` for a point that there is not.
    """
    import pandas

    space = NeighbourSpace([table])
    if not 0 <= centre < len(space.points):
        raise IndexError(f"point {centre} was given; there are 0 to {len(space.points) - 1}")
    layer %= space.layers
    picture = space.projections(drawing, layer)[0]
    others = len(space.points) - 1
    order, away = nearest(space.vectors(layer)[0], others, metric, [centre])
    drawn, _ = nearest(picture.positions, min(k, others), "euclidean", [centre])
    places = [int(np.flatnonzero(order[0] == point)[0]) for point in drawn[0]]
    rows = [
        (table.names[point], table.kinds[point], place + 1, float(away[0, place]))
        for point, place in zip(drawn[0].tolist(), places, strict=True)
    ]
    return pandas.DataFrame(rows, columns=["name", "kind", "rank in the space", "distance"])
