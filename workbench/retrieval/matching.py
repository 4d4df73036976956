"""Does a sentence belong to a picture: matching accuracy and scores of all pairs (U9, U28)."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from workbench.encoders.encoding import Encoder
from workbench.objectives.matching import Matching, other_picture
from workbench.pairs import PairBatch


@torch.no_grad()
def match_scores(encoder: Encoder, matching: Matching, batch: PairBatch) -> torch.Tensor:
    """How much more "matches" than "does not" each pair gets, in logits."""
    return matching.lead(encoder(batch))


def matching_accuracy(
    encoder: Encoder, matching: Matching, batch: PairBatch, seed: int = 0
) -> float:
    """Accuracy over every pair once with its own picture and once with another of the batch."""
    rng = torch.Generator().manual_seed(seed)
    right = match_scores(encoder, matching, batch) > 0
    wrong = match_scores(encoder, matching, batch.beside(other_picture(batch, rng))) <= 0
    return float(torch.cat([right, wrong]).float().mean())


def pair_table(
    encoder: Encoder, matching: Matching, batch: PairBatch, chunk: int = 5
) -> Float[np.ndarray, "P P"]:
    """Match scores of every sentence (row) with every picture (column) of a batch."""
    count = len(batch)
    rows, device = [], batch.matched.device
    for begin in range(0, count, chunk):
        texts = torch.arange(begin, min(begin + chunk, count), device=device)
        pictures = torch.arange(count, device=device).repeat(len(texts))
        block = batch.select(texts.repeat_interleave(count))
        beside = PairBatch(batch.regions.select(pictures), block.text, block.matched, block.names)
        rows.append(match_scores(encoder, matching, beside).view(len(texts), count))
    return torch.cat(rows).cpu().numpy()
