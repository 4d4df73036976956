"""From tokens and regions to rows: the embedders of the papers."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from workbench.layers.geometry import Code, geometry7
from workbench.pairs import Regions, TextTokens


class TextEmbedder(nn.Module):
    """Word + position + segment, normalised (U3, V7); without ``segments`` just the first two.

    ``padding_id`` is the word whose row gets no gradient (None: every word learns).
    """

    def __init__(
        self,
        width: int,
        vocabulary: int,
        positions: int,
        segments: int,
        dropout: float,
        eps: float,
        padding_id: int | None = 0,
    ) -> None:
        super().__init__()
        self.word = nn.Embedding(vocabulary, width, padding_idx=padding_id)
        self.position = nn.Embedding(positions, width)
        self.segment = nn.Embedding(segments, width) if segments else None
        self.norm = nn.LayerNorm(width, eps=eps)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        text: TextTokens,
        positions: Int[Tensor, "T"] | None = None,
        segments: Int[Tensor, "T"] | None = None,
    ) -> Float[Tensor, "T D"]:
        """One row per token; given ``positions`` and ``segments`` take the place of the text's own.

        Raises ``ValueError`` for a position that the model does not have.
        """
        positions = text.positions if positions is None else positions
        segments = text.segments if segments is None else segments
        last = int(positions.max()) if len(positions) else 0
        if last >= self.position.num_embeddings:
            raise ValueError(
                f"a sentence of up to {text.offsets.longest} tokens stands at position {last} but "
                f"the model has only {self.position.num_embeddings} positions; cut it when "
                "tokenising (max_tokens) or build the model with more positions"
            )
        rows = self.word(text.ids) + self.position(positions)
        if self.segment is not None:
            rows = rows + self.segment(segments)
        return self.dropout(self.norm(rows))


class RegionEmbedder(nn.Module):
    """LN(LN(feature) + LN(box code) + segment), with a learned mask row (U2, U4, X3).

    The papers sum the two projections and normalise once (``inner_norms=False``; U2, V5, M2);
    released code (X3) normalises each first and adds row 1 of ``mask`` to hidden regions before
    projecting (row 0 is never read).  ``code`` gives ``code_size`` numbers for the place of each
    region.
    """

    def __init__(
        self,
        width: int,
        feature_size: int,
        dropout: float,
        eps: float,
        *,
        code: Code = geometry7,
        code_size: int = 7,
        inner_norms: bool = True,
        mask_row: bool = True,
    ) -> None:
        super().__init__()
        self.code = code
        self.feature = nn.Linear(feature_size, width)
        self.geometry = nn.Linear(code_size, width)
        self.feature_norm = nn.LayerNorm(width, eps=eps) if inner_norms else nn.Identity()
        self.geometry_norm = nn.LayerNorm(width, eps=eps) if inner_norms else nn.Identity()
        self.mask = nn.Embedding(2, feature_size, padding_idx=0) if mask_row else None
        self.norm = nn.LayerNorm(width, eps=eps)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, regions: Regions, segment: Float[Tensor, "#R D"] | None = None
    ) -> Float[Tensor, "R D"]:
        """One row per region; ``segment`` is the modality's embedding, if it has one (U4)."""
        features = fitting_features(regions, self.feature.in_features)
        if regions.hidden is not None and self.mask is not None:
            shown = features + self.mask.weight[1]
            features = torch.where(regions.hidden[:, None], shown, features)
        rows = self.feature_norm(self.feature(features))
        rows = rows + self.geometry_norm(self.geometry(self.code(regions)))
        return self.dropout(self.norm(rows if segment is None else rows + segment))


def fitting_features(regions: Regions, expected: int) -> Float[Tensor, "R F"]:
    """The regions' features; raises ``ValueError`` when a model expects another size."""
    if regions.features.shape[-1] != expected:
        raise ValueError(
            f"the regions have {regions.features.shape[-1]} numbers each but this model was built "
            f"for {expected}; extract them with the extractor it was trained on"
        )
    return regions.features
