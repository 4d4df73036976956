"""One picture's regions as the native store keeps them, and what it refuses to keep."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch

from workbench.data.manifest import StoreError
from workbench.pairs import Regions

SLACK = 1e-3  # how far a box may reach outside its picture before it is an error, as a fraction


@dataclass(frozen=True)
class Stored:
    """``n`` regions of one picture; boxes are fractions, ``size`` is width, height in pixels."""

    key: str
    features: np.ndarray  # float16 [n, F]
    boxes: np.ndarray  # float32 [n, 4]
    confidence: np.ndarray  # float32 [n]
    classes: np.ndarray  # float16 [n, C]
    size: np.ndarray  # float32 [2]

    @property
    def digest(self) -> bytes:
        """sha256 of everything that is kept, the key included."""
        found = hashlib.sha256(self.key.encode() + b"\0")
        for part in (self.size, self.boxes, self.confidence, self.features, self.classes):
            found.update(np.ascontiguousarray(part).data)
        return found.digest()

    @classmethod
    def from_regions(cls, key: str, regions: Regions, feature_size: int, classes: int) -> Stored:
        """Checked and rounded for storing; raises ``StoreError`` naming the key and the row."""
        given = (len(regions), regions.features.shape[1], regions.classes.shape[1])
        if given != (1, feature_size, classes):
            raise StoreError(
                f"picture {key!r}: expected 1 picture of {feature_size} features and {classes} "
                f"classes a region, got {given[0]} of {given[1]} and {given[2]}"
            )
        columns = (regions.features, regions.boxes, regions.confidence, regions.classes)
        rows = [len(column) for column in columns]
        if len(set(rows)) != 1:
            raise StoreError(
                f"picture {key!r}: features, boxes, confidence and classes have {rows} rows, "
                "expected as many of each"
            )
        regions = regions.to("cpu")
        boxes = regions.boxes
        inside = ((boxes >= -SLACK) & (boxes <= 1 + SLACK)).all(-1)
        upright = (boxes[:, 2:] >= boxes[:, :2]).all(-1)
        _refuse(key, ~(inside & upright), boxes, "box", _BOX)
        features, probabilities = regions.features.half(), regions.classes.half()
        _refuse(key, ~features.isfinite().all(-1), regions.features, "features", _NUMBERS)
        _refuse(key, ~probabilities.isfinite().all(-1), regions.classes, "classes", _NUMBERS)
        _refuse(key, ~regions.confidence.isfinite(), regions.confidence, "confidence", _NUMBERS)
        return cls(
            key=key,
            features=features.numpy(),
            boxes=boxes.float().clamp(0, 1).numpy(),
            confidence=regions.confidence.float().numpy(),
            classes=probabilities.numpy(),
            size=regions.sizes[0].float().numpy(),
        )


_BOX = (
    "expected x1, y1, x2, y2 as fractions of the picture (0 to 1, x1 <= x2, y1 <= y2); divide "
    "pixel boxes by the picture's width and height"
)
_NUMBERS = "expected finite numbers within float16 (below 65,504); extract the picture again"


def _refuse(key: str, bad: torch.Tensor, values: torch.Tensor, what: str, advice: str) -> None:
    if not bad.any():
        return
    row = int(bad.nonzero()[0])
    numbers = values[row].reshape(-1)
    if what == "box":
        seen = [round(v, 4) for v in numbers.tolist()]
    else:
        column = int((~numbers.half().isfinite()).nonzero()[0])
        seen = f"number {column} is {float(numbers[column])}"
    raise StoreError(f"picture {key!r}, region row {row}, {what}: {seen}; {advice}")
