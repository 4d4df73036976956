"""Box codes: what each paper tells a model about the place of a region."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from workbench.pairs import Regions

Code = Callable[[Regions], Tensor]
"""Numbers for every region: [R, code size]."""


def _areas(boxes: Float[Tensor, "R 4"]) -> Float[Tensor, "R 1"]:
    return (boxes[:, 2:] - boxes[:, :2]).prod(-1, keepdim=True)


def geometry5(regions: Regions) -> Float[Tensor, "R 5"]:
    """x1, y1, x2, y2 and the area, as fractions of the picture (V5, M2)."""
    return torch.cat([regions.boxes, _areas(regions.boxes)], dim=-1)


def geometry7(regions: Regions) -> Float[Tensor, "R 7"]:
    """x1, y1, x2, y2, width, height and the area, as fractions of the picture (U2)."""
    size = regions.boxes[:, 2:] - regions.boxes[:, :2]
    return torch.cat([regions.boxes, size, _areas(regions.boxes)], dim=-1)


def geometry6(regions: Regions) -> Float[Tensor, "R 6"]:
    """x1, y1, x2, y2, area and confidence, as fractions of the largest coordinates (X5).

    The released code does not know the size of a picture and takes its largest right and lower
    coordinate, in pixels and plus 1e-5, for it.
    """
    owner = regions.offsets.owner
    pixels = regions.boxes * regions.sizes[owner].repeat(1, 2)
    ends = pixels.view(-1, 2, 2).amax(1)
    largest = ends.new_zeros(len(regions), 2)
    largest = largest.scatter_reduce(0, owner[:, None].expand(-1, 2), ends, "amax")
    boxes = pixels / (largest + 1e-5)[owner].repeat(1, 2)
    area = _areas(boxes).clamp_min(0)
    return torch.cat([boxes, area, regions.confidence[:, None]], dim=-1)


def geometry6_and_classes(regions: Regions) -> Float[Tensor, "R code"]:
    """The six numbers and the class probabilities, each normalised without weights (P3, X5)."""
    code = geometry6(regions)
    parts = code, regions.classes.to(code.dtype)
    return torch.cat([F.layer_norm(part, part.shape[-1:], eps=1e-5) for part in parts], dim=-1)
