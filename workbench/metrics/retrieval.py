"""Ranks and recall of a square table of match scores (E2)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def ranks(scores: Float[np.ndarray, "n n"]) -> Int[np.ndarray, "n"]:
    """For each row the rank, from 0, of its own column; ties count against it."""
    own = np.diagonal(scores)[:, None]
    return (scores >= own).sum(1) - 1


def recall(rank: Int[np.ndarray, "n"], *depths: int) -> dict[str, float]:
    """The share of queries whose own answer is among the first K, as ``{"r1": ...}``."""
    return {f"r{depth}": float((rank < depth).mean()) for depth in depths}


def both_ways(scores: Float[np.ndarray, "n n"]) -> dict[str, dict[str, float]]:
    """R@1/5/10 of image retrieval and text retrieval; ``scores[i, j]`` = text i, image j."""
    return {
        "image": recall(ranks(scores), 1, 5, 10),
        "text": recall(ranks(scores.T), 1, 5, 10),
    }
