"""One transformer over regions and tokens together."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding, Widths
from workbench.encoders.inputs import InputLayer, InputRows
from workbench.encoders.summaries import Summary
from workbench.layers.blocks import Activation, Block
from workbench.layers.traced import laid_together
from workbench.pairs import Offsets, PairBatch
from workbench.patterns import BIDIRECTIONAL, AttentionPattern


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
    """Input rows, blocks over [regions | text], a summary; each chosen by the system."""

    def __init__(
        self,
        sizes: SingleStreamSizes,
        inputs: InputLayer,
        summary: nn.Module,
        activation: Activation = F.gelu,
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.widths = Widths(sizes.width, sizes.width, sizes.width)
        self.inputs = inputs
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
        self.summary = summary

    def forward(
        self,
        batch: PairBatch,
        pattern: AttentionPattern = BIDIRECTIONAL,
        trace: dict[str, Tensor] | None = None,
    ) -> Encoding:
        """States of every row; ``trace`` receives ``blocks.{i}.attention`` and ``blocks.{i}.rows``.

        Attention is recorded as [P, H, S, S] padded joint rows in the order regions, text, with the
        rows that the input layer adds, and zeros where a pattern lets nothing be seen.
        """
        refuse_empty_pairs(batch)
        given: InputRows = self.inputs(batch, pattern)
        layout = given.layout
        rows = given.text.new_empty(layout.joint.rows, self.widths.text)
        rows = rows.index_copy(0, layout.region_rows, given.regions.to(rows.dtype))
        rows = rows.index_copy(0, layout.text_rows, given.text)
        reads = (given.pattern or pattern).reads(layout)
        if trace is not None:
            trace["embeddings.rows"] = rows
        for number, block in enumerate(self.blocks):
            weights: list[Tensor] | None = None if trace is None else []
            rows = block(rows, reads, weights)
            if trace is not None and weights is not None:
                laid = laid_together(weights, reads, layout.joint, layout.joint)
                if laid is not None:
                    trace[f"blocks.{number}.attention"] = laid
                trace[f"blocks.{number}.rows"] = rows
        text, regions = rows[layout.text_rows], rows[layout.region_rows]
        summary: Summary = self.summary(text, regions, layout)
        own = text if given.own_text is None else text[given.own_text]
        return Encoding(own, without_leads(regions, given), *summary)


def without_leads(rows: Tensor, given: InputRows) -> Tensor:
    """Region rows without those of the whole pictures, if the inputs added any."""
    if given.leads is None:
        return rows
    added: Offsets = given.layout.regions
    own = given.leads
    return rows[added.starts[own.owner] + 1 + own.within]


def refuse_empty_pairs(batch: PairBatch) -> None:
    """Raises ``ValueError`` naming a pair that has neither tokens nor regions."""
    empty = (batch.text.offsets.lengths + batch.regions.offsets.lengths == 0).nonzero()
    if len(empty):
        name = batch.names[int(empty[0])]
        raise ValueError(f"pair {name!r} has neither tokens nor regions to encode")
