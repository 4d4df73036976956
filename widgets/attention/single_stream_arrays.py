"""One sequence of words and regions, as another library lays it out, as joint maps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from widgets.attention.arrays import stacked
from widgets.attention.given_weights import Joint, as_weights, check_rows, check_size


def single_stream_attention(
    attention: Iterable[Any],
    words: Iterable[int],
    regions: Iterable[int],
    *,
    renormalise: bool = False,
) -> Joint:
    """The joint maps of a model whose words and regions are rows of one sequence, in any order.

    ``attention`` is [L, H, R, R], or [H, R, R] for each layer.  ``words`` and ``regions`` are the
    rows where they stand, in the order wanted, special tokens among the words; rows that neither
    names (padding) are left out.  ``renormalise`` shares out anew what others gave to those.
    Raises ``ValueError`` for rows that do not exist or are named twice, weights that would be lost,
    sizes that disagree, NaN, scores before softmax, and a batch dimension.
    """
    given = [as_weights(f"attention[{layer}]", one) for layer, one in enumerate(attention)]
    if not given:
        raise ValueError("attention holds no layer: give [heads, rows, rows] for each")
    size = given[0].shape[-1]
    chosen = _chosen_rows(list(words), list(regions), size)
    maps = []
    for layer, weights in enumerate(given):
        name = f"attention[{layer}]"
        check_size(name, weights, size, size)
        check_rows(name, weights[:, chosen])
        kept = weights[:, chosen][:, :, chosen]
        if renormalise:
            kept = kept / np.maximum(kept.sum(axis=-1, keepdims=True), np.finfo(np.float32).tiny)
        _check_nothing_lost(name, kept, chosen)
        maps.append(kept)
    return stacked(maps), tuple(f"block {layer + 1}" for layer in range(len(maps)))


def _chosen_rows(words: list[int], regions: list[int], size: int) -> list[int]:
    chosen = [int(row) for row in (*words, *regions)]
    if len(set(chosen)) < len(chosen) or not all(0 <= row < size for row in chosen):
        raise ValueError(
            f"words and regions must name rows of 0 to {size - 1}, each once; got words {words} "
            f"and regions {regions}"
        )
    return chosen


def _check_nothing_lost(name: str, kept: np.ndarray, chosen: list[int]) -> None:
    short = 1 - kept.sum(axis=-1)
    if short.max(initial=0) > 0.01:
        head, row = (int(i) for i in np.unravel_index(short.argmax(), short.shape))
        raise ValueError(
            f"row {chosen[row]} of {name}, head {head}, gives {short[head, row]:.0%} of its "
            "attention to rows that are named neither as words nor as regions: name them, or let "
            "renormalise=True share it out anew"
        )
