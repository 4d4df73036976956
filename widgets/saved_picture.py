"""Pictures as small PNG files, for notebooks that are read without a kernel."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from PIL import Image

from widgets.core.colour import Colour, mix_colours
from widgets.drawing import INK, PAPER

_CLOSE = 12  # colours at most this far from a kept one need none of their own


def png_bytes(picture: Image.Image, exact: Sequence[Colour] = ()) -> bytes:
    """A PNG file of 256 colours, the ``exact`` ones (at most 200) unchanged among them.

    It has half the bytes of one in full colour, and colours that stand for numbers stay what they
    are; the others are chosen from the parts of the picture that the exact ones do not cover.
    """
    greys = [mix_colours(PAPER, INK, step / 15) for step in range(16)]
    kept = np.array([*exact, *greys], dtype=np.float64)
    packed = np.asarray(picture.convert("RGB"), dtype=np.int64) @ np.array([1 << 16, 1 << 8, 1])
    codes, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.float64)
    _, distances = _nearest(colours, kept)
    far = distances > _CLOSE**2
    palette = np.concatenate([kept, _chosen(colours[far], counts[far], 256 - len(kept))])
    nearest, _ = _nearest(colours, palette)
    indices = nearest.astype(np.uint8)[places.reshape(packed.shape)]
    small = Image.frombytes("P", picture.size, indices.tobytes())
    small.putpalette(palette.astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    small.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _nearest(
    colours: Float[np.ndarray, "n 3"], palette: Float[np.ndarray, "m 3"]
) -> tuple[Int[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    squares = (colours**2).sum(1)[:, None] - 2 * colours @ palette.T + (palette**2).sum(1)
    nearest = squares.argmin(axis=1)
    return nearest, squares[np.arange(len(colours)), nearest]


def _chosen(
    colours: Float[np.ndarray, "n 3"], counts: Int[np.ndarray, "n"], count: int
) -> Float[np.ndarray, "m 3"]:
    if len(colours) == 0:
        return np.empty((0, 3))
    pixels = np.repeat(colours.astype(np.uint8), np.minimum(counts, 50), axis=0)
    quantized = Image.fromarray(pixels[None]).quantize(count)
    parts = quantized.getpalette() or []
    return np.array(parts[: 3 * count], dtype=np.float64).reshape(-1, 3)
