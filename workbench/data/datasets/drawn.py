"""The source ``drawn``: pictures that the workbench draws itself, on computed textures.

It needs no package and no network, and nothing of others is in its pictures.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from PIL import Image

from workbench import places
from workbench.data.datasets import (
    drawings_animals,
    drawings_buildings,
    drawings_food,
    drawings_household,
    drawings_nature,
    drawings_treasures,
    drawings_vehicles,
    unpacking,
)
from workbench.data.datasets.cutouts import Noun, Source
from workbench.data.datasets.drawings_pen import Drawing, Pen
from workbench.data.datasets.textures import textures

LICENCE = "Apache-2.0 (part of the workbench)"
ORIGIN = "drawn by workbench.data.datasets.drawings_*"
DRAWINGS: dict[str, tuple[Drawing, ...]] = {
    **drawings_animals.DRAWINGS,
    **drawings_food.DRAWINGS,
    **drawings_nature.DRAWINGS,
    **drawings_buildings.DRAWINGS,
    **drawings_vehicles.DRAWINGS,
    **drawings_household.DRAWINGS,
    **drawings_treasures.DRAWINGS,
}
"""For each name its three or four drawings."""


@cache
def source() -> Source:
    """Our own drawings, three or four of each name, and 16 computed textures.

    Drawn once (some seconds, 6 MB kept) and again after the code that draws them has changed.
    """
    folder = places.cache() / "drawn" / _mark()
    index = unpacking.unpacked(folder, _fill)
    return Source(
        name="drawn",
        origin=ORIGIN,
        licence=LICENCE,
        names=tuple(DRAWINGS),
        cutouts=tuple(
            unpacking.cutout(record, Noun(record["name"]), folder) for record in index["cutouts"]
        ),
        backgrounds=unpacking.backgrounds(index["backgrounds"], folder),
    )


def _mark() -> str:
    """Stands for the code that draws, so that a changed drawing is never read from the cache."""
    files = sorted(Path(__file__).parent.glob("drawings_*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


def _fill(folder: Path) -> dict[str, list[dict]]:
    """Draw everything into a folder."""
    cutouts = []
    for name, drawings in DRAWINGS.items():
        for number, drawing in enumerate(drawings, 1):
            pen = Pen()
            drawing(pen)
            record = unpacking.save_cutout(pen.pixels(), f"{name}-{number}", folder)
            cutouts.append({**record, "name": name, "style": "drawing", "mirrorable": True})
    made = [
        unpacking.save_background(Image.fromarray(pixels), id, folder)
        for id, pixels in textures().items()
    ]
    return {"cutouts": cutouts, "backgrounds": made}
