"""UMAP on request: slow the first time, then read from a file."""

from __future__ import annotations

import hashlib
import os
import tempfile
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

FIRST_TIME = "the first one in a process takes about 20 s more, while numba compiles"


def umap_positions(
    vectors: Float[np.ndarray, "n D"],
    *,
    neighbours: int = 15,
    distance: float = 0.1,
    metric: str = "cosine",
    seed: int = 0,
    folder: str | PathLike[str] | None = None,
) -> Float[np.ndarray, "n 2"]:
    """Points in the plane by UMAP, the same for the same vectors, settings and seed.

    What was worked out is kept in ``folder`` (``.cache/projections`` of the workbench's home) and
    read from there, without umap-learn, the next time.  Raises ``ImportError`` saying what to
    install where it is neither kept nor installed, ``ValueError`` for fewer than 4 points.
    """
    if len(vectors) < 4:
        raise ValueError(f"UMAP needs 4 points or more, got {len(vectors)}")
    neighbours = min(neighbours, len(vectors) - 1)
    settings = {"n_neighbors": neighbours, "min_dist": distance, "metric": metric}
    path = Path(folder or _home()) / f"umap-{_digest(vectors, {**settings, 'seed': seed})}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as file:
            return file["positions"]
    positions = _fitted(np.asarray(vectors, dtype=np.float32), settings, seed)
    _keep(path, positions)
    return positions


def _fitted(vectors: np.ndarray, settings: dict[str, Any], seed: int) -> np.ndarray:
    try:
        import umap
    except ImportError as problem:
        raise ImportError(
            'UMAP needs umap-learn: pip install "vl-workbench[explain]"; PCA needs nothing'
        ) from problem
    few = len(vectors) < 12  # spectral layouts need more points than they have eigenvectors
    made = umap.UMAP(**settings, random_state=seed, n_jobs=1, init="random" if few else "spectral")
    return np.asarray(made.fit_transform(vectors), dtype=np.float32)


def _digest(vectors: np.ndarray, settings: dict[str, Any]) -> str:
    plain = np.ascontiguousarray(vectors, dtype=np.float32)
    told = f"1 {plain.shape} {sorted(settings.items())}".encode()
    return hashlib.sha256(told + plain.tobytes()).hexdigest()[:24]


def _keep(path: Path, positions: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        np.savez(file, positions=positions)
    Path(file.name).replace(path)


def _home() -> Path:
    home = os.environ.get("WORKBENCH_HOME")
    return (Path(home) if home else Path.home() / ".vl-workbench") / ".cache" / "projections"
