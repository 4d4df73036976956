"""A pair's picture as the bytes that a browser gets."""

from __future__ import annotations

import io

from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

_LARGEST_SIDE = 1280
_SMALL = 200_000  # pixels up to which PNG is small enough


def coded(picture: UInt8[ndarray, "height width 3"]) -> bytes:
    """PNG, or JPEG where that is large; at most 1280 on a side."""
    image = Image.fromarray(picture)
    image.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    buffer = io.BytesIO()
    small = image.width * image.height <= _SMALL
    image.save(buffer, "PNG" if small else "JPEG", **({} if small else {"quality": 90}))
    return buffer.getvalue()
