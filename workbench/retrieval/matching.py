"""Does a sentence belong to a picture: matching accuracy and scores of all pairs (U9, U28)."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from workbench.encoders.encoding import Encoder
from workbench.objectives.matching import Matching, other_picture
from workbench.pairs import PairBatch

AT_ONCE = 500
"""How many pairs go through the model together."""


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
    encoder: Encoder, matching: Matching, batch: PairBatch, at_once: int = AT_ONCE
) -> Float[np.ndarray, "P P"]:
    """Match scores of every sentence (row) with every picture (column) of a batch."""
    return match_table(encoder, matching, batch, batch, at_once)


def match_table(
    encoder: Encoder,
    matching: Matching,
    texts: PairBatch,
    pictures: PairBatch,
    at_once: int = AT_ONCE,
) -> Float[np.ndarray, "T I"]:
    """Match scores of every sentence of one batch with every picture of another."""
    columns, device = len(pictures), texts.matched.device
    cells = torch.arange(len(texts) * columns, device=device)
    scores = []
    for cell in cells.split(at_once):
        said = texts.select(cell // columns)
        regions = pictures.regions.select(cell % columns)
        beside = PairBatch(regions, said.text, said.matched, said.names)
        scores.append(match_scores(encoder, matching, beside))
    return torch.cat(scores).view(len(texts), columns).cpu().numpy()


def own_scores(
    encoder: Encoder, matching: Matching, batch: PairBatch, at_once: int = AT_ONCE
) -> Float[np.ndarray, "P"]:
    """Match scores of every sentence of a batch with the picture beside it."""
    order = torch.arange(len(batch), device=batch.matched.device)
    scores = [match_scores(encoder, matching, batch.select(some)) for some in order.split(at_once)]
    return torch.cat(scores).cpu().numpy()
