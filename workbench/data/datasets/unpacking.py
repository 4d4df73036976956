"""A folder of clean, trimmed cut-outs and of backgrounds with an index, made once per source."""

from __future__ import annotations

import io
import json
import os
import re
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
FORMAT = 5
_PIXELS = {"": 1, "px": 1, "pt": 4 / 3, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}


def unpacked(folder: Path, fill: Callable[[Path], dict[str, list[dict]]]) -> dict[str, list[dict]]:
    """The index of a folder; ``fill`` makes the folder where it is missing or of an older format.

    The folder appears whole or not at all, also when two processes make it at once.
    """
    index = folder / "index.json"
    if index.is_file():
        content = json.loads(index.read_text())
        if content.pop("format") == FORMAT:
            return content
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        content = fill(Path(scratch))
        (Path(scratch) / "index.json").write_text(json.dumps({"format": FORMAT, **content}))
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


def rasterised(svg: bytes, longest: int) -> UInt8[np.ndarray, "h w 4"]:
    """An SVG's pixels with alpha, ``longest`` pixels wide.

    Raises ``ImportError`` without resvg-py, ``ValueError`` for an SVG that cannot be drawn.
    """
    import resvg_py

    text = _sized(svg.decode("utf-8"))
    return rgba(bytes(resvg_py.svg_to_bytes(svg_string=text, width=longest)))


def save_cutout(pixels: UInt8[np.ndarray, "h w 4"], id: str, folder: Path) -> dict:
    """Store a cut-out, trimmed where its outline is clean; the record of what was measured."""
    clean = measuring.is_clean(pixels)
    cut = measuring.trimmed(pixels, LONGEST, measuring.SOLID if clean else 1)
    file = id.replace("/", "_") + ".png"
    Image.fromarray(cut).save(folder / file, compress_level=1)
    height, width = cut.shape[:2]
    return {
        "id": id,
        "file": file,
        "width": width,
        "height": height,
        "colour": measuring.colour(cut),
        "style": measuring.style(pixels),
        "clean": clean,
    }


def save_background(picture: Image.Image, id: str, folder: Path) -> dict:
    """Store a background at about twice a scene's size."""
    picture = picture.convert("RGB")
    picture.thumbnail((720, 720))
    file = f"background_{id}.png"
    picture.save(folder / file, compress_level=1)
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


def _sized(svg: str) -> str:
    """The SVG with its size in pixels and a view box: resvg takes no other units without one."""
    found = re.search(r"<svg\b[^>]*>", svg)
    if found is None or "viewBox" in found[0]:
        return svg
    root, sides = found[0], []
    for side in ("width", "height"):
        length = re.search(rf'\b{side}\s*=\s*"([\d.]+)([a-z]*)"', root)
        if length is None or length[2] not in _PIXELS:
            return svg
        sides.append(f"{float(length[1]) * _PIXELS[length[2]]:g}")
        root = root.replace(length[0], f'{side}="{sides[-1]}"')
    root = root.replace("<svg", f'<svg viewBox="0 0 {sides[0]} {sides[1]}"', 1)
    return svg.replace(found[0], root, 1)
