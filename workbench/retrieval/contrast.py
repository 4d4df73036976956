"""How near sentences and pictures are that were each encoded alone (M4)."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from workbench.encoders.encoding import Encoder
from workbench.objectives.contrastive import Contrastive
from workbench.pairs import PairBatch


@torch.no_grad()
def contrast_table(
    encoder: Encoder, objective: Contrastive, batch: PairBatch
) -> Float[np.ndarray, "P P"]:
    """Similarity of every sentence (row) with every picture (column) of a batch."""
    texts = encoder(batch.without_regions()).text_summary
    images = encoder(batch.without_text()).image_summary
    return objective.similarity(images, texts).T.float().cpu().numpy()
