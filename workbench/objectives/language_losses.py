"""What a guessed token costs: cross-entropy, two kinds of smoothing, and leaving out the worst."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

Smoothing = Callable[[Tensor, Tensor, float], Tensor]
"""A loss per token from (scores, targets, share given to other words)."""


def smoothed_cross_entropy(
    scores: Float[Tensor, "m V"], targets: Int[Tensor, "m"], smoothing: float = 0.0
) -> Float[Tensor, "m"]:
    """Cross-entropy against ``(1 - smoothing) * one-hot + smoothing / V`` ([c] M24)."""
    return F.cross_entropy(scores.float(), targets, reduction="none", label_smoothing=smoothing)


def smoothed_divergence(
    scores: Float[Tensor, "m V"], targets: Int[Tensor, "m"], smoothing: float, padding: int = 0
) -> Float[Tensor, "m"]:
    """Divergence from ``1 - smoothing`` on the target, the rest even on all words but padding.

    The other V − 2 words get ``smoothing / (V - 2)`` each, ``padding`` gets nothing ([c] P7);
    without smoothing this is the cross-entropy.
    """
    guess = scores.float().log_softmax(-1)
    wanted = torch.full_like(guess, smoothing / (guess.shape[-1] - 2))
    wanted[:, padding] = 0.0
    wanted = wanted.scatter(1, targets[:, None], 1 - smoothing)
    return F.kl_div(guess, wanted, reduction="none").sum(-1)


def without_worst(
    losses: Float[Tensor, "m"], owner: Int[Tensor, "m"], pairs: int, share: float
) -> Bool[Tensor, "m"]:
    """Rows of the ``int(pairs * (1 - share))`` pairs with the smallest summed loss (X5 [c])."""
    sums = losses.detach().new_zeros(pairs).index_add(0, owner, losses.detach())
    kept = sums.topk(int(pairs * (1 - share)), largest=False).indices
    return torch.isin(owner, kept)
