"""A picture of one's own: its regions extracted once, any sentence then stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.data.tokenizer import Tokenizer
from workbench.explain.shown import Shown
from workbench.pairs import PairBatch, Regions, TextTokens
from workbench.vision import coco
from workbench.vision.extractor import DetectedRegions, Extractor
from workbench.vision.pictures import open_picture


@dataclass(frozen=True, eq=False)
class Photograph:
    """One picture and its regions (P = 1), each with the detector's name for it.

    ``name`` is what the pair is called in records and messages.
    """

    pixels: UInt8[np.ndarray, "height width 3"]
    regions: Regions
    labels: tuple[str, ...]
    name: str = "picture"

    @classmethod
    def of(
        cls,
        source: Path | str | bytes | UInt8[np.ndarray, "height width 3"],
        extractor: Extractor = DetectedRegions(),  # noqa: B008
        boxes: Float[Tensor, "n 4"] | None = None,
        labels: Sequence[str] | None = None,
        name: str | None = None,
    ) -> Photograph:
        """Opens a picture (a path, a file's bytes, RGB pixels) and extracts its regions.

        Fractional ``boxes`` are taken instead of the detector's own, ``labels`` instead of its
        names.  Raises ``PictureError`` for what is no picture, ``ValueError`` for wrong boxes or
        a wrong number of labels.
        """
        pixels = source if isinstance(source, np.ndarray) else open_picture(source, name)
        regions = extractor.extract(pixels, boxes)
        named = coco.labels(regions) if labels is None else tuple(labels)
        if len(named) != len(regions.boxes):
            raise ValueError(f"{len(named)} labels were given for {len(regions.boxes)} regions")
        called = Path(source).name if isinstance(source, str | Path) else "picture"
        return cls(pixels, regions, named, name or called)

    def beside(self, sentence: str, tokenizer: Tokenizer, max_tokens: int | None = None) -> Shown:
        """The picture beside a sentence, ready for every look inside a model.

        Raises ``ValueError`` for an empty sentence or one of more than ``max_tokens`` tokens.
        """
        text = tokenizer.encode([sentence], max_tokens, names=[self.name])
        return self.with_tokens(text, tuple(tokenizer.pieces(text.ids)), sentence)

    def with_tokens(self, text: TextTokens, words: tuple[str, ...], sentence: str = "") -> Shown:
        """The picture beside one sentence that is already cut into ``words``."""
        batch = PairBatch(self.regions, text, torch.ones(1, dtype=torch.bool), (self.name,))
        return Shown(batch, words, self.pixels, self.labels, sentence)
