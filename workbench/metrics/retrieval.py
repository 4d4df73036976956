"""Ranks and recall of a table of match scores, one or several sentences a picture (E2)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def ranks(scores: Float[np.ndarray, "n n"]) -> Int[np.ndarray, "n"]:
    """For each row the rank, from 0, of its own column; ties count against it."""
    return picture_ranks(scores, np.arange(len(scores)))


def picture_ranks(
    scores: Float[np.ndarray, "T I"], owner: Int[np.ndarray, "T"]
) -> Int[np.ndarray, "T"]:
    """For each sentence the rank, from 0, of the picture it is about; ties count against it."""
    own = scores[np.arange(len(scores)), owner][:, None]
    return (scores >= own).sum(1) - 1


def sentence_ranks(
    scores: Float[np.ndarray, "T I"], owner: Int[np.ndarray, "T"]
) -> Int[np.ndarray, "I"]:
    """For each picture the rank, from 0, of the best of the sentences about it.

    Ties with sentences about other pictures count against it; −1 where there is none about it.
    """
    about = owner[:, None] == np.arange(scores.shape[1])
    best = np.where(about, scores, -np.inf).max(0)
    found = ((scores >= best) & ~about).sum(0)
    return np.where(about.any(0), found, -1)


def recall(rank: Int[np.ndarray, "n"], *depths: int) -> dict[str, float]:
    """The share of queries whose own answer is among the first K, as ``{"r1": ...}``."""
    return {f"r{depth}": float((rank < depth).mean()) for depth in depths}


def both_ways(
    scores: Float[np.ndarray, "T I"], owner: Int[np.ndarray, "T"] | None = None
) -> dict[str, dict[str, float]]:
    """R@1/5/10 of image retrieval and text retrieval; ``scores[i, j]`` = text i, image j.

    ``owner`` is the image of each text, its own number unless given; images without a text ask
    for none.
    """
    owner = np.arange(len(scores)) if owner is None else owner
    texts = sentence_ranks(scores, owner)
    return {
        "image": recall(picture_ranks(scores, owner), 1, 5, 10),
        "text": recall(texts[texts >= 0], 1, 5, 10),
    }
