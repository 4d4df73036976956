"""What captions go on from: pictures, each beside the same few tokens or none."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from workbench.pairs import Offsets, PairBatch, Regions, TextTokens


def beside(
    regions: Regions, source: Sequence[int] = (), names: Sequence[str] | None = None
) -> PairBatch:
    """Every picture beside the source tokens (ids), such as the [CLS] of a caption (P13).

    Without ``names`` pictures are called by their number.  Raises ``ValueError`` unless there is
    one name a picture.
    """
    count, device = len(regions), regions.features.device
    names = [str(number) for number in range(count)] if names is None else names
    offsets = Offsets.from_lengths(torch.full((count,), len(source), device=device))
    ids = torch.tensor(list(source), dtype=torch.int64, device=device).repeat(count)
    text = TextTokens(
        ids=ids,
        segments=torch.zeros_like(ids),
        positions=offsets.within,
        words=torch.full_like(ids, -1),
        offsets=offsets,
    )
    return PairBatch(
        regions, text, torch.ones(count, dtype=torch.bool, device=device), tuple(names)
    )
