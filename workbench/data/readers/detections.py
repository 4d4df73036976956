"""Regions from the arrays that a detector's run leaves behind (P11)."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from workbench.pairs import Offsets, Regions

SMALLEST_SIDE = 1e-5
"""Pixels; a picture whose boxes all end at 0 still has a size to divide by."""


def regions_of_detections(
    features: Float[Tensor, "_ _ F"],
    classes: Float[Tensor, "_ _ C"],
    boxes: Float[Tensor, "_ _ 6"],
    sizes: Float[Tensor, "P 2"] | None = None,
) -> Regions:
    """Pictures of equally many regions, as one bag; arrays are [pictures, regions, numbers].

    A row of ``boxes`` is x1, y1, x2, y2 in pixels, the class and the confidence; the class is not
    needed beside its probabilities.  ``sizes`` are width and height in pixels; such files do not
    hold them, and without them the largest coordinates stand for them (X5).  Raises ``ValueError``
    when the arrays do not fit each other.
    """
    counts = {len(given[0]) if len(given) else 0 for given in (features, classes, boxes)}
    if len({len(features), len(classes), len(boxes)}) != 1 or len(counts) != 1:
        raise ValueError(
            "features, classes and boxes must be of the same pictures and regions, got "
            + ", ".join(str(tuple(given.shape[:2])) for given in (features, classes, boxes))
        )
    corners = boxes[..., :4]
    if sizes is None:
        sizes = corners.unflatten(-1, (2, 2)).amax((1, 2)).clamp_min(SMALLEST_SIDE)
    pictures, each = boxes.shape[:2]
    return Regions(
        features.flatten(0, 1),
        (corners / sizes.repeat(1, 2)[:, None]).flatten(0, 1),
        boxes[..., 5].flatten(),
        classes.flatten(0, 1),
        sizes,
        Offsets.from_lengths([each] * pictures),
    )
