"""Neighbourhoods as the bytes that a browser gets: positions, neighbours, distances, thumbnails."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from widgets.neighbours.embedding_table import KINDS, EmbeddingTable
from widgets.neighbours.nearest import Metric
from widgets.neighbours.space import MOST, Drawing, NeighbourSpace

POOLS = ("all", *KINDS)
NONE = 65535
LARGEST = 8_000_000  # bytes of positions or of neighbours that are sent at once
_AT_ONCE = 5_000  # beyond so many points the layers are worked out one by one
_LISTED = 2_000  # beyond so many points only the centre's neighbours are sent
_PATIENCE = 12_000_000  # distances that a notebook waits for when a widget is made


def fits(space: NeighbourSpace) -> bool:
    """Can every layer be sent at once?"""
    count = len(space.points)
    return count <= _AT_ONCE and count * space.layers * len(space.tables) * 8 <= LARGEST


def listable(space: NeighbourSpace, layers: int, patient: bool) -> bool:
    """Can the neighbours of every point be sent in so many layers?

    With ``patient``, which is for pages, as long as their bytes are few enough.
    """
    count = len(space.points)
    planes = layers * len(space.tables) * len(POOLS)
    if count > _LISTED or count * planes * MOST * 4 > LARGEST:
        return False
    return patient or count * count * planes <= _PATIENCE


def described(space: NeighbourSpace) -> dict[str, Any]:
    """What is known of the points themselves, as traits."""
    points = space.points
    return {
        "models": [table.model for table in space.tables],
        "names": list(points.names),
        "kinds": list(points.kinds),
        "groups": list(points.groups),
        "layer_names": [list(table.layer_names) for table in space.tables],
        "column_names": list(points.column_names),
        "columns": points.columns.tolist(),
        **_sheet(points),
    }


def placed(
    space: NeighbourSpace, drawing: Drawing, layers: Sequence[int], around: Sequence[int]
) -> dict[str, Any]:
    """Positions by layer, then model, as float32; the shares of variance beside them."""
    planes = [one for layer in layers for one in space.projections(drawing, layer, around)]
    return {
        "positions": np.stack([one.positions for one in planes]).astype("<f4").tobytes(),
        "explained": [one.explained.tolist() for one in planes],
        "drawn": {"projection": drawing, "layers": list(layers), "around": list(around)},
    }


def listed(space: NeighbourSpace, layers: Sequence[int], metric: Metric) -> dict[str, Any]:
    """The neighbours of every point by layer, model and pool: uint16 numbers and distances.

    A distance is a share of the largest one of its plane in 65535 steps.
    """
    numbers, distances, scales = [], [], []
    for layer in layers:
        pools = [space.near(layer, metric, pool) for pool in POOLS]
        for model in range(len(space.tables)):
            for near in (pool[model] for pool in pools):
                finite = np.where(np.isinf(near.distances), 0.0, near.distances)
                scale = float(finite.max()) or 1.0
                numbers.append(np.where(near.numbers < 0, NONE, near.numbers).astype("<u2"))
                distances.append(np.round(finite / scale * 65535).astype("<u2"))
                scales.append(scale)
    return {
        "numbers": np.stack(numbers).tobytes() if numbers else b"",
        "distances": np.stack(distances).tobytes() if distances else b"",
        "scales": scales,
    }


def nothing_listed() -> dict[str, Any]:
    """Instead of ``listed`` where there are too many points."""
    return {"numbers": b"", "distances": b"", "scales": []}


def nearby(
    space: NeighbourSpace, centre: int, layer: int, metric: Metric, kind: str
) -> dict[str, Any]:
    """The neighbours of the centre alone, with what they are the neighbours for."""
    found = space.near(layer, metric, kind, [centre])
    return {
        "asked": [centre, layer, metric, kind],
        "numbers": [near.numbers[0].tolist() for near in found],
        "distances": [
            [None if math.isinf(one) else one for one in near.distances[0].tolist()]
            for near in found
        ],
    }


def _sheet(points: EmbeddingTable) -> dict[str, Any]:
    """Every thumbnail on one sheet, row by row."""
    count = len(points.thumbnails)
    if not count:
        return {"sheet": b"", "thumbnail": [], "side": 0, "sheet_columns": 0}
    side = 48 if count <= 1000 else 32
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = Image.new("RGB", (columns * side, rows * side))
    for number, picture in enumerate(points.thumbnails):
        small = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small, (number % columns * side, number // columns * side))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=88)
    thumbnail = points.thumbnail.tolist()
    return {
        "sheet": buffer.getvalue(),
        "thumbnail": thumbnail,
        "side": side,
        "sheet_columns": columns,
    }
