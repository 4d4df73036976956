"""What a browser is told of neighbourhoods and what may be chosen there, checked."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets

from widgets.explorer import Explorer
from widgets.neighbours import wire
from widgets.neighbours.nearest import METRICS
from widgets.neighbours.space import DRAWINGS, MOST, NeighbourSpace


class NeighbourTraits(Explorer):
    """The traits of ``Neighbourhoods``; choices that its points do not have are refused."""

    space: NeighbourSpace
    _choices: ClassVar[tuple[str, ...]] = (
        *("centre", "layer", "k", "kind", "group", "metric", "projection"),
        *("selection", "thumbnails", "shade", "focused", "view"),
    )

    models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    kinds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    groups = traitlets.List(traitlets.Unicode()).tag(sync=True)
    layer_names = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    column_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    columns = traitlets.List().tag(sync=True)
    sheet = traitlets.Bytes().tag(sync=True)
    thumbnail = traitlets.List(traitlets.Int()).tag(sync=True)
    side = traitlets.Int().tag(sync=True)
    sheet_columns = traitlets.Int().tag(sync=True)
    positions = traitlets.Bytes().tag(sync=True)
    explained = traitlets.List().tag(sync=True)
    drawn = traitlets.Dict().tag(sync=True)
    numbers = traitlets.Bytes().tag(sync=True)
    distances = traitlets.Bytes().tag(sync=True)
    scales = traitlets.List(traitlets.Float()).tag(sync=True)
    nearby = traitlets.Dict().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    live = traitlets.Bool(True).tag(sync=True)

    centre = traitlets.Int().tag(sync=True)
    layer = traitlets.Int().tag(sync=True)
    k = traitlets.Int(8).tag(sync=True)
    kind = traitlets.Enum(wire.POOLS, default_value="all").tag(sync=True)
    group = traitlets.Unicode().tag(sync=True)
    metric = traitlets.Enum(METRICS, default_value="cosine").tag(sync=True)
    projection = traitlets.Enum(DRAWINGS, default_value="pca").tag(sync=True)
    selection = traitlets.List(traitlets.Int()).tag(sync=True)
    thumbnails = traitlets.Bool(True).tag(sync=True)
    shade = traitlets.Bool(False).tag(sync=True)
    focused = traitlets.Bool(False).tag(sync=True)
    view = traitlets.List(traitlets.Float(), default_value=[0.5, 0.5, 1.0]).tag(sync=True)

    @traitlets.validate("centre")
    def _check_centre(self, proposal: Any) -> int:
        return _in_range("point", proposal["value"], len(self.space.points))

    @traitlets.validate("layer")
    def _check_layer(self, proposal: Any) -> int:
        return _in_range("layer", proposal["value"], self.space.layers)

    @traitlets.validate("k")
    def _check_k(self, proposal: Any) -> int:
        if not 1 <= proposal["value"] <= MOST:
            raise traitlets.TraitError(f"k must be 1 to {MOST}, got {proposal['value']}")
        return proposal["value"]

    @traitlets.validate("selection")
    def _check_selection(self, proposal: Any) -> list[int]:
        points = [_in_range("point", one, len(self.space.points)) for one in proposal["value"]]
        return list(dict.fromkeys(points))

    @traitlets.validate("group")
    def _check_group(self, proposal: Any) -> str:
        if proposal["value"] and proposal["value"] not in self.space.points.groups:
            raise traitlets.TraitError(f"no point is of the concept {proposal['value']!r}")
        return proposal["value"]

    @traitlets.validate("projection")
    def _check_projection(self, proposal: Any) -> str:
        widths = {table.vectors.shape[2] for table in self.space.tables}
        if proposal["value"] == "shared" and len(widths) > 1:
            raise traitlets.TraitError(
                f"models of {sorted(widths)} units have no axes in common: choose 'pca'"
            )
        return proposal["value"]

    @traitlets.validate("view")
    def _check_view(self, proposal: Any) -> list[float]:
        if len(proposal["value"]) != 3 or not proposal["value"][2] >= 1:
            raise traitlets.TraitError(
                f"a view is [x, y, zoom] with a zoom of 1 or more, got {proposal['value']}"
            )
        return proposal["value"]


def _in_range(name: str, value: int, count: int) -> int:
    if not 0 <= value < count:
        raise traitlets.TraitError(
            f"{name} {value} was given, but there are {name}s 0 to {count - 1}"
        )
    return value
