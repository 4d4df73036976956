"""Transformer blocks: attention, then a feed-forward network, each post-normalised."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from workbench.layers.attention import Attention
from workbench.patterns import Read

Activation = Callable[[Tensor], Tensor]


class FeedForward(nn.Module):
    """Widen, activate, narrow; row by row."""

    def __init__(self, width: int, inner: int, activation: Activation = F.gelu) -> None:
        super().__init__()
        self.widen = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)
        self.activation = activation

    def forward(self, rows: Float[Tensor, "n D"]) -> Float[Tensor, "n D"]:
        """The network's answer for each row."""
        return self.narrow(self.activation(self.widen(rows)))


class Block(nn.Module):
    """Attention and feed-forward, each added to its input and then normalised (post-norm)."""

    def __init__(
        self,
        width: int,
        heads: int,
        inner: int,
        *,
        dropout: float = 0.1,
        attention_dropout: float = 0.1,
        activation: Activation = F.gelu,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        self.attention = Attention(width, heads, attention_dropout)
        self.attention_norm = nn.LayerNorm(width, eps=eps)
        self.feed_forward = FeedForward(width, inner, activation)
        self.feed_forward_norm = nn.LayerNorm(width, eps=eps)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        rows: Float[Tensor, "n D"],
        reads: tuple[Read, ...],
        weights: list | None = None,
        scales: tuple[Float[Tensor, "n D"], Float[Tensor, "n D"]] | None = None,
    ) -> Float[Tensor, "n D"]:
        """The rows after this block; attention weights are appended to ``weights`` if given.

        ``scales`` multiply the queries and the keys of its attention.
        """
        seen = self.attention(rows, reads, None, weights, scales)
        rows = self.attention_norm(rows + self.dropout(seen))
        return self.feed_forward_norm(rows + self.dropout(self.feed_forward(rows)))


class CoBlock(nn.Module):
    """Two streams look at each other, then each has its own feed-forward network (Co-TRM, V2).

    Queries come from the own stream, keys and values from the other, both of the ``shared``
    width; each answer is added to its own stream.
    """

    def __init__(
        self,
        text_width: int,
        region_width: int,
        shared: int,
        heads: int,
        text_inner: int,
        region_inner: int,
        *,
        dropout: float = 0.1,
        region_dropout: float = 0.1,
        attention_dropout: float = 0.1,
        activation: Activation = F.gelu,
        region_activation: Activation = F.gelu,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        self.text_attention = Attention(
            text_width, heads, attention_dropout, key_width=region_width, inner_width=shared
        )
        self.text_attention_norm = nn.LayerNorm(text_width, eps=eps)
        self.text_feed_forward = FeedForward(text_width, text_inner, activation)
        self.text_feed_forward_norm = nn.LayerNorm(text_width, eps=eps)
        self.region_attention = Attention(
            region_width, heads, attention_dropout, key_width=text_width, inner_width=shared
        )
        self.region_attention_norm = nn.LayerNorm(region_width, eps=eps)
        self.region_feed_forward = FeedForward(region_width, region_inner, region_activation)
        self.region_feed_forward_norm = nn.LayerNorm(region_width, eps=eps)
        self.dropout = nn.Dropout(dropout)
        self.region_dropout = nn.Dropout(region_dropout)

    def forward(
        self,
        text: Float[Tensor, "T D"],
        regions: Float[Tensor, "R Dv"],
        text_reads: tuple[Read, ...],
        region_reads: tuple[Read, ...],
        text_weights: list | None = None,
        region_weights: list | None = None,
    ) -> tuple[Float[Tensor, "T D"], Float[Tensor, "R Dv"]]:
        """Both streams after this block; attention weights are appended to the given lists."""
        seen_by_text = self.text_attention(text, text_reads, regions, text_weights)
        seen_by_regions = self.region_attention(regions, region_reads, text, region_weights)
        text = self.text_attention_norm(text + self.dropout(seen_by_text))
        regions = self.region_attention_norm(regions + self.region_dropout(seen_by_regions))
        text = self.text_feed_forward_norm(text + self.dropout(self.text_feed_forward(text)))
        region_answer = self.region_dropout(self.region_feed_forward(regions))
        return text, self.region_feed_forward_norm(regions + region_answer)
