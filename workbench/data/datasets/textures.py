"""Backgrounds made by computation: textures of noise, grain, stones and strokes."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8

_PALETTES = {
    "sand": ((194, 170, 128), (226, 207, 170)),
    "grass": ((46, 84, 34), (128, 160, 70)),
    "water": ((24, 62, 110), (96, 150, 186)),
    "slate": ((58, 62, 68), (120, 124, 128)),
    "brick": ((110, 52, 40), (176, 100, 78)),
    "plum": ((60, 40, 74), (134, 104, 148)),
    "moss": ((40, 52, 28), (110, 118, 62)),
    "snow": ((190, 200, 214), (240, 244, 248)),
}


def textures() -> dict[str, UInt8[np.ndarray, "512 640 3"]]:
    """Sixteen named textures, the same on every machine."""
    made = {}
    for place, (name, colours) in enumerate(_PALETTES.items()):
        rng = np.random.Generator(np.random.PCG64(place))
        made[f"{name}_clouds"] = _coloured(_noise(rng, (1, 1)), colours, rng)
        made[f"{name}_{('grain', 'stones')[place % 2]}"] = _coloured(
            _noise(rng, (12, 1)) if place % 2 == 0 else _stones(rng), colours, rng
        )
    return made


def _noise(rng: np.random.Generator, stretch: tuple[int, int]) -> np.ndarray:
    """Smooth noise of several scales between 0 and 1; ``stretch`` draws it out across or down."""
    total = np.zeros((512, 640), np.float32)
    for octave in range(2, 8):
        cells = (max(2, 2**octave // stretch[1]), max(2, 2**octave // stretch[0]))
        grid = rng.random(cells, dtype=np.float32)
        total += cv2.resize(grid, (640, 512), interpolation=cv2.INTER_CUBIC) * 0.62**octave
    low, high = np.percentile(total, (1, 99))
    return np.clip((total - low) / (high - low), 0, 1)


def _stones(rng: np.random.Generator) -> np.ndarray:
    """Cells around random points, each of its own brightness and dark at the edge."""
    points = rng.random((260, 2)) * (512, 640)
    rows, columns = np.mgrid[0:512:4, 0:640:4]
    away = np.stack([(rows - y) ** 2 + (columns - x) ** 2 for y, x in points])
    nearest = np.argpartition(away, (0, 1), axis=0)[:2]
    first, second = np.sqrt(np.take_along_axis(away, nearest, 0))
    shade = 0.35 + 0.65 * rng.random(len(points))[nearest[0]]
    cells = (shade * np.clip((second - first) / 9, 0.15, 1)).astype(np.float32)
    return 0.8 * cv2.resize(cells, (640, 512)) + 0.2 * _noise(rng, (1, 1))


def _coloured(
    values: np.ndarray, colours: tuple[tuple[int, int, int], ...], rng: np.random.Generator
) -> UInt8[np.ndarray, "512 640 3"]:
    """Values between 0 and 1 as a mixture of two colours with a little grain."""
    dark, light = np.asarray(colours, np.float32)
    picture = dark + values[..., None] * (light - dark)
    picture += rng.normal(0, 4, (512, 640, 1)).astype(np.float32)
    return np.clip(picture, 0, 255).astype(np.uint8)
