"""From many dimensions to two: principal components, turned so that models can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from widgets.neighbours.one_thread import one_thread


@dataclass(frozen=True, eq=False)
class Projection:
    """Points in the plane, and the share of the variance that lies along each of its axes."""

    positions: Float[np.ndarray, "n 2"]
    explained: Float[np.ndarray, "2"]


def principal(
    vectors: Float[np.ndarray, "n D"], fitted_on: Int[np.ndarray, "m"] | None = None
) -> Projection:
    """The two principal components of points, by a singular value decomposition.

    The axes are found on the points numbered in ``fitted_on`` (all of them), and the shares of
    variance are theirs; every point is placed.  Signs are such that the largest weight of each
    axis is positive, so that the same vectors always give the same picture.
    """
    middle, axes, spread = _axes(vectors, fitted_on)
    positions = (np.asarray(vectors, dtype=np.float64) - middle) @ axes.T
    return Projection(positions, _shares(positions, fitted_on, spread))


def shared_principal(tables: Sequence[Float[np.ndarray, "n D"]]) -> list[Projection]:
    """Several models on one pair of axes, those of all their points together, each centred.

    Raises ``ValueError`` for models of different widths, which have no axes in common.
    """
    widths = {table.shape[1] for table in tables}
    if len(widths) > 1:
        raise ValueError(
            f"models of {', '.join(map(str, sorted(widths)))} units have no axes in common: "
            "give each its own and turn them onto each other (aligned)"
        )
    centred = [np.asarray(t, dtype=np.float64) - np.mean(t, axis=0) for t in tables]
    _, axes, _ = _axes(np.concatenate(centred), None)
    found = []
    for table in centred:
        positions = table @ axes.T
        found.append(Projection(positions, _shares(positions, None, float((table**2).sum()))))
    return found


def aligned(
    projection: Projection,
    onto: Float[np.ndarray, "n 2"],
    by: Int[np.ndarray, "m"] | None = None,
) -> Projection:
    """The same picture turned or mirrored so that its points lie closest to those of ``onto``.

    Orthogonal Procrustes on the points numbered in ``by`` (all of them): distances stay what they
    are, and the shares of variance are those along the axes as they now lie.
    """
    chosen = np.arange(len(onto)) if by is None else by
    one, other = projection.positions[chosen], np.asarray(onto)[chosen]
    left, _, right = np.linalg.svd((one - one.mean(axis=0)).T @ (other - other.mean(axis=0)))
    positions = projection.positions @ (left @ right)
    before = projection.positions[chosen].var(axis=0).sum()
    whole = before / projection.explained.sum() if projection.explained.sum() > 0 else 0.0
    along = positions[chosen].var(axis=0)
    return Projection(positions, along / whole if whole > 0 else np.zeros(2))


def _axes(
    vectors: Float[np.ndarray, "n D"], fitted_on: Int[np.ndarray, "m"] | None
) -> tuple[np.ndarray, np.ndarray, float]:
    """The middle, two axes [2, D], and the sum of squares of the points they are fitted on."""
    chosen = np.asarray(vectors if fitted_on is None else vectors[fitted_on], dtype=np.float64)
    middle = chosen.mean(axis=0)
    centred = chosen - middle
    # R has the same singular values and axes, and only as many rows as there are dimensions
    with one_thread():
        reduced = np.linalg.qr(centred, mode="r") if len(centred) > centred.shape[1] else centred
        _, _, axes = np.linalg.svd(reduced, full_matrices=False)
    axes = np.concatenate([axes[:2], np.zeros((2, axes.shape[1]))])[:2]
    largest = np.abs(axes).argmax(axis=1)
    signs = np.sign(axes[np.arange(2), largest])
    return middle, axes * np.where(signs == 0, 1.0, signs)[:, None], float((centred**2).sum())


def _shares(
    positions: np.ndarray, fitted_on: Int[np.ndarray, "m"] | None, spread: float
) -> Float[np.ndarray, "2"]:
    chosen = positions if fitted_on is None else positions[fitted_on]
    along = ((chosen - chosen.mean(axis=0)) ** 2).sum(axis=0)
    return along / spread if spread > 0 else np.zeros(2)
