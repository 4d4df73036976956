"""Regions from a picture: detected boxes, given boxes or a plain grid, all with one schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.pairs import Offsets, Regions
from workbench.vision import backbone, boxes, detectors


@runtime_checkable
class Extractor(Protocol):
    """Turns one picture into one bag of regions (P = 1) of a fixed schema."""

    @property
    def feature_size(self) -> int:
        """Length of a feature vector."""
        ...

    @property
    def classes(self) -> int:
        """Columns of the class probabilities, background included."""
        ...

    def extract(
        self,
        picture: UInt8[np.ndarray, "height width 3"],
        boxes: Float[Tensor, "n 4"] | None = None,
    ) -> Regions:
        """Regions for exactly these fractional boxes, or for the extractor's own if None."""
        ...


@dataclass(frozen=True)
class Look:
    """One picture after both networks have seen it once; any boxes can then be read cheaply."""

    detections: detectors.Detections
    feature_map: Float[Tensor, "F h w"]
    eyes: backbone.Backbone
    width: int
    height: int

    def given(self, wanted: Float[Tensor, "n 4"]) -> Regions:
        """Regions for exactly these fractional boxes, in their order."""
        _check_boxes(wanted)
        classes, confidence = self.detections.classes_of(wanted)
        return self._regions(wanted, classes, confidence)

    def detected(
        self, fewest: int = 10, most: int = 36, threshold: float = 0.05, overlap: float = 0.5
    ) -> Regions:
        """Regions where the detector proposes something, best first."""
        rows = self.detections.proposals(fewest, most, threshold, overlap)
        scores = self.detections.scores[rows]
        found = boxes.clip(self.detections.boxes[rows])
        return self._regions(found, detectors.probabilities(scores), detectors.confidence(scores))

    def _regions(self, where, classes, confidence) -> Regions:
        return Regions(
            features=self.eyes.features(self.feature_map, where),
            boxes=where,
            confidence=confidence,
            classes=classes,
            sizes=torch.tensor([[self.width, self.height]], dtype=torch.float32),
            offsets=Offsets.from_lengths([len(where)]),
        )


def look(picture: UInt8[np.ndarray, "height width 3"], longer_side: int = 320) -> Look:
    """Run the default detector and backbone over an RGB picture once."""
    eyes = backbone.efficientnet_lite0(longer_side)
    found = detectors.ssd_mobilenet().detect(picture)
    return Look(found, eyes.feature_map(picture), eyes, picture.shape[1], picture.shape[0])


@dataclass(frozen=True)
class DetectedRegions:
    """The default: ``fewest`` to ``most`` boxes that the COCO detector proposes."""

    fewest: int = 10
    most: int = 36
    threshold: float = 0.05
    overlap: float = 0.5
    longer_side: int = 320
    feature_size: int = backbone.FEATURE_SIZE
    classes: int = detectors.CLASSES

    def extract(
        self,
        picture: UInt8[np.ndarray, "height width 3"],
        boxes: Float[Tensor, "n 4"] | None = None,
    ) -> Regions:
        """Regions for these fractional boxes, or for the detector's own if None."""
        if boxes is not None:
            return look(picture, self.longer_side).given(boxes)
        return self._detected(look(picture, self.longer_side))

    def extract_both(
        self, picture: UInt8[np.ndarray, "height width 3"], boxes: Float[Tensor, "n 4"]
    ) -> tuple[Regions, Regions]:
        """(regions for these boxes, detected regions) for the price of one."""
        seen = look(picture, self.longer_side)
        return seen.given(boxes), self._detected(seen)

    def _detected(self, seen: Look) -> Regions:
        return seen.detected(self.fewest, self.most, self.threshold, self.overlap)


@dataclass(frozen=True)
class GivenBoxes:
    """Regions for boxes that are already known, such as a scene's own."""

    longer_side: int = 320
    feature_size: int = backbone.FEATURE_SIZE
    classes: int = detectors.CLASSES

    def extract(
        self,
        picture: UInt8[np.ndarray, "height width 3"],
        boxes: Float[Tensor, "n 4"] | None = None,
    ) -> Regions:
        """Regions for these fractional boxes; raises ``ValueError`` when there are none to use."""
        if boxes is None:
            raise ValueError(
                "GivenBoxes was asked for regions without boxes: pass boxes=, or use "
                "DetectedRegions, which finds its own"
            )
        return look(picture, self.longer_side).given(boxes)


@dataclass(frozen=True)
class GridRegions:
    """A plain grid of ``rows`` x ``columns`` cells: regions that no detector chose."""

    rows: int = 4
    columns: int = 5
    longer_side: int = 320
    feature_size: int = backbone.FEATURE_SIZE
    classes: int = detectors.CLASSES

    def extract(
        self,
        picture: UInt8[np.ndarray, "height width 3"],
        boxes: Float[Tensor, "n 4"] | None = None,
    ) -> Regions:
        """Regions for these fractional boxes, or for every cell of the grid if None."""
        cells = _cells(self.rows, self.columns) if boxes is None else boxes
        return look(picture, self.longer_side).given(cells)


def _cells(rows: int, columns: int) -> Float[Tensor, "cells 4"]:
    # Inside the extractors the argument ``boxes`` hides the module of that name.
    return boxes.grid(rows, columns)


def _check_boxes(wanted: Float[Tensor, "n 4"]) -> None:
    outside = ((wanted < -1e-3) | (wanted > 1 + 1e-3)).any(-1) | ~wanted.isfinite().all(-1)
    upside_down = (wanted[:, 2:] < wanted[:, :2]).any(-1)
    bad = (outside | upside_down).nonzero()
    if len(bad):
        row = int(bad[0])
        numbers = [round(v, 4) for v in wanted[row].tolist()]
        raise ValueError(
            f"box {row} is {numbers}: expected x1, y1, x2, y2 as fractions of the picture "
            "(0 to 1) with x1 <= x2 and y1 <= y2; pixel boxes go through boxes.to_fractions"
        )
