"""What can be measured of a cut-out's pixels: its outline, its colour, photo or drawing."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8

SOLID = 128
"""Alpha from which a pixel counts as part of the thing."""


def is_clean(pixels: UInt8[np.ndarray, "h w 4"]) -> bool:
    """More than 5 % transparent, less than 15 % half-transparent, something solid in it."""
    alpha = pixels[..., 3]
    clear, soft = (alpha < 20).mean(), ((alpha >= 20) & (alpha <= 235)).mean()
    return bool(clear > 0.05 and soft < 0.15 and (alpha >= SOLID).mean() > 0.02)


def trimmed(
    pixels: UInt8[np.ndarray, "h w 4"], longest: int, level: int = SOLID
) -> UInt8[np.ndarray, "height width 4"]:
    """Cut to the pixels with alpha from ``level`` on, no side longer than ``longest``."""
    solid = pixels[..., 3] >= level
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cut.shape[:2]
    if max(height, width) > longest:
        scale = longest / max(height, width)
        cut = resized(cut, max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(cut)


def resized(
    pixels: UInt8[np.ndarray, "h w 4"], width: int, height: int
) -> UInt8[np.ndarray, "height width 4"]:
    """Resized with colours weighted by alpha, so that no halo of hidden colours appears."""
    shrinking = width < pixels.shape[1]
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    weighted = pixels.astype(np.float32)
    weighted[..., :3] *= weighted[..., 3:] / 255
    weighted = cv2.resize(weighted, (width, height), interpolation=method)
    weighted[..., :3] *= 255 / np.maximum(weighted[..., 3:], 1)
    return np.clip(np.rint(weighted), 0, 255).astype(np.uint8)


def style(pixels: UInt8[np.ndarray, "h w 4"]) -> str:
    """ "drawing" where half of the neighbouring pixels are exactly alike, else "photo"."""
    solid = pixels[..., 3] >= 250
    both = solid[:, 1:] & solid[:, :-1]
    alike = (pixels[:, 1:, :3] == pixels[:, :-1, :3]).all(-1) & both
    return "drawing" if alike.sum() > 0.5 * max(both.sum(), 1) else "photo"


def colour(pixels: UInt8[np.ndarray, "h w 4"]) -> str | None:
    """The colour that six in ten of the solid pixels have, None for a thing of several colours.

    A drawing's black outline does not count, unless the thing is black altogether.
    """
    solid = pixels[pixels[..., 3] >= SOLID][:, :3]
    names = _colours(cv2.cvtColor(solid[None], cv2.COLOR_RGB2HSV)[0].astype(int))
    lit = names[names != "black"]
    if len(lit) < 0.25 * len(names):
        return "black"
    if len(lit) < 0.6 * len(names):
        return None
    found, counts = np.unique(lit, return_counts=True)
    best = counts.argmax()
    return str(found[best]) if found[best] and counts[best] > 0.6 * len(lit) else None


def _colours(hsv: np.ndarray) -> np.ndarray:
    """A colour's name for each hue (0-179), saturation and value (0-255); "" where in between."""
    hue, saturation, value = hsv.T
    names = np.select(
        [hue < 8, hue < 20, hue < 33, hue < 38, hue < 85, hue < 130, hue < 150, hue < 170],
        ["red", "orange", "yellow", "", "green", "blue", "purple", "pink"],
        "red",
    )
    names = np.where((hue >= 4) & (hue < 24) & (value < 190), "brown", names)
    names = np.where((hue >= 150) & (hue < 170) & (value < 190), "purple", names)
    names = np.where((hue >= 165) & (value > 190) & (saturation < 150), "pink", names)
    names = np.where(saturation < 60, "grey", names)
    names = np.where((saturation < 45) & (value > 185), "white", names)
    return np.where((value < 55) | ((value < 75) & (saturation < 90)), "black", names)
