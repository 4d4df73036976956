"""Deletion and insertion curves: what becomes of an answer as rows go or come (Petsiuk 2018)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import nn

from workbench.explain.removal import Removal


@dataclass(frozen=True)
class RemovalCurves:
    """Scores at each share of the removable rows, one curve a method and last one of chance.

    ``deletion`` begins with the whole pair and ends with nothing, ``insertion`` the other way.
    """

    shares: Float[np.ndarray, "K"]
    deletion: Float[np.ndarray, "curves K"]
    insertion: Float[np.ndarray, "curves K"]


def removal_curves(
    removal: Removal,
    encoder: nn.Module,
    values: Float[np.ndarray, "M S"],
    seed: int = 0,
    orders: int = 8,
    points: int = 21,
) -> RemovalCurves:
    """Take away, and bring back, rows in the order of their values, the largest first.

    The last curve is the mean of ``orders`` random ones, drawn by ``seed``; ``points`` is the most
    that a curve has.
    """
    rows = np.array(removal.removable)
    rng = np.random.default_rng(seed)
    ranked = [rows[np.argsort(-row[rows], kind="stable")] for row in values]
    ranked += [rng.permutation(rows) for _ in range(orders)]
    counts = np.unique(np.linspace(0, len(rows), min(points, len(rows) + 1)).round().astype(int))
    gone = [frozenset(order[:count].tolist()) for order in ranked for count in counts]
    left = [frozenset(order[count:].tolist()) for order in ranked for count in counts]
    scores = removal.scores(encoder, gone + left).reshape(2, len(ranked), len(counts))
    chance = scores[:, len(values) :].mean(1, keepdims=True)
    deletion, insertion = np.concatenate([scores[:, : len(values)], chance], axis=1)
    return RemovalCurves(counts / max(1, len(rows)), deletion, insertion)
