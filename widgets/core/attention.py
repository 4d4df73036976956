"""Attention arithmetic.  Twin of ``attention.js``.

Letters: L layers, H heads, W words, N regions, S = W + N.  Rows and columns of a map run over words
first, then regions; each row sums to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt16

DIRECTIONS = ("word_to_region", "region_to_word", "word_to_word", "region_to_region")


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


def block_of(
    attention_map: Float[np.ndarray, "S S"], words: int, direction: str
) -> Float[np.ndarray, "rows columns"]:
    """One of the four blocks of a map, who reads by what is read.

    Between words and regions the words are always the rows: for ``"region_to_word"`` the block
    [N, W] is transposed.
    """
    places = {"word": slice(0, words), "region": slice(words, None)}
    query, key = direction.split("_to_")
    block = attention_map[places[query], places[key]]
    return block.T if direction == "region_to_word" else block


def block_share(
    attention_map: Float[np.ndarray, "S S"], words: int, direction: str, hidden: Sequence[int]
) -> float:
    """Share of its rows' attention that lies in a block, their mean; NaN where none does."""
    reads_words = direction.startswith("word")
    gone = sum(1 for word in hidden if word < words) if reads_words else 0
    rows = words - gone if reads_words else len(attention_map) - words
    total = float(block_of(attention_map, words, direction).sum())
    return total / rows if rows > 0 and total > 0 else float("nan")


def at_least(values: Float[np.ndarray, "*shape"], share: float) -> Float[np.ndarray, "*shape"]:
    """Values smaller than this share of the largest are 0; of negative ones the size counts."""
    sizes = np.abs(np.asarray(values, dtype=np.float64))
    least = share * float(sizes.max(initial=0.0))
    return np.where(sizes >= least, values, 0.0)


def at_rest(attention: Float[np.ndarray, "L H S S"], words: int) -> Bool[np.ndarray, "L H 2"]:
    """Whether the rows of the words, of the regions, look at nothing but themselves."""
    own = np.einsum("lhss->lhs", attention) > 1 - 1e-6
    sides = [own[:, :, :words], own[:, :, words:]]
    # one row alone sees itself in every model: that tells nothing
    return np.stack([side.all(axis=-1) & (side.shape[-1] > 1) for side in sides], axis=-1)


def strongest(values: Float[np.ndarray, "n"], count: int) -> list[int]:
    """Indices of the largest values, largest first; equal values in their own order."""
    return [int(index) for index in np.argsort(-np.asarray(values), kind="stable")[:count]]
