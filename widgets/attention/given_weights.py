"""Attention weights as another library gives them, checked before anything is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float32

Joint = tuple[Float32[np.ndarray, "L H S S"], tuple[str, ...]]
"""The joint maps of all layers, and what the layers are called."""

_ROW_TOLERANCE = 0.01  # bfloat16 softmax rows miss 1 by a few thousandths


def as_weights(name: str, given: Any) -> Float32[np.ndarray, "H q k"]:
    """One layer's weights as an array; ``name`` is what an error calls them.

    Raises ``ValueError`` for what is not [heads, queries, keys], ``TypeError`` for no numbers.
    """
    if given is None:
        raise ValueError(
            f"{name} is None: the fused attention of transformers keeps no weights, load or build "
            "the model with attn_implementation='eager' and ask for output_attentions=True"
        )
    try:
        weights = np.asarray(given, dtype=np.float32)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise TypeError(
            f"{name} is no array of numbers ({problem}); from torch: .detach().float().cpu()"
        ) from problem
    if weights.ndim == 4:
        raise ValueError(
            f"{name} is {list(weights.shape)}, with the batch dimension left in: give one "
            "example's [heads, queries, keys], as in weights[0]"
        )
    if weights.ndim != 3 or 0 in weights.shape:
        raise ValueError(
            f"{name} must be [heads, queries, keys] with at least one of each, got "
            f"{list(weights.shape)}"
        )
    return weights


def check_rows(name: str, weights: Float32[np.ndarray, "H q k"]) -> None:
    """Raise ``ValueError`` unless every row is one of attention: numbers of 0 or more, sum 1."""
    if not np.isfinite(weights).all():
        head, query, _ = (int(i) for i in np.argwhere(~np.isfinite(weights))[0])
        raise ValueError(
            f"{name} holds NaN or infinity, first in head {head}, query {query}; a row that may "
            "see nothing is NaN after softmax: leave padding out"
        )
    sums = weights.sum(axis=-1)
    wrong = np.abs(sums - 1) > _ROW_TOLERANCE
    if weights.min() < 0 or wrong.any():
        place = np.argwhere((weights < 0).any(axis=-1) | wrong)[0]
        head, query = (int(i) for i in place)
        row = weights[head, query]
        raise ValueError(
            f"every row of {name} must be weights of 0 or more that sum to 1, but query {query} of "
            f"head {head} has {row.min():.3g} to {row.max():.3g} and sums to {row.sum():.4g}: give "
            "the weights after softmax, of a model in eval() (dropout changes the sums)"
        )


def check_size(name: str, weights: Float32[np.ndarray, "H q k"], queries: int, keys: int) -> None:
    """Raise ``ValueError`` unless so many rows look at so many."""
    if weights.shape[1:] != (queries, keys):
        raise ValueError(
            f"{name} must be [heads, {queries}, {keys}] to fit what was given before it, got "
            f"{list(weights.shape)}"
        )
