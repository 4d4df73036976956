"""From tokens and regions to rows: the embedders of the papers."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.pairs import Regions, TextTokens


def geometry7(boxes: Float[Tensor, "R 4"]) -> Float[Tensor, "R 7"]:
    """UNITER's box code x1, y1, x2, y2, width, height, area, all as fractions (U2)."""
    size = boxes[:, 2:] - boxes[:, :2]
    return torch.cat([boxes, size, size.prod(-1, keepdim=True)], dim=-1)


class TextEmbedder(nn.Module):
    """Word + position + segment, normalised (U3, V7)."""

    def __init__(
        self, width: int, vocabulary: int, positions: int, segments: int, dropout: float, eps: float
    ) -> None:
        super().__init__()
        self.word = nn.Embedding(vocabulary, width, padding_idx=0)
        self.position = nn.Embedding(positions, width)
        self.segment = nn.Embedding(segments, width)
        self.norm = nn.LayerNorm(width, eps=eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, text: TextTokens) -> Float[Tensor, "T D"]:
        """One row per token; raises ``ValueError`` for a sentence longer than the positions."""
        if text.offsets.longest > self.position.num_embeddings:
            raise ValueError(
                f"a sentence has {text.offsets.longest} tokens but the model has only "
                f"{self.position.num_embeddings} positions; cut it when tokenising "
                "(max_tokens) or build the model with more positions"
            )
        rows = self.word(text.ids) + self.position(text.positions) + self.segment(text.segments)
        return self.dropout(self.norm(rows))


class RegionEmbedder(nn.Module):
    """UNITER's: LN(LN(feature) + LN(geometry) + segment), with a learned mask row (U2, U4, X3).

    The paper sums the two projections and normalises once (``inner_norms=False``); the released
    code normalises each first and adds row 1 of ``mask`` to hidden regions before projecting
    (row 0 is never read).
    """

    def __init__(
        self,
        width: int,
        feature_size: int,
        dropout: float,
        eps: float,
        *,
        inner_norms: bool = True,
        mask_row: bool = True,
    ) -> None:
        super().__init__()
        self.feature = nn.Linear(feature_size, width)
        self.geometry = nn.Linear(7, width)
        self.feature_norm = nn.LayerNorm(width, eps=eps) if inner_norms else nn.Identity()
        self.geometry_norm = nn.LayerNorm(width, eps=eps) if inner_norms else nn.Identity()
        self.mask = nn.Embedding(2, feature_size, padding_idx=0) if mask_row else None
        self.norm = nn.LayerNorm(width, eps=eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, regions: Regions, segment: Float[Tensor, "#R D"]) -> Float[Tensor, "R D"]:
        """One row per region; ``segment`` is the modality's embedding (U4)."""
        features = regions.features
        if features.shape[-1] != self.feature.in_features:
            raise ValueError(
                f"the regions have {features.shape[-1]} numbers each but this model was built for "
                f"{self.feature.in_features}; extract them with the extractor it was trained on"
            )
        if regions.hidden is not None and self.mask is not None:
            shown = features + self.mask.weight[1]
            features = torch.where(regions.hidden[:, None], shown, features)
        rows = self.feature_norm(self.feature(features))
        rows = rows + self.geometry_norm(self.geometry(geometry7(regions.boxes))) + segment
        return self.dropout(self.norm(rows))
