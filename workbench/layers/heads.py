"""Small heads that objectives put on chosen rows."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from workbench.layers.blocks import Activation


class Transform(nn.Module):
    """Linear, activation, LayerNorm: the common first half of the papers' heads."""

    def __init__(self, width: int, inner: int, activation: Activation = F.gelu, eps: float = 1e-12):
        super().__init__()
        self.dense = nn.Linear(width, inner)
        self.activation = activation
        self.norm = nn.LayerNorm(inner, eps=eps)

    def forward(self, rows: Float[Tensor, "m D"]) -> Float[Tensor, "m K"]:
        """The transformed rows."""
        return self.norm(self.activation(self.dense(rows)))


class TiedHead(nn.Module):
    """A transform, then a projection by a weight that belongs to an embedder, plus an own bias.

    ``weight`` is [outputs, D] (word embeddings) or, with ``transposed``, [D, outputs] (feature
    regression that shares the region embedder's projection, U10 [c]).
    """

    def __init__(
        self,
        weight: Tensor,
        *,
        transposed: bool = False,
        activation: Activation = F.gelu,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        outputs, width = weight.shape[::-1] if transposed else weight.shape
        self.transform = Transform(width, width, activation, eps)
        self.weight = cast(nn.Parameter, weight)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.transposed = transposed

    def forward(self, rows: Float[Tensor, "m D"]) -> Float[Tensor, "m outputs"]:
        """Scores or regressed values for the chosen rows."""
        weight = self.weight.T if self.transposed else self.weight
        return F.linear(self.transform(rows), weight, self.bias)


class ClassifierHead(nn.Module):
    """A transform, then a linear layer to ``classes`` scores."""

    def __init__(
        self,
        width: int,
        inner: int,
        classes: int,
        eps: float = 1e-12,
        activation: Activation = F.gelu,
    ) -> None:
        super().__init__()
        self.transform = Transform(width, inner, activation, eps)
        self.scores = nn.Linear(inner, classes)

    def forward(self, rows: Float[Tensor, "m D"]) -> Float[Tensor, "m classes"]:
        """Class scores of the chosen rows."""
        return self.scores(self.transform(rows))


class SigmoidHead(nn.Module):
    """One score beside a fixed zero: a softmax over both is the score's sigmoid (U9)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(self, rows: Float[Tensor, "P K"]) -> Float[Tensor, "P 2"]:
        """Scores of "no", which are all zero, and of "yes"."""
        return F.pad(self.score(rows), (1, 0))


class Pooler(nn.Module):
    """One linear layer and an activation on one row per pair (tanh in U9, ReLU in V10)."""

    def __init__(self, width: int, outputs: int, activation: Activation = torch.tanh) -> None:
        super().__init__()
        self.dense = nn.Linear(width, outputs)
        self.activation = activation

    def forward(self, rows: Float[Tensor, "P D"]) -> Float[Tensor, "P K"]:
        """The summary of each pair."""
        return self.activation(self.dense(rows))
