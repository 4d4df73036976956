"""Laying cut-outs on a background: where each goes, and the picture that results."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from workbench.data.datasets import measuring
from workbench.data.datasets.cutouts import Background, Cutout

OVERLAP = 0.08
"""The most of a box that another box may cover."""

Number = int | float
Box = tuple[Number, Number, Number, Number]
"""x1, y1, x2, y2 in pixels or as fractions of the picture."""


@dataclass(frozen=True)
class Placed:
    """A cut-out in a picture: its left, top, width and height in pixels, mirrored or not."""

    cutout: Cutout
    left: int
    top: int
    width: int
    height: int
    mirrored: bool

    @property
    def pixels_box(self) -> Box:
        """x1, y1, x2, y2 in pixels."""
        return (self.left, self.top, self.left + self.width, self.top + self.height)

    def box(self, size: tuple[int, int]) -> Box:
        """x1, y1, x2, y2 as fractions of a picture of this width and height."""
        width, height = size
        x1, y1, x2, y2 = self.pixels_box
        return (x1 / width, y1 / height, x2 / width, y2 / height)


def relation(one: Box, other: Box) -> str | None:
    """Where the first box is as seen from the second: left, right, above, below.

    None where it is not plain: on the axis that tells them apart the centres must be twice as
    far from each other as on the other axis, and the boxes may share at most a quarter of the
    shorter one.  Boxes of a picture that is not square should be given in pixels.
    """
    across = (one[0] + one[2] - other[0] - other[2]) / 2
    down = (one[1] + one[3] - other[1] - other[3]) / 2
    if abs(across) >= 2 * abs(down) and _shared(one[0::2], other[0::2]) <= 0.25:
        return "left" if across < 0 else "right"
    if abs(down) >= 2 * abs(across) and _shared(one[1::2], other[1::2]) <= 0.25:
        return "above" if down < 0 else "below"
    return None


def covered(one: Box, other: Box) -> float:
    """The part of the smaller box that both have in common."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return width * height / min(areas)


def arrange(
    cutouts: Sequence[Cutout],
    scales: Sequence[Number],
    size: tuple[int, int],
    axis: str,
    rng: random.Random,
) -> tuple[Placed, ...]:
    """Places for the cut-outs in a picture of ``size`` (width, height), in the order given.

    ``scales`` are wanted longer-than-average sides as parts of the picture's height;  the first
    two are plainly left and right of each other (``axis`` "across") or above and below ("down").
    """
    mirrored = [c.mirrorable and rng.random() < 0.5 for c in cutouts]
    wanted = ("left", "right") if axis == "across" else ("above", "below")
    shrink = 1.0
    while True:
        sizes = [_fitted(c, s * shrink, size) for c, s in zip(cutouts, scales, strict=True)]
        for _ in range(40):
            placed = [
                Placed(c, rng.randint(2, size[0] - w - 2), rng.randint(2, size[1] - h - 2), w, h, m)
                for c, (w, h), m in zip(cutouts, sizes, mirrored, strict=True)
            ]
            boxes = [p.pixels_box for p in placed]
            if len(boxes) > 1 and relation(boxes[0], boxes[1]) not in wanted:
                continue
            if all(
                covered(boxes[i], boxes[j]) < OVERLAP for i in range(len(boxes)) for j in range(i)
            ):
                return tuple(placed)
        shrink *= 0.93


def compose(
    background: Background, placed: Sequence[Placed], size: tuple[int, int], rng: random.Random
) -> UInt8[np.ndarray, "height width 3"]:
    """The picture: a random crop of the background with the cut-outs on it."""
    return pasted(_crop(background.pixels(), size, rng), placed)


def pasted(
    ground: UInt8[np.ndarray, "height width 3"], placed: Sequence[Placed]
) -> UInt8[np.ndarray, "height width 3"]:
    """The ground with the cut-outs on it, last on top."""
    canvas = ground.astype(np.float32)
    for item in placed:
        pixels = measuring.resized(item.cutout.pixels(), item.width, item.height)
        if item.mirrored:
            pixels = pixels[:, ::-1]
        alpha = pixels[..., 3:].astype(np.float32) / 255
        rows = slice(item.top, item.top + item.height)
        columns = slice(item.left, item.left + item.width)
        canvas[rows, columns] += alpha * (pixels[..., :3] - canvas[rows, columns])
    return np.rint(canvas).astype(np.uint8)


def _crop(
    pixels: UInt8[np.ndarray, "h w 3"], size: tuple[int, int], rng: random.Random
) -> UInt8[np.ndarray, "height width 3"]:
    """A random part of at least 55 % of the texture, mirrored or not, at the picture's size."""
    width, height = size
    whole = min(pixels.shape[1] / width, pixels.shape[0] / height)
    scale = whole * rng.uniform(0.55, 1.0)
    wide, high = round(width * scale), round(height * scale)
    left = rng.randint(0, pixels.shape[1] - wide)
    top = rng.randint(0, pixels.shape[0] - high)
    part = pixels[top : top + high, left : left + wide]
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR)
    # Out of focus, as a photographer would have it: the textures are busy, the things are small.
    part = cv2.GaussianBlur(part, (0, 0), 1.5)
    return part[:, ::-1] if rng.random() < 0.5 else part


def _fitted(cutout: Cutout, scale: float, size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a cut-out whose area is that of a square of ``scale`` heights."""
    aspect = (cutout.width / cutout.height) ** 0.5
    side = scale * size[1]
    width, height = side * aspect, side / aspect
    limit = min(1.0, 0.62 * size[0] / width, 0.62 * size[1] / height)
    return max(4, round(width * limit)), max(4, round(height * limit))


def _shared(one: Sequence[Number], other: Sequence[Number]) -> float:
    """What two stretches of an axis have in common, as a part of the shorter one."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, common) / min(one[1] - one[0], other[1] - other[0])
