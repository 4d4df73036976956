"""The language head with a part for every task (``relax_projection`` [c])."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from workbench.layers.blocks import Activation
from workbench.layers.heads import TiedHead, Transform

TASKS = 4
SEQ2SEQ_TASK, BIDIRECTIONAL_TASK = 3, 0
"""Which of the four parts serves which objective [c]."""


class TaskHead(nn.Module):
    """A transform ``tasks`` times as wide, normalised whole, of which one part is read.

    Vocabulary scores come from that part by the word embeddings ``weight`` [V, D] and a bias.
    ``sharing`` is the head of another task, whose parameters this one uses.
    """

    def __init__(
        self,
        weight: Tensor,
        task: int,
        *,
        tasks: int = TASKS,
        activation: Activation = F.gelu,
        eps: float = 1e-12,
        sharing: TaskHead | None = None,
    ) -> None:
        super().__init__()
        if not 0 <= task < tasks:
            raise ValueError(f"there are tasks 0 to {tasks - 1}, got {task}")
        outputs, width = weight.shape
        self.task, self.tasks = task, tasks
        self.weight = cast(nn.Parameter, weight)
        if sharing is None:
            self.transform = Transform(width, tasks * width, activation, eps)
            self.bias = nn.Parameter(torch.zeros(outputs))
        else:
            self.transform, self.bias = sharing.transform, sharing.bias

    def forward(self, rows: Float[Tensor, "m D"]) -> Float[Tensor, "m V"]:
        """Vocabulary scores of the chosen rows for this task."""
        parts = self.transform(rows).unflatten(-1, (self.tasks, -1))
        return F.linear(parts[:, self.task], self.weight, self.bias)


def language_heads(
    word: Tensor, *, parts: bool, activation: Activation = F.gelu, eps: float = 1e-12
) -> tuple[TiedHead | TaskHead, TiedHead | TaskHead]:
    """The heads of the seq2seq and of the bidirectional objective, by the words' embeddings.

    They are one head (P5, P6), or with ``parts`` two parts of a wide one.
    """
    if not parts:
        head = TiedHead(word, activation=activation, eps=eps)
        return head, head
    causal = TaskHead(word, SEQ2SEQ_TASK, activation=activation, eps=eps)
    both_ways = TaskHead(word, BIDIRECTIONAL_TASK, activation=activation, eps=eps, sharing=causal)
    return causal, both_ways
