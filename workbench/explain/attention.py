"""What a model attends to, as plain arrays that a widget draws (npz, never pickle)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from workbench.pairs import PairBatch


@dataclass(frozen=True)
class AttentionRecord:
    """One pair's attention in every layer and head.

    ``attention`` is [layers, heads, W + N, W + N] in the order words, regions: row = query,
    column = key, each row sums to 1.  ``picture`` is RGB; ``boxes`` are fractions of it.
    """

    words: np.ndarray
    labels: np.ndarray
    boxes: Float[np.ndarray, "N 4"]
    picture: UInt8[np.ndarray, "height width 3"]
    attention: Float[np.ndarray, "layers H S S"]
    title: str = ""

    def save(self, path: Path | str) -> None:
        """Write an npz that needs no pickle to read."""
        arrays: dict[str, Any] = {name: np.asarray(value) for name, value in asdict(self).items()}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path | str) -> AttentionRecord:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as file:
            fields = {name: file[name] for name in file.files}
        return cls(**{**fields, "title": str(fields["title"])})


@torch.no_grad()
def attention_of(
    encoder: nn.Module,
    batch: PairBatch,
    words: Sequence[str],
    picture: UInt8[np.ndarray, "height width 3"],
    labels: Sequence[str] = (),
    title: str = "",
) -> AttentionRecord:
    """The record of a batch of one pair; ``words`` are its sub-words, specials included.

    Raises ``ValueError`` when the batch holds several pairs or the words do not fit its tokens.
    """
    regions, tokens = batch.regions.offsets.rows, batch.text.offsets.rows
    if len(batch) != 1 or len(words) != tokens:
        raise ValueError(
            f"attention is recorded for one pair whose words fit its {tokens} tokens; "
            f"got {len(batch)} pairs and {len(words)} words"
        )
    trace: dict[str, torch.Tensor] = {}
    was_training = encoder.training
    encoder.eval()
    encoder(batch, trace=trace)
    encoder.train(was_training)
    layers = [value[0] for name, value in trace.items() if name.endswith(".attention")]
    # joint rows stand [regions | text]; people read words first
    order = torch.tensor([*range(regions, regions + tokens), *range(regions)])
    weights = torch.stack(layers).float()[:, :, order][:, :, :, order]
    return AttentionRecord(
        np.array(words, dtype=np.str_),
        np.array(list(labels) or [""] * regions, dtype=np.str_),
        batch.regions.boxes.float().cpu().numpy(),
        picture,
        weights.cpu().numpy(),
        title,
    )
