"""How often the nearest point is of the same concept: words by regions, regions by regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from widgets.neighbours.embedding_table import KINDS, EmbeddingTable
from widgets.neighbours.nearest import Metric, nearest

if TYPE_CHECKING:
    import pandas


def kinship(
    tables: Sequence[EmbeddingTable], layer: int = -1, metric: Metric = "cosine"
) -> pandas.DataFrame:
    """For each way (from a word to regions, ...) the share of nearest neighbours of the same kin.

    A column a model, and that of chance.  Only points count whose concept is that of another point
    of the other side; a way on which there is none is left out.
    """
    import pandas

    points = tables[0]
    concepts, kinds = np.array(points.groups), np.array(points.kinds)
    same = concepts[:, None] == concepts[None]
    np.fill_diagonal(same, False)
    shares = {}
    for one in KINDS:
        for other in KINDS:
            among = kinds == other
            asked = np.flatnonzero((kinds == one) & (same & among).any(1))
            if not len(asked):
                continue
            right = []
            for table in tables:
                found, _ = nearest(table.vectors[layer], 1, metric, of=asked.tolist(), among=among)
                right.append(float(same[asked, found[:, 0]].mean()))
            pool = among.sum() - (one == other)
            expected = float((same[asked] & among).sum(1).mean() / pool)
            shares[f"{one} to {other}"] = [*right, expected]
    return pandas.DataFrame(shares, [*(table.model for table in tables), "chance"]).T
