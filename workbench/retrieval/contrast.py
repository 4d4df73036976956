"""How near sentences and pictures are that were each encoded alone (M4)."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from workbench.encoders.encoding import Encoder
from workbench.objectives.contrastive import Contrastive
from workbench.pairs import PairBatch


def contrast_table(
    encoder: Encoder, objective: Contrastive, batch: PairBatch
) -> Float[np.ndarray, "P P"]:
    """Similarity of every sentence (row) with every picture (column) of a batch."""
    return nearness_table(encoder, objective, batch, batch)


@torch.no_grad()
def nearness_table(
    encoder: Encoder, objective: Contrastive, texts: PairBatch, pictures: PairBatch
) -> Float[np.ndarray, "T I"]:
    """Similarity of every sentence of one batch with every picture of another."""
    said = encoder(texts.without_regions()).text_summary
    seen = encoder(pictures.without_text()).image_summary
    return objective.similarity(seen, said).T.float().cpu().numpy()


def own_nearness(
    encoder: Encoder, objective: Contrastive, batch: PairBatch, at_once: int = 100
) -> Float[np.ndarray, "P"]:
    """Similarity of every sentence of a batch with the picture beside it."""
    order = torch.arange(len(batch), device=batch.matched.device)
    parts = [batch.select(some) for some in order.split(at_once)]
    tables = [nearness_table(encoder, objective, part, part) for part in parts]
    return np.concatenate([np.diagonal(table) for table in tables])
