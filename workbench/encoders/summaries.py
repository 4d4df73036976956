"""From rows to one vector per text, picture and pair.

A summary is a module called with the last rows of both modalities and their layout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.layers.heads import Pooler
from workbench.pairs import Offsets
from workbench.patterns import Layout


class Summary(NamedTuple):
    """What is said of each text, each picture and each pair."""

    text: Float[Tensor, "P K"]
    image: Float[Tensor, "P K"]
    pair: Float[Tensor, "P K"]


def row_at(rows: Float[Tensor, "rows D"], offsets: Offsets, place: int = 0) -> Float[Tensor, "P D"]:
    """Row number ``place`` of each run; zero where a run is too short."""
    there = offsets.lengths > place
    found = rows.new_zeros(len(offsets), rows.shape[-1])
    chosen = there.nonzero().squeeze(1)
    return found.index_copy(0, chosen, rows[offsets.starts[:-1][chosen] + place])


class FirstToken(nn.Module):
    """One pooled row for everything: the first token's, or the first region's without text (U9)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pooler = Pooler(width, width)

    def forward(
        self, text: Float[Tensor, "T D"], regions: Float[Tensor, "R D"], layout: Layout
    ) -> Summary:
        """The same vector three times."""
        has_text = layout.text.lengths[:, None] > 0
        first = torch.where(has_text, row_at(text, layout.text), row_at(regions, layout.regions))
        pooled = self.pooler(first)
        return Summary(pooled, pooled, pooled)


class TwoPoolers(nn.Module):
    """The first row of each modality pooled by itself with ReLU, then fused (V10, X7).

    ``fuse`` makes the pair's vector from both; an absent modality is summarised by zeros.
    """

    def __init__(
        self,
        text_width: int,
        region_width: int,
        width: int,
        *,
        fuse: Callable[[Tensor, Tensor], Tensor] = torch.mul,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.text = Pooler(text_width, width, torch.relu)
        self.image = Pooler(region_width, width, torch.relu)
        self.fuse = fuse
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, text: Float[Tensor, "T D"], regions: Float[Tensor, "R Dv"], layout: Layout
    ) -> Summary:
        """Summaries of both modalities and their fusion."""
        of_text = self.text(row_at(text, layout.text)) * (layout.text.lengths[:, None] > 0)
        of_image = self.image(row_at(regions, layout.regions))
        of_image = of_image * (layout.regions.lengths[:, None] > 0)
        return Summary(of_text, of_image, self.dropout(self.fuse(of_text, of_image)))


class FirstRows(nn.Module):
    """The first row of each modality as it is, then fused, where both are of one width (M2).

    An absent modality is summarised by zeros.
    """

    def __init__(self, fuse: Callable[[Tensor, Tensor], Tensor] = torch.mul) -> None:
        super().__init__()
        self.fuse = fuse

    def forward(
        self, text: Float[Tensor, "T D"], regions: Float[Tensor, "R D"], layout: Layout
    ) -> Summary:
        """Summaries of both modalities and their fusion."""
        of_text, of_image = row_at(text, layout.text), row_at(regions, layout.regions)
        return Summary(of_text, of_image, self.fuse(of_text, of_image))
