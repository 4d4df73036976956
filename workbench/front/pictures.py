"""Pictures that strangers hand in: held to limits, made small, their regions extracted once."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from workbench.explain.photograph import Photograph
from workbench.vision.extractor import Extractor
from workbench.vision.pictures import PictureError, open_picture


@dataclass(frozen=True)
class Limits:
    """What is taken: bytes of a file, pixels it may announce, and the longer side that is kept.

    One side may be ``slender`` times the other: a line of pixels, drawn at the page's width, would
    be as high as memory allows.
    """

    most_bytes: int = 10_000_000
    most_pixels: int = 25_000_000
    longer_side: int = 800
    slender: int = 20


class Pictures:
    """Pictures by their files, the ``kept`` ones opened last in memory with their regions.

    They are opened one at a time, by a thread of their own: so several large ones never fill memory
    together, and a detector, which keeps a network for every thread that asks it, keeps one.
    """

    def __init__(self, limits: Limits = Limits(), kept: int = 32) -> None:
        self.limits = limits
        self.kept = kept
        self._seen: dict[tuple[str, str], Photograph] = {}
        self._opener = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    def open(self, path: str | Path | None, extractor: Extractor) -> Photograph:
        """The picture in a file, upright and no larger than the limit; raises ``PictureError``."""
        if path is None:
            raise PictureError("there is no picture yet: upload one, paste one or pick an example")
        data = self._bytes(Path(path))
        key = (hashlib.sha256(data).hexdigest(), repr(extractor))
        found = self._seen.get(key)
        return found or self._opener.submit(self._open, key, data, extractor).result()

    def _open(self, key: tuple[str, str], data: bytes, extractor: Extractor) -> Photograph:
        if key not in self._seen:
            pixels = open_picture(data, "your picture", self.limits.most_pixels)
            found = Photograph.of(self._smaller(pixels), extractor, name="picture")
            while len(self._seen) >= self.kept:
                self._seen.pop(next(iter(self._seen)))
            self._seen[key] = found
        return self._seen[key]

    def _bytes(self, path: Path) -> bytes:
        try:
            size = path.stat().st_size
            if size > self.limits.most_bytes:
                raise PictureError(
                    f"your picture has {size / 1e6:.1f} MB, more than the "
                    f"{self.limits.most_bytes / 1e6:.0f} MB that are taken; make it smaller"
                )
            return path.read_bytes()
        except OSError as problem:
            raise PictureError("your picture did not arrive; upload it again") from problem

    def _smaller(self, pixels: np.ndarray) -> np.ndarray:
        height, width = pixels.shape[:2]
        shortest, longest = sorted((height, width))
        if longest > self.limits.slender * shortest:
            raise PictureError(
                f"your picture has {width:,} x {height:,} pixels, and one side may be up to "
                f"{self.limits.slender} times the other; cut it"
            )
        if longest <= self.limits.longer_side:
            return pixels
        scale = self.limits.longer_side / longest
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
