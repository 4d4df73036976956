"""Which regions to hide, and how: the draw that every masked-region objective shares.

The papers differ in four things: whether a chosen region always turns to zeros (U7) or only nine
times of ten (V9), whether its near copies go with it (M11), whether every picture hides one, and
whether the feature of the whole picture still counts what overlaps (X1).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from workbench.layers.attention import pad, unpad
from workbench.objectives.units import chance, choose_rows
from workbench.pairs import PairBatch, Regions


@dataclass(frozen=True)
class HideRegions:
    """Every region with ``probability``; a picture that drew none hides one (``at_least_one``).

    Of the chosen, the share ``zeroed`` turns to zeros and is marked hidden; the rest stays as it
    is (V9: 0.9).  ``overlap`` also chooses whatever overlaps a chosen one by a larger intersection
    over union (M11: 0.3, [c] 0.4).  ``whole_overlap`` instead leaves the overlapping ones as they
    are, but takes them and the chosen out of the count by which the whole picture's feature is
    divided, while their features stay in its sum (X1 [c]: 0.4).
    """

    probability: float = 0.15
    zeroed: float = 1.0
    overlap: float | None = None
    at_least_one: bool = True
    whole_overlap: float | None = None

    def choose(self, regions: Regions, rng: torch.Generator) -> Bool[Tensor, "R"]:
        """Regions to recover."""
        score = chance(len(regions.features), rng, regions.features.device)
        chosen = choose_rows(
            score,
            score.new_tensor([self.probability]),
            regions.offsets,
            torch.ones_like(score, dtype=torch.bool),
            at_least_one=self.at_least_one,
        )
        return chosen if self.overlap is None else overlapping(regions, chosen, self.overlap)

    def __call__(
        self, batch: PairBatch, rng: torch.Generator
    ) -> tuple[PairBatch, Bool[Tensor, "R"]]:
        """The broken batch and the regions to recover in it.

        Raises ``ValueError`` when regions of the batch are hidden already: what they were is lost.
        """
        regions = batch.regions
        if regions.hidden is not None:
            raise ValueError(
                "regions of this batch are hidden already; to recover the same ones in another "
                "way give the second objective already_hidden=True, else use an Alternate"
            )
        chosen = self.choose(regions, rng)
        zeros = chosen
        if self.zeroed < 1:
            fate = chance(len(chosen), rng, chosen.device)
            zeros = chosen & (fate < self.zeroed)
        broken = hide_regions(batch, zeros)
        if self.whole_overlap is not None:
            whole = _whole(broken.regions, overlapping(regions, chosen, self.whole_overlap))
            broken = dataclasses.replace(
                broken, regions=dataclasses.replace(broken.regions, whole=whole)
            )
        return broken, chosen


def hide_regions(batch: PairBatch, hidden: Bool[Tensor, "R"]) -> PairBatch:
    """The batch with these regions' features set to zero and marked hidden (U7)."""
    features = batch.regions.features.masked_fill(hidden[:, None], 0.0)
    regions = dataclasses.replace(batch.regions, features=features, hidden=hidden)
    return dataclasses.replace(batch, regions=regions)


def overlapping(
    regions: Regions, anchors: Bool[Tensor, "R"], threshold: float
) -> Bool[Tensor, "R"]:
    """Anchors, and regions whose IoU with an anchor of their picture is above ``threshold``."""
    boxes = pad(regions.boxes, regions.offsets)
    low = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
    high = torch.minimum(boxes[:, :, None, 2:], boxes[:, None, :, 2:])
    shared = (high - low).clamp_min(0).prod(-1)
    area = (boxes[..., 2:] - boxes[..., :2]).clamp_min(0).prod(-1)
    union = area[:, :, None] + area[:, None, :] - shared
    near = shared > threshold * union
    found = (near & pad(anchors, regions.offsets)[:, None, :]).any(-1)
    return anchors | unpad(found, regions.offsets)


def _whole(regions: Regions, uncounted: Tensor) -> Tensor:
    """Per picture the sum of its features by the count of its other regions (1 if none is left)."""
    offsets = regions.offsets
    total = regions.features.new_zeros(len(regions), regions.features.shape[-1])
    total = total.index_add(0, offsets.owner, regions.features)
    count = torch.zeros_like(offsets.lengths).index_add(0, offsets.owner, (~uncounted).long())
    return total / count.clamp_min(1)[:, None]
