"""Opening pictures that nobody has vouched for: any size, any orientation, possibly broken."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm")
MOST_PIXELS = 64_000_000


class PictureError(ValueError):
    """A picture that cannot be used; the message names it and says what to do."""


def open_picture(
    source: Path | str | bytes, name: str | None = None, most_pixels: int = MOST_PIXELS
) -> UInt8[np.ndarray, "height width 3"]:
    """A picture from a path or from a file's bytes, upright, RGB; raises ``PictureError``.

    The orientation that a camera noted (EXIF) is applied, transparent parts become white, and of
    several frames the first is taken.  ``name`` is what errors call the picture.
    """
    called = name or (f"{len(source)} bytes" if isinstance(source, bytes) else str(source))
    try:
        with Image.open(_stream(source), formats=FORMATS) as image:
            width, height = image.size
            if width * height > most_pixels:
                raise PictureError(_too_large(called, f"{width} x {height} pixels", most_pixels))
            return np.array(_rgb(ImageOps.exif_transpose(image)))
    except PictureError:
        raise
    except FileNotFoundError as error:
        raise PictureError(f"{called}: there is no such file; check the path") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(
            _too_large(called, "a size meant to fill memory", most_pixels)
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise PictureError(
            f"{called}: not a readable picture ({_reason(error)}); expected one of "
            f"{', '.join(FORMATS)}. Fetch the file again or leave it out"
        ) from error


def _reason(error: Exception) -> str:
    """What went wrong, without the place of the file: ``called`` says which one it is."""
    if isinstance(error, UnidentifiedImageError):
        return "its first bytes are none of a picture"
    return getattr(error, "strerror", None) or str(error)


def _stream(source: Path | str | bytes) -> Path | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        # 16-bit greys: Pillow would cut them at 255 instead of scaling.
        grey = np.asarray(image, dtype=np.float32)
        top = 65535.0 if grey.max() > 255 else 255.0
        return Image.fromarray((grey.clip(0, top) * (255.0 / top)).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        return Image.alpha_composite(white, over).convert("RGB")
    return image.convert("RGB")


def _too_large(called: str, seen: str, most_pixels: int) -> str:
    return (
        f"{called}: the file announces {seen}, more than the {most_pixels:,} pixels that are "
        "opened; make it smaller, or pass a larger most_pixels if you trust it"
    )
