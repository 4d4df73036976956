"""Exact nearest neighbours in the space a model lives in, and how far two models agree on them."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

Metric = Literal["cosine", "euclidean"]
METRICS: tuple[Metric, ...] = ("cosine", "euclidean")

_CELLS = 8_000_000  # distances held at once: 64 MB


def nearest(
    vectors: Float[np.ndarray, "n D"],
    k: int,
    metric: Metric = "cosine",
    of: Sequence[int] | None = None,
    among: Bool[np.ndarray, "n"] | None = None,
) -> tuple[Int[np.ndarray, "q k"], Float[np.ndarray, "q k"]]:
    """The k nearest other points of each point (or of those numbered in ``of``), nearest first.

    Numbers and distances; of equal distances the smaller number comes first.  ``among`` marks the
    points that may be neighbours.  Where there are fewer than k, the rest is −1 and infinity.
    Cosine distance is 1 − cosine.  Raises ``ValueError`` for k below 1 or an unknown metric.
    """
    if k < 1 or metric not in METRICS:
        raise ValueError(f"k must be 1 or more and the metric {METRICS}; got {k} and {metric!r}")
    spread = np.asarray(vectors, dtype=np.float64)
    if metric == "cosine":
        length = np.linalg.norm(spread, axis=1, keepdims=True)
        spread = np.divide(spread, length, out=np.zeros_like(spread), where=length > 0)
    else:
        spread = spread - spread.mean(axis=0)  # keeps digits of the squares below
    asked = np.arange(len(spread)) if of is None else np.asarray(of, dtype=np.int64)
    pool = np.arange(len(spread)) if among is None else np.flatnonzero(among)
    numbers = np.full((len(asked), k), -1, dtype=np.int64)
    distances = np.full((len(asked), k), np.inf)
    step = max(1, _CELLS // max(1, len(pool)))
    for start in range(0, len(asked), step):
        part = slice(start, start + step)
        numbers[part], distances[part] = _nearest_of(spread, asked[part], pool, k, metric)
    return numbers, distances


def _nearest_of(
    spread: np.ndarray, asked: np.ndarray, pool: np.ndarray, k: int, metric: Metric
) -> tuple[np.ndarray, np.ndarray]:
    """One chunk: sift by inner products, then measure the few that are left to the last digit."""
    rough = -(spread[asked] @ spread[pool].T)
    if metric == "euclidean":
        rough = 0.5 * (spread[pool] ** 2).sum(axis=1) + rough
    rough[asked[:, None] == pool] = np.inf
    kept = min(len(pool), k + 8)  # room for points whose distances are equal but for rounding
    some = np.argpartition(rough, kept - 1, axis=1)[:, :kept] if kept < len(pool) else None
    found = np.broadcast_to(pool, rough.shape) if some is None else pool[some]
    if metric == "cosine":
        exact = 1.0 - np.einsum("qd,qkd->qk", spread[asked], spread[found])
        exact = exact.clip(0.0, 2.0)
    else:
        exact = np.linalg.norm(spread[asked][:, None] - spread[found], axis=2)
    exact[found == asked[:, None]] = np.inf
    order = np.lexsort((found, exact.round(12)), axis=1)[:, :k]
    numbers = np.take_along_axis(found, order, axis=1)
    distances = np.take_along_axis(exact, order, axis=1)
    missing = k - numbers.shape[1]
    numbers = np.pad(numbers, ((0, 0), (0, missing)), constant_values=-1)
    distances = np.pad(distances, ((0, 0), (0, missing)), constant_values=np.inf)
    return np.where(np.isinf(distances), -1, numbers), distances


def agreement(
    first: Int[np.ndarray, "n k"],
    second: Int[np.ndarray, "n k"],
    measure: Literal["overlap", "jaccard"] = "overlap",
) -> Float[np.ndarray, "n"]:
    """How far two models agree on each point's neighbours, 0 to 1.

    "overlap" is the share of the k that both have; "jaccard" what both have of what either has.
    A point without neighbours gets 0.
    """
    both = ((first[:, :, None] == second[:, None, :]) & (first[:, :, None] >= 0)).sum(axis=(1, 2))
    ones, others = (first >= 0).sum(axis=1), (second >= 0).sum(axis=1)
    most = np.maximum(ones, others) if measure == "overlap" else ones + others - both
    return both / np.maximum(1, most)


def chance(pool: int, k: int, measure: Literal["overlap", "jaccard"] = "overlap") -> float:
    """The agreement to expect of two models that choose k of ``pool`` neighbours blindly."""
    k = min(k, pool)
    if k < 1:
        return 0.0
    shares = [comb(k, i) * comb(pool - k, k - i) / comb(pool, k) for i in range(k + 1)]
    if measure == "overlap":
        return sum(share * i / k for i, share in enumerate(shares))
    return sum(share * i / (2 * k - i) for i, share in enumerate(shares))


def agreements(
    neighbours: Sequence[Int[np.ndarray, "n k"]],
    measure: Literal["overlap", "jaccard"] = "overlap",
) -> Float[np.ndarray, "M M n"]:
    """The agreement of every pair of M models on every point; 1 with itself."""
    count, points = len(neighbours), len(neighbours[0])
    found = np.ones((count, count, points))
    for one in range(count):
        for other in range(one):
            found[one, other] = agreement(neighbours[one], neighbours[other], measure)
            found[other, one] = found[one, other]
    return found
