"""The transformer block of BERT: attention, then a feed-forward network, each post-normalised."""

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
    ) -> Float[Tensor, "n D"]:
        """The rows after this block; attention weights are appended to ``weights`` if given."""
        rows = self.attention_norm(rows + self.dropout(self.attention(rows, reads, None, weights)))
        return self.feed_forward_norm(rows + self.dropout(self.feed_forward(rows)))
