"""The source ``stamps``: captioned cut-outs and photo textures of Debian's Tux Paint packages."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from PIL import Image

from workbench import places
from workbench.data import debian
from workbench.data.datasets import unpacking
from workbench.data.datasets.captions import COLOURS, named
from workbench.data.datasets.cutouts import Cutout, Noun, Source
from workbench.data.datasets.stamp_classes import CLASSES, MASSES, PLURALS

LICENCE = "GPL-2 (Debian copyright file of tuxpaint-stamps-default and tuxpaint-data)"
ORIGIN = "Debian packages tuxpaint-stamps-default and tuxpaint-data"
_TEXTURES = (
    "burnt_bark", "cliff", "corn_maze", "mossy_bark", "mossy_log", "mudstone", "ocean_splash",
    "ocean_waves", "redwoods_above", "rocks", "spiders_web", "sun_behind_clouds",
    "sun_behind_leaves", "trees_above", "trees_at_dusk",
)  # fmt: skip


def folder() -> Path:
    """Where the unpacked stamps are kept."""
    return places.cache() / "stamps"


@cache
def contents() -> dict[str, list[dict]]:
    """What is known of every stamp and texture; fetches and unpacks the packages once."""
    return unpacking.unpacked(folder(), _fill)


@cache
def source() -> Source:
    """Every nameable stamp with a clean outline, and 15 photo textures.

    Fetches and unpacks the two packages once (20 seconds, 30 MB kept); raises
    ``debian.PackageUnavailable`` where they cannot be had.
    """
    index = contents()
    chosen = {id: name for name, ids in CLASSES.items() for id in ids}
    cutouts = [
        cutout
        for record in index["cutouts"]
        if record["clean"] and (cutout := _cutout(record, chosen))
    ]
    more = sorted({c.noun.name for c in cutouts} - set(CLASSES))
    return Source(
        name="stamps",
        origin=ORIGIN,
        licence=LICENCE,
        names=(*CLASSES, *more),
        cutouts=tuple(cutouts),
        backgrounds=unpacking.backgrounds(index["backgrounds"], folder()),
    )


def _cutout(record: dict, chosen: dict[str, str]) -> Cutout | None:
    """A record as a cut-out with a noun; None where it is too small or has no plain name."""
    said = named(record["caption"], MASSES)
    told = [] if said is None else [word for word in said.adjectives if word in COLOURS]
    record = {**record, "colour": told[0] if told else record["colour"]}
    if record["id"] in chosen:
        name = chosen[record["id"]]
        number = "mass" if name in MASSES else "many" if name in PLURALS else "one"
        return unpacking.cutout(record, Noun(name, number), folder())
    small = max(record["width"], record["height"]) < 48
    if said is None or said.noun.name in CLASSES or small:
        return None
    return unpacking.cutout(record, said.noun, folder())


def _fill(folder: Path) -> dict[str, list[dict]]:
    """Unpack both packages into a folder of trimmed PNG files."""
    pictures: dict[str, tuple[str, bytes]] = {}
    captions: dict[str, str] = {}
    settings: dict[str, str] = {}
    package = debian.fetch("tuxpaint-stamps-default")
    under = "usr/share/tuxpaint/stamps"
    for name, data in debian.members(package, under, (".png", ".svg", ".txt", ".dat")):
        stem, ending = name[:-4], name[-4:]
        if stem.startswith("symbols/") or stem.endswith("_mirror"):
            continue
        if ending == ".txt":
            captions[stem] = data.decode("utf-8", "replace").splitlines()[0].strip()
        elif ending == ".dat":
            settings[stem] = data.decode("utf-8", "replace")
        elif ending == ".png" or stem not in pictures:
            pictures[stem] = (ending, data)
    return {
        "cutouts": _cutout_records(pictures, captions, settings, folder),
        "backgrounds": _background_records(folder),
    }


def _cutout_records(
    pictures: dict[str, tuple[str, bytes]],
    captions: dict[str, str],
    settings: dict[str, str],
    folder: Path,
) -> list[dict]:
    """Store every captioned picture once; a record for each."""
    records = []
    seen: set[bytes] = set()
    for stem, caption in sorted(captions.items()):
        ending, data = pictures.get(stem, ("", b""))
        if not data or data in seen:
            continue
        seen.add(data)
        svg = ending == ".svg"
        pixels = unpacking.rasterised(data, 240) if svg else unpacking.rgba(data)
        record = unpacking.save_cutout(pixels, stem, folder)
        if svg or "/cartoon/" in stem:
            record["style"] = "drawing"
        mirrorable = "nomirror" not in settings.get(stem, "")
        records.append({**record, "caption": caption, "mirrorable": mirrorable})
    return records


def _background_records(folder: Path) -> list[dict]:
    """Store the textures that show nothing nameable, without their black borders."""
    records = []
    package = debian.fetch("tuxpaint-data")
    for name, data in debian.members(package, "usr/share/tuxpaint/templates", (".jpg",)):
        id = name[:-4]
        if id in _TEXTURES:
            with Image.open(io.BytesIO(data)) as picture:
                crop = (0, 30, 640, 450) if id == "mossy_bark" else None
                records.append(unpacking.save_background(picture.crop(crop), id, folder))
    return sorted(records, key=lambda record: record["id"])
