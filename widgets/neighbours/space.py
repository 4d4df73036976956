"""What several models make of the same points: projections and neighbours, worked out once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int

from widgets.neighbours.embedding_table import EmbeddingTable, same_points
from widgets.neighbours.nearest import Metric, nearest
from widgets.neighbours.projection import Projection, aligned, principal, shared_principal
from widgets.neighbours.umap_projection import umap_positions

Drawing = Literal["pca", "shared", "local", "umap"]
DRAWINGS: tuple[Drawing, ...] = ("pca", "shared", "local", "umap")
"""Each model's principal components; those of all models together; those of the neighbourhood of
the centre; UMAP."""

MOST = 10
"""How many neighbours are worked out for everybody."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Near:
    """The neighbours of some points in one model: numbers (−1 none) and distances [q, k]."""

    numbers: Int[np.ndarray, "q k"]
    distances: Float[np.ndarray, "q k"]


class NeighbourSpace:
    """Tables of the same points, and everything that was ever asked about them.

    Raises ``ValueError`` for no table or tables of different points.
    """

    def __init__(self, tables: Sequence[EmbeddingTable]) -> None:
        if not tables:
            raise ValueError("neighbourhoods need a table or several, got none")
        same_points(tables)
        self.tables = tuple(tables)
        self.points = tables[0]
        self.layers = max(table.layers for table in tables)
        self._known: dict[tuple[Any, ...], Any] = {}

    def vectors(self, layer: int) -> list[Float[np.ndarray, "n D"]]:
        """Every model's vectors in a layer, or in its last one where it has fewer."""
        return [table.vectors[table.place(layer)] for table in self.tables]

    def among(self, kind: str) -> Bool[np.ndarray, "n"]:
        """Which points are of a kind; all of them for "all"."""
        return np.array([kind in ("all", one) for one in self.points.kinds], dtype=np.bool_)

    def near(
        self, layer: int, metric: Metric, kind: str, of: Sequence[int] | None = None
    ) -> list[Near]:
        """In each model, the ``MOST`` nearest of a kind to every point, or to those asked for."""

        def work() -> list[Near]:
            among, k = self.among(kind), min(MOST, max(1, len(self.points) - 1))
            return [Near(*nearest(v, k, metric, of, among)) for v in self.vectors(layer)]

        asked = None if of is None else tuple(of)
        return self._once(("near", layer, metric, kind, asked), work)

    def around(self, centre: int, layer: int, metric: Metric, kind: str, k: int) -> list[int]:
        """The centre and its k nearest in any of the models, by their numbers."""
        lists = [near.numbers[0, :k] for near in self.near(layer, metric, kind, [centre])]
        found = {int(point) for numbers in lists for point in numbers if point >= 0}
        return [centre, *sorted(found - {centre})]

    def projections(
        self, drawing: Drawing, layer: int, around: Sequence[int] = ()
    ) -> list[Projection]:
        """Every model's picture of a layer, turned onto that of the first one.

        ``around`` are the points whose components are taken for "local".  The first model's own
        layers are turned onto its last one, so that points do not jump from layer to layer.
        """
        fitted = np.asarray(around, dtype=np.int64) if drawing == "local" else None
        key = ("projections", drawing, layer, tuple(around) if drawing == "local" else ())
        return self._once(key, lambda: self._projected(drawing, layer, fitted))

    def knows(self, drawing: Drawing, layer: int) -> bool:
        """Was this picture (not a local one) worked out before?"""
        return ("projections", drawing, layer, ()) in self._known

    def _projected(
        self, drawing: Drawing, layer: int, fitted: Int[np.ndarray, "m"] | None
    ) -> list[Projection]:
        if drawing == "shared":
            return shared_principal(self.vectors(layer))
        if drawing == "umap":
            found = [Projection(_umap(v), np.zeros(2)) for v in self.vectors(layer)]
        else:
            found = [principal(v, fitted) for v in self.vectors(layer)]
        last = self.layers - 1
        first = found[0]
        if drawing == "pca" and layer != last:
            first = aligned(first, self.projections(drawing, last)[0].positions)
        return [first, *(aligned(one, first.positions, fitted) for one in found[1:])]

    def _once(self, key: tuple[Any, ...], work: Callable[[], _Answer]) -> _Answer:
        if key not in self._known:
            self._known[key] = work()
        return self._known[key]


def _umap(vectors: Float[np.ndarray, "n D"]) -> Float[np.ndarray, "n 2"]:
    return umap_positions(vectors).astype(np.float64)
