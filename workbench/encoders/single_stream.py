"""One transformer over regions and tokens together (UNITER; later UNIMO and VLP)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.layers.blocks import Activation, Block
from workbench.layers.embeddings import RegionEmbedder, TextEmbedder
from workbench.layers.heads import Pooler
from workbench.pairs import PairBatch
from workbench.patterns import BIDIRECTIONAL, AttentionPattern, JointLayout


@dataclass(frozen=True)
class SingleStreamSizes:
    """The numbers of a single-stream encoder; widths in units, lengths in rows."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    feature_size: int
    classes: int
    segments: int = 2
    dropout: float = 0.1
    attention_dropout: float = 0.1
    eps: float = 1e-12


class SingleStream(nn.Module):
    """UNITER's encoder (U1–U4): BERT over [regions | text], pooled at the first token."""

    def __init__(
        self,
        sizes: SingleStreamSizes,
        *,
        activation: Activation = F.gelu,
        inner_norms: bool = True,
        mask_row: bool = True,
        init_range: float = 0.02,
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.text_embedder = TextEmbedder(
            sizes.width,
            sizes.vocabulary,
            sizes.positions,
            sizes.segments,
            sizes.dropout,
            sizes.eps,
        )
        self.region_embedder = RegionEmbedder(
            sizes.width,
            sizes.feature_size,
            sizes.dropout,
            sizes.eps,
            inner_norms=inner_norms,
            mask_row=mask_row,
        )
        self.blocks = nn.ModuleList(
            Block(
                sizes.width,
                sizes.heads,
                sizes.inner,
                dropout=sizes.dropout,
                attention_dropout=sizes.attention_dropout,
                activation=activation,
                eps=sizes.eps,
            )
            for _ in range(sizes.layers)
        )
        self.pooler = Pooler(sizes.width, sizes.width)
        self.apply(lambda module: initialise(module, init_range))

    def forward(
        self,
        batch: PairBatch,
        pattern: AttentionPattern = BIDIRECTIONAL,
        trace: dict[str, Tensor] | None = None,
    ) -> Encoding:
        """States of every row; ``trace`` receives ``blocks.{i}.attention`` and ``blocks.{i}.rows``.

        Attention is recorded for bidirectional patterns as [P, H, S, S] padded joint rows in the
        order regions, text.  A pair without text is pooled at its first region.
        """
        layout = JointLayout.of(batch)
        text = self.text_embedder(batch.text)
        segments = batch.regions.segments
        picture = self.text_embedder.segment.weight
        picture = picture[1:2] if segments is None else picture[segments]
        regions = self.region_embedder(batch.regions, picture)
        rows = text.new_empty(layout.offsets.rows, text.shape[-1])
        rows = rows.index_copy(0, layout.region_rows, regions.to(rows.dtype))
        rows = rows.index_copy(0, layout.text_rows, text)
        reads = pattern.reads(batch, layout)
        if trace is not None:
            trace["embeddings.rows"] = rows
        for number, block in enumerate(self.blocks):
            weights: list[Tensor] | None = None if trace is None else []
            rows = block(rows, reads, weights)
            if trace is not None and weights is not None:
                if len(weights) == 1:
                    trace[f"blocks.{number}.attention"] = weights[0]
                trace[f"blocks.{number}.rows"] = rows
        has_text = batch.text.offsets.lengths > 0
        has_regions = batch.regions.offsets.lengths > 0
        empty = (~(has_text | has_regions)).nonzero()
        if len(empty):
            name = batch.names[int(empty[0])]
            raise ValueError(f"pair {name!r} has neither tokens nor regions to encode")
        first_text = layout.offsets.starts[:-1] + batch.regions.offsets.lengths
        first = torch.where(has_text, first_text, layout.offsets.starts[:-1])
        summary = self.pooler(rows[first])
        return Encoding(
            text=rows[layout.text_rows],
            regions=rows[layout.region_rows],
            text_summary=summary,
            image_summary=summary,
            pair=summary,
        )


def initialise(module: nn.Module, spread: float = 0.02) -> None:
    """BERT's initialisation: weights N(0, spread), biases 0, LayerNorm 1 and 0."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, 0.0, spread)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
