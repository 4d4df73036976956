"""Batches put together from pairs, lone pictures and lone sentences (M3, M19)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from workbench.pairs import Offsets, PairBatch, Regions, TextTokens


def joined(batches: Sequence[PairBatch]) -> PairBatch:
    """Several batches laid end to end; raises ``ValueError`` where regions are marked already."""
    texts = [batch.text for batch in batches]
    phrases = [text.phrases for text in texts if text.phrases is not None]
    text = TextTokens(
        torch.cat([text.ids for text in texts]),
        torch.cat([text.segments for text in texts]),
        torch.cat([text.positions for text in texts]),
        torch.cat([text.words for text in texts]),
        Offsets.from_lengths(torch.cat([text.offsets.lengths for text in texts])),
        torch.cat(phrases) if len(phrases) == len(texts) else None,
    )
    return PairBatch(
        Regions.join(batch.regions for batch in batches),
        text,
        torch.cat([batch.matched for batch in batches]),
        tuple(name for batch in batches for name in batch.names),
        tuple(name for batch in batches for name in batch.images),
    )
