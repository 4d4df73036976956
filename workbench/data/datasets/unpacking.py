"""A folder of clean, trimmed cut-outs and of backgrounds with an index, made once per source."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from workbench.data.datasets import measuring
from workbench.data.datasets.cutouts import Background, Cutout, Noun

LONGEST = 224
"""Pixels of a stored cut-out's longer side; scenes draw them at about half of it."""
FORMAT = 3


def unpacked(folder: Path, fill: Callable[[Path], dict[str, list[dict]]]) -> dict[str, list[dict]]:
    """The index of a folder; ``fill`` makes the folder where it is missing or of an older format.

    The folder appears whole or not at all, also when two processes make it at once.
    """
    index = folder / "index.json"
    if index.is_file():
        content = json.loads(index.read_text())
        if content["format"] == FORMAT:
            return content
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        content = {"format": FORMAT, **fill(Path(scratch))}
        (Path(scratch) / "index.json").write_text(json.dumps(content))
        shutil.rmtree(folder, ignore_errors=True)
        try:
            os.rename(scratch, folder)
            Path(scratch).mkdir()
        except OSError:
            if not index.is_file():
                raise
    return content


def rgba(data: bytes) -> UInt8[np.ndarray, "h w 4"]:
    """A PNG's pixels with alpha."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))


def rasterised(svg: bytes, longest: int) -> UInt8[np.ndarray, "h w 4"] | None:
    """An SVG's pixels with alpha, None where it has no size or cannot be drawn."""
    import resvg_py

    try:
        return rgba(bytes(resvg_py.svg_to_bytes(svg_string=svg.decode(), width=longest)))
    except (ValueError, UnicodeDecodeError):
        return None


def save_cutout(pixels: UInt8[np.ndarray, "h w 4"], id: str, folder: Path) -> dict | None:
    """Store a trimmed cut-out; its measured record, None where its outline is not clean."""
    if not measuring.is_clean(pixels):
        return None
    style = measuring.style(pixels)
    cut = measuring.trimmed(pixels, LONGEST)
    file = id.replace("/", "_") + ".png"
    Image.fromarray(cut).save(folder / file)
    height, width = cut.shape[:2]
    return {
        "id": id,
        "file": file,
        "width": width,
        "height": height,
        "colour": measuring.colour(cut),
        "style": style,
    }


def save_background(picture: Image.Image, id: str, folder: Path) -> dict:
    """Store a background at about twice a scene's size."""
    picture = picture.convert("RGB")
    picture.thumbnail((720, 720))
    file = f"background_{id}.png"
    picture.save(folder / file)
    return {"id": id, "file": file}


def cutout(record: dict, noun: Noun, folder: Path) -> Cutout:
    """A cut-out from its record."""
    return Cutout(
        id=record["id"],
        noun=noun,
        file=folder / record["file"],
        width=record["width"],
        height=record["height"],
        colour=record["colour"],
        style=record["style"],
        mirrorable=record.get("mirrorable", True),
        caption=record.get("caption", noun.phrase),
    )


def backgrounds(records: list[dict], folder: Path) -> tuple[Background, ...]:
    """Backgrounds from their records."""
    return tuple(Background(r["id"], folder / r["file"]) for r in records)
