"""The row of the whole picture that some systems set before the regions (V4, M2)."""

from __future__ import annotations

import dataclasses

import torch

from workbench.pairs import Offsets, Regions


def with_whole_picture(regions: Regions) -> Regions:
    """The same pictures, each led by a region for all of it; pictures without regions get none.

    Its box is (0, 0, 1, 1), its feature ``regions.whole`` or else the mean of the regions as they
    stand (hidden ones count as the zeros they are).
    """
    old = regions.offsets
    present = old.lengths > 0
    new = Offsets.from_lengths(old.lengths + present)
    first = new.starts[:-1][present]
    others = new.starts[old.owner] + 1 + old.within
    whole = regions.whole
    if whole is None:
        total = regions.features.new_zeros(len(regions), regions.features.shape[-1])
        total = total.index_add(0, old.owner, regions.features)
        whole = total / old.lengths.clamp_min(1)[:, None]

    def grown(given: torch.Tensor, leading: torch.Tensor) -> torch.Tensor:
        rows = given.new_zeros(new.rows, *given.shape[1:])
        return rows.index_copy(0, others, given).index_copy(0, first, leading.to(given.dtype))

    count = len(first)
    everything = regions.boxes.new_tensor([0.0, 0.0, 1.0, 1.0]).expand(count, 4)
    classes = regions.classes.new_zeros(count, regions.classes.shape[-1])
    hidden, segments = regions.hidden, regions.segments
    return dataclasses.replace(
        regions,
        features=grown(regions.features, whole[present]),
        boxes=grown(regions.boxes, everything),
        confidence=grown(regions.confidence, regions.confidence.new_ones(count)),
        classes=grown(regions.classes, classes),
        offsets=new,
        hidden=None if hidden is None else grown(hidden, hidden.new_zeros(count)),
        segments=None if segments is None else grown(segments, segments.new_zeros(count)),
    )
