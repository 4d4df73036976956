"""The neighbourhood explorer: what stands near a word or a region, in several models at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import combinations
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import numpy as np
from PIL import Image

from widgets import assets
from widgets.core.colour import Colour, scale_colour
from widgets.core.scatter import collapsed, neighbour_sentence, point_name, shared_count
from widgets.neighbours import wire
from widgets.neighbours.embedding_table import EmbeddingTable
from widgets.neighbours.nearest import Metric, agreements, chance
from widgets.neighbours.picture import Seen, draw
from widgets.neighbours.space import Drawing, NeighbourSpace
from widgets.neighbours.traits import NeighbourTraits
from widgets.neighbours.umap_projection import FIRST_TIME

if TYPE_CHECKING:
    import pandas

_POINTS = ("models", "names", "kinds", "groups", "layer_names", "column_names", "columns")
_SHEET = ("sheet", "thumbnail", "side", "sheet_columns")


class Neighbourhoods(NeighbourTraits):
    """A centre, its nearest words and regions, and where they lie in each of several models.

    ``tables`` are ``EmbeddingTable`` of the same points, or paths of them; ``centre`` is the
    number of a point or its name.  Neighbours are searched in the original space, among points of
    ``kind``.  ``projection`` is "pca" (each model's own, turned onto the first), "shared" (one
    pair of axes for all), "local" (components of the centre's neighbourhood) or "umap" (in the
    background, kept on disk).  ``view`` is [x, y, zoom], the same in every panel, or around the
    centre of each when ``focused``.
    Raises ``traitlets.TraitError`` for a point, layer or concept that there is not.

    .. image:: ../../docs/pictures/neighbourhoods.png
    """

    _esm: ClassVar[str] = assets.module("neighbours/neighbourhoods.js")
    _css: ClassVar[str] = assets.style("neighbours/neighbourhoods.css")
    _exact: ClassVar[tuple[Colour, ...]] = tuple(scale_colour(i / 59, False) for i in range(60))

    def __init__(
        self,
        tables: EmbeddingTable | str | PathLike[str] | Sequence[Any],
        centre: int | str = 0,
        *,
        layer: int | None = None,
        **choices: Any,
    ) -> None:
        several = [tables] if isinstance(tables, EmbeddingTable | str | PathLike) else tables
        self.space = NeighbourSpace([EmbeddingTable.of(table) for table in several])
        self._worker: threading.Thread | None = None
        layer = self.space.layers - 1 if layer is None else layer
        unknown = sorted(set(choices) - set(self._choices))
        if unknown:
            raise TypeError(
                f"neighbourhoods have no {unknown[0]!r}; choose {', '.join(self._choices)}"
            )
        super().__init__(
            **wire.described(self.space),
            centre=self.find(centre) if isinstance(centre, str) else centre,
            layer=layer,
            **choices,
        )
        self._bring()
        decides = ["centre", "layer", "k", "kind", "metric", "projection"]
        self.observe(lambda _: self._bring(), names=decides)

    def find(self, name: str) -> int:
        """The point of this name, words first; raises ``ValueError`` with close names."""
        lower = [one.lower() for one in self.space.points.names]
        found = [i for i, one in enumerate(lower) if one == name.strip().lower()]
        if not found:
            close = get_close_matches(name.lower(), sorted(set(lower)), 5, 0.5)
            raise ValueError(
                f"no point is called {name!r}; "
                + (f"close to it are {', '.join(close)}" if close else "see .names for all")
            )
        words = [point for point in found if self.space.points.kinds[point] == "word"]
        return (words or found)[0]

    def neighbours(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """In each model, the numbers of the k nearest to the centre, and their distances."""
        found = self.space.near(self.layer, self._metric, self.kind, [self.centre])
        cut = [(near.numbers[0, : self.k], near.distances[0, : self.k]) for near in found]
        return [(numbers[numbers >= 0], away[numbers >= 0]) for numbers, away in cut]

    def agreement(self, measure: Literal["overlap", "jaccard"] = "overlap") -> pandas.DataFrame:
        """How far every two models agree on the neighbours of every point, 0 to 1.

        A row a point, with its mean, and a column a pair of models.  What k blind choices would
        give stands in ``.attrs["chance"]``.  Exact: for 20,000 points it takes a minute or two.
        """
        near = self.space.near(self.layer, self._metric, self.kind)
        found = agreements([one.numbers[:, : self.k] for one in near], measure)
        frame = self.space.points.frame().loc[:, ["name", "kind", "concept"]].copy()
        pairs = list(combinations(range(len(self.models)), 2))
        for one, other in pairs:
            frame[f"{self.models[one]} – {self.models[other]}"] = found[one, other]
        frame["mean"] = np.mean([found[pair] for pair in pairs], axis=0) if pairs else 1.0
        frame.attrs["chance"] = chance(self._pool() - 1, self.k, measure)
        return frame

    def table(self) -> pandas.DataFrame:
        """The neighbours shown: model, rank, point, name, kind, concept, distance, found_in.

        ``found_in`` says in how many of the models a point is among the neighbours.
        """
        import pandas

        lists, points = self.neighbours(), self.space.points
        rows = []
        for model, (numbers, distances) in zip(self.models, lists, strict=True):
            for rank, (point, distance) in enumerate(zip(numbers, distances, strict=True), 1):
                found_in = sum(point in others for others, _ in lists)
                told = (points.names[point], points.kinds[point], points.groups[point])
                rows.append((model, rank, int(point), *told, float(distance), found_in))
        columns = ("model", "rank", "point", "name", "kind", "concept", "distance", "found_in")
        return pandas.DataFrame(rows, columns=list(columns))

    def selected(self) -> pandas.DataFrame:
        """The selected points, one row each, with their place in every panel."""
        frame = self.space.points.frame(self.selection).copy()
        for model, one in zip(self.models, self._projections(), strict=True):
            frame[f"x {model}"] = one.positions[self.selection, 0]
            frame[f"y {model}"] = one.positions[self.selection, 1]
        return frame

    def sentence(self) -> str:
        """What is nearest to the centre in each model, and how many neighbours models share."""
        points, lists = self.space.points, [numbers for numbers, _ in self.neighbours()]
        names = [
            collapsed([point_name(points.names[p], points.kinds[p]) for p in numbers], 3)
            for numbers in lists
        ]
        shared = [shared_count(a.tolist(), b.tolist()) for a, b in combinations(lists, 2)]
        centre = point_name(points.names[self.centre], points.kinds[self.centre])
        others = self._pool() - int(self.space.among(self.kind)[self.centre])
        k = min(self.k, others)
        mean = float(np.mean(shared)) if shared else 0.0
        return neighbour_sentence(centre, self.models, names, mean, k, k * chance(others, k))

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The panels side by side with their neighbours named and listed, at least 600 wide."""
        if width < 600:
            raise ValueError(f"a picture of neighbourhoods needs a width of 600, got {width}")
        lists = self.neighbours()
        seen = Seen(
            self.space,
            self._drawn_layer(),
            self.centre,
            [numbers.tolist() for numbers, _ in lists],
            [distances.tolist() for _, distances in lists],
            self._projections(),
            self.drawn["around"],
            self.space.among(self.kind) & self._in_group(),
            self.selection,
            self.view,
            self.focused,
            self.thumbnails,
            self.sentence(),
        )
        return draw(seen, width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs; it holds one projection and one metric."""
        self._wait()
        values = {name: getattr(self, name) for name in (*self._choices, *_POINTS, *_SHEET)}
        packed = self._packed(patient=True)
        values["projection"] = packed["drawn"]["projection"]
        return {**values, **packed, "busy": "", "live": False}

    @property
    def _metric(self) -> Metric:
        return cast(Metric, self.metric)

    def _pool(self) -> int:
        return int(self.space.among(self.kind).sum())

    def _in_group(self) -> np.ndarray:
        return np.array([self.group in ("", one) for one in self.groups], dtype=np.bool_)

    def _around(self) -> list[int]:
        if self.projection != "local":
            return []
        return self.space.around(self.centre, self.layer, self._metric, self.kind, self.k)

    def _projections(self) -> list[Any]:
        """Of what is drawn: while UMAP is under way, that is what was there before."""
        drawn = self.drawn
        return self.space.projections(drawn["projection"], self._drawn_layer(), drawn["around"])

    def _drawn_layer(self) -> int:
        layers = self.drawn["layers"]
        return self.layer if self.layer in layers else layers[0]

    def _drawing(self) -> Drawing:
        """The projection chosen, or what stands in for UMAP until that is there."""
        if self.projection != "umap" or self.space.knows("umap", self.layer):
            return cast(Drawing, self.projection)
        return "pca"

    def _packed(self, patient: bool = False) -> dict[str, Any]:
        """Everything that a browser needs to look at the present choice, and as much beside it."""
        drawing = self._drawing()
        alone = drawing in ("local", "umap") or not wire.fits(self.space)
        layers = [self.layer] if alone else list(range(self.space.layers))
        if patient and not wire.listable(self.space, len(layers), True):
            layers = [self.layer]
        packed = wire.placed(self.space, drawing, layers, self._around())
        if wire.listable(self.space, len(layers), patient):
            found = wire.listed(self.space, layers, self._metric)
            return {**packed, **found, "nearby": {}}
        near = wire.nearby(self.space, self.centre, self.layer, self._metric, self.kind)
        return {**packed, **wire.nothing_listed(), "nearby": near}

    def _bring(self) -> None:
        """Send what the choice needs; UMAP follows when it is worked out."""
        with self.hold_sync():
            for name, value in self._packed().items():
                setattr(self, name, value)
        waiting = self.projection == "umap" and self._drawing() != "umap"
        if waiting and not (self._worker and self._worker.is_alive()):
            self.busy = f"UMAP is being worked out; {FIRST_TIME}."
            self._worker = threading.Thread(target=self._work_out_umap, daemon=True)
            self._worker.start()

    def _work_out_umap(self) -> None:
        try:
            while self.projection == "umap" and not self.space.knows("umap", self.layer):
                self.space.projections("umap", self.layer)
        except (ImportError, ValueError) as problem:
            self.busy = str(problem)
            return
        self.busy = ""
        self._bring()

    def _wait(self) -> None:
        if self._worker is not None:
            self._worker.join()
