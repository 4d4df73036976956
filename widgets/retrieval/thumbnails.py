"""Small versions of pictures, all of one size, and their bytes for a browser."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from widgets.core.layout import fit_inside

_MAT = (228, 229, 231)  # around a picture that is higher or wider than the others


def thumbnails_of(
    pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]], side: int = 160
) -> UInt8[np.ndarray, "n height width 3"]:
    """Pictures made to fit ``side``: just so where all have one shape, else each on a square mat.

    Raises ``ValueError`` when there is no picture.
    """
    if not pictures:
        raise ValueError("thumbnails need at least one picture, got none")
    width, height = _sheet([picture.shape for picture in pictures], side)
    made = np.empty((len(pictures), height, width, 3), dtype=np.uint8)
    for number, picture in enumerate(pictures):
        left, top, wide, high = _placed(picture.shape, width, height)
        sheet = Image.new("RGB", (width, height), _MAT)
        small = Image.fromarray(picture).resize((wide, high), Image.Resampling.LANCZOS)
        sheet.paste(small, (left, top))
        made[number] = np.asarray(sheet)
    return made


def boxes_on_thumbnails(
    boxes: Sequence[Float[np.ndarray, "_ 4"]],
    pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]],
    side: int = 160,
) -> list[Float[np.ndarray, "_ 4"]]:
    """Boxes in 0..1 of each picture as shares of its thumbnail, the mat counted in."""
    width, height = _sheet([picture.shape for picture in pictures], side)
    moved = []
    for own, picture in zip(boxes, pictures, strict=True):
        left, top, wide, high = _placed(picture.shape, width, height)
        scale = np.array([wide / width, high / height] * 2)
        moved.append(own * scale + np.array([left / width, top / height] * 2))
    return moved


def coded(thumbnails: UInt8[np.ndarray, "n height width 3"]) -> tuple[bytes, list[int]]:
    """The JPEG files of thumbnails laid end to end, and where each ends."""
    buffer, ends = io.BytesIO(), []
    for thumbnail in thumbnails:
        Image.fromarray(thumbnail).save(buffer, "JPEG", quality=82)
        ends.append(buffer.tell())
    return buffer.getvalue(), ends


def _sheet(shapes: Sequence[tuple[int, ...]], side: int) -> tuple[int, int]:
    if len({shape[:2] for shape in shapes}) == 1:
        height, width = shapes[0][:2]
        return fit_inside(width, height, side, side)
    return side, side


def _placed(shape: tuple[int, ...], width: int, height: int) -> tuple[int, int, int, int]:
    wide, high = fit_inside(shape[1], shape[0], width, height)
    return (width - wide) // 2, (height - high) // 2, wide, high
