"""Small square pictures of regions: what stands for a region in a scatter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image


def thumbnail(
    picture: UInt8[np.ndarray, "height width 3"], box: Sequence[float], side: int
) -> UInt8[np.ndarray, "t t 3"]:
    """What a box (left, top, right, bottom as shares of the picture) holds, ``side`` × ``side``.

    The box is widened to a square where the picture allows it, so that nothing is stretched.
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    long = max((right - left) * width, (bottom - top) * height, 1.0)
    half = min(long, width, height) / 2
    x = min(max((left + right) / 2 * width, half), width - half)
    y = min(max((top + bottom) / 2 * height, half), height - half)
    corners = (round(x - half), round(y - half), round(x + half), round(y + half))
    image = Image.fromarray(picture).crop(corners)
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS))
