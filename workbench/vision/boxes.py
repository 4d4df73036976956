"""Box arithmetic: corners x1, y1, x2, y2 in any one unit, usually fractions of the picture."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor


def area(boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n"]:
    """Area of each box, in the square of its unit; 0 for an inverted box."""
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(-1)


def intersection_over_union(
    left: Float[Tensor, "n 4"], right: Float[Tensor, "k 4"]
) -> Float[Tensor, "n k"]:
    """Overlap of every box on the left with every box on the right, 0 to 1."""
    corner = torch.maximum(left[:, None, :2], right[None, :, :2])
    opposite = torch.minimum(left[:, None, 2:], right[None, :, 2:])
    shared = (opposite - corner).clamp(min=0).prod(-1)
    union = area(left)[:, None] + area(right)[None, :] - shared
    return shared / union.clamp(min=torch.finfo(left.dtype).tiny)


def suppress(
    boxes: Float[Tensor, "n 4"], scores: Float[Tensor, "n"], overlap: float
) -> Int[Tensor, "kept"]:
    """Rows that survive class-agnostic non-maximum suppression, best score first.

    A box falls when it overlaps a better surviving one by more than ``overlap`` (IoU).  Equal
    scores keep their order, so the answer does not depend on the machine.
    """
    order = torch.argsort(scores, descending=True, stable=True)
    hits = (intersection_over_union(boxes[order], boxes[order]) > overlap).numpy()
    alive = np.ones(len(order), dtype=bool)
    kept = []
    for row in range(len(order)):
        if alive[row]:
            kept.append(row)
            alive &= ~hits[row]
    return order[torch.tensor(kept, dtype=torch.int64)]


def clip(boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """Fractional boxes cut to the picture (0 to 1)."""
    return boxes.clamp(0.0, 1.0)


def to_corners(boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """Centre x, centre y, width, height -> x1, y1, x2, y2."""
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    return torch.cat([centre - half, centre + half], dim=-1)


def to_centres(boxes: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """x1, y1, x2, y2 -> centre x, centre y, width, height."""
    corner, opposite = boxes[:, :2], boxes[:, 2:]
    return torch.cat([(corner + opposite) / 2, opposite - corner], dim=-1)


def to_fractions(boxes: Float[Tensor, "n 4"], width: int, height: int) -> Float[Tensor, "n 4"]:
    """Pixel corners -> fractions of a picture of this width and height."""
    return boxes / boxes.new_tensor([width, height, width, height])


def to_pixels(boxes: Float[Tensor, "n 4"], width: int, height: int) -> Float[Tensor, "n 4"]:
    """Fractional corners -> pixels of a picture of this width and height."""
    return boxes * boxes.new_tensor([width, height, width, height])


def grid(rows: int, columns: int) -> Float[Tensor, "cells 4"]:
    """The cells of a plain grid over the picture, row by row, as fractions."""
    if rows < 1 or columns < 1:
        raise ValueError(f"a grid needs at least one row and one column, got {rows} x {columns}")
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    corner = torch.stack([x / columns, y / rows], dim=-1).reshape(-1, 2)
    return torch.cat([corner, corner + corner.new_tensor([1 / columns, 1 / rows])], dim=-1).clamp(
        max=1.0
    )
