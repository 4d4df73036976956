"""Attention arithmetic.  Twin of ``attention.js``.

Letters: L layers, H heads, W words, N regions, S = W + N.  Rows and columns of a map run over words
first, then regions; each row sums to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float32, UInt16

DIRECTIONS = ("word_to_region", "region_to_word")


def encode(
    attention: Float[np.ndarray, "L H S S"],
) -> tuple[UInt16[np.ndarray, "L H S S"], Float32[np.ndarray, "L H"]]:
    """Two bytes a weight and one scale a head, for the browser.

    The code is the square root of the weight's share of its head's maximum, so that what is left
    beside a strong [SEP] keeps its digits when it is renormalised.  One byte was not enough: some
    percentages then read differently in the browser and in Python.
    """
    scales = attention.max(axis=(2, 3)).astype(np.float32)
    safe = np.where(scales > 0, scales, 1)[:, :, None, None]
    shares = np.clip(attention / safe, 0, 1)
    return np.floor(np.sqrt(shares) * 65535 + 0.5).astype(np.uint16), scales


def decode(
    codes: UInt16[np.ndarray, "L H S S"], scales: Float32[np.ndarray, "L H"]
) -> Float[np.ndarray, "L H S S"]:
    """What the browser makes of the codes; a weight ``a`` comes back within 2e-5 of itself."""
    return (codes / 65535) ** 2 * scales[:, :, None, None]


def blend_heads(
    attention: Float[np.ndarray, "L H S S"], layer: int, weights: Sequence[float]
) -> Float[np.ndarray, "S S"]:
    """One map: the heads of ``layer`` mixed with ``weights`` (any positive sum)."""
    shares = np.asarray(weights, dtype=np.float64)
    return np.tensordot(shares / shares.sum(), attention[layer], axes=1)


def hide_and_renormalise(
    attention_map: Float[np.ndarray, "S S"], hidden: Sequence[int]
) -> Float[np.ndarray, "S S"]:
    """Empty hidden rows and columns; every other row sums to 1 again (0 if nothing is left)."""
    result = np.array(attention_map, dtype=np.float64)
    result[list(hidden), :] = 0
    result[:, list(hidden)] = 0
    left = result.sum(axis=1, keepdims=True)
    return np.divide(result, left, out=np.zeros_like(result), where=left > 0)


def words_by_regions(
    attention_map: Float[np.ndarray, "S S"], words: int, direction: str
) -> Float[np.ndarray, "W N"]:
    """The words × regions block; for ``"region_to_word"`` the regions' rows, transposed."""
    if direction == "word_to_region":
        return attention_map[:words, words:]
    return attention_map[words:, :words].T


def cross_share(
    attention_map: Float[np.ndarray, "S S"], words: int, direction: str, hidden: Sequence[int]
) -> float:
    """Share of attention crossing between words and regions this way, mean over its rows."""
    block = words_by_regions(attention_map, words, direction)
    gone = sum(1 for word in hidden if word < words)
    rows = words - gone if direction == "word_to_region" else block.shape[1]
    return float(block.sum() / rows) if rows > 0 else 0.0


def strongest(values: Float[np.ndarray, "n"], count: int) -> list[int]:
    """Indices of the largest values, largest first; equal values in their own order."""
    return [int(index) for index in np.argsort(-np.asarray(values), kind="stable")[:count]]
