"""One answer of a model, and what every word and region of its pair did for it by some methods."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from widgets.record import Record, text, texts


@dataclass(frozen=True, eq=False)
class AttributionRecord(Record):
    """What the attribution explorer draws: signed values of words first, then regions [M, S].

    ``score`` is the answer in ``unit``, ``baseline`` the answer to nothing; ``deltas`` [M] are what
    a method's values miss of their difference (NaN: it claims none).  ``fixed`` [S] marks rows
    that no method can take away (sentence marks).  ``deletion`` and ``insertion`` [M + 1, K] are
    scores with the ``shares`` [K] of the rows removed or back, the last curve that of chance;
    ``layers`` [L, S] are values at the rows of every layer.  Boxes are (left, top, right, bottom)
    in 0..1.  Raises ``ValueError`` for shapes that disagree and numbers that are not finite.
    """

    words: tuple[str, ...]
    boxes: Float[np.ndarray, "N 4"]
    picture: UInt8[np.ndarray, "height width 3"]
    question: str
    unit: str
    score: float
    methods: tuple[str, ...]
    values: Float[np.ndarray, "M S"]
    deltas: Float[np.ndarray, "_"] = field(default_factory=lambda: np.empty(0))
    baseline: float = nan
    labels: tuple[str, ...] = ()
    title: str = ""
    fixed: Bool[np.ndarray, "_"] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    shares: Float[np.ndarray, "K"] | None = None
    deletion: Float[np.ndarray, "curves K"] | None = None
    insertion: Float[np.ndarray, "curves K"] | None = None
    layers: Float[np.ndarray, "L S"] | None = None
    layer_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        boxes, methods = np.asarray(self.boxes, dtype=np.float32), texts(self.methods)
        size = len(texts(self.words)) + len(boxes)
        deltas = self.deltas if np.size(self.deltas) else np.full(len(methods), nan)
        fixed = self.fixed if np.size(self.fixed) else np.zeros(size)
        changed = {
            "words": texts(self.words),
            "boxes": boxes,
            "picture": np.asarray(self.picture),
            "question": text(self.question),
            "unit": text(self.unit),
            "score": float(self.score),
            "methods": methods,
            "values": np.asarray(self.values, dtype=np.float32),
            "deltas": np.asarray(deltas, dtype=np.float32),
            "baseline": float(self.baseline),
            "labels": texts(self.labels) or ("",) * len(boxes),
            "title": text(self.title),
            "fixed": np.asarray(fixed, dtype=np.bool_),
            "layer_names": texts(self.layer_names),
        }
        for name in ("shares", "deletion", "insertion", "layers"):
            given = getattr(self, name)
            changed[name] = None if given is None else np.asarray(given, dtype=np.float32)
        for name, value in changed.items():
            object.__setattr__(self, name, value)
        _check(self, size)

    @property
    def removable(self) -> list[int]:
        """The rows that are not ``fixed``."""
        return np.flatnonzero(~self.fixed).tolist()


def _check(record: AttributionRecord, size: int) -> None:
    regions, methods = len(record.boxes), len(record.methods)
    picture = record.picture
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(
            f"picture must be uint8 [height, width, 3], got {picture.dtype} {list(picture.shape)}"
        )
    if record.boxes.shape != (regions, 4):
        raise ValueError(f"boxes must be [N, 4], got {list(record.boxes.shape)}")
    if not ((record.boxes >= -1e-3) & (record.boxes <= 1.001)).all():  # NaN fails this too
        raise ValueError(
            "boxes must be (left, top, right, bottom) as shares of the picture, 0 to 1; got values "
            f"from {record.boxes.min():.3g} to {record.boxes.max():.3g}: divide pixels by the size"
        )
    if len(record.labels) != regions:
        raise ValueError(f"{len(record.labels)} labels were given for {regions} regions")
    if not size or not methods:
        raise ValueError(f"{size} rows and {methods} methods were given; there must be one of each")
    sides = f"for {len(record.words)} words and {regions} regions"
    _check_shape("values", record.values, (methods, size), f"[methods, rows] {sides}")
    _check_shape("deltas", record.deltas, (methods,), "one a method", finite=False)
    _check_shape("fixed", record.fixed, (size,), f"one a row {sides}")
    if record.layers is not None:
        _check_shape("layers", record.layers, (len(record.layer_names), size), "[layers, rows]")
    curves = (record.shares, record.deletion, record.insertion)
    if record.shares is not None and record.deletion is not None and record.insertion is not None:
        count = (methods + 1, len(record.shares))
        _check_shape("shares", record.shares, record.shares.shape[:1], "the share of rows removed")
        _check_shape("deletion", record.deletion, count, "[methods and chance, shares]")
        _check_shape("insertion", record.insertion, count, "[methods and chance, shares]")
    elif any(curve is not None for curve in curves):
        raise ValueError("curves need all of shares, deletion and insertion; some are missing")


def _check_shape(
    name: str, given: Any, shape: tuple[int, ...], meaning: str, *, finite: bool = True
) -> None:
    if given.shape != shape:
        raise ValueError(f"{name} must be {list(shape)} ({meaning}), got {list(given.shape)}")
    if finite and not np.isfinite(given).all():
        raise ValueError(
            f"{name} holds NaN or infinity, first at {np.argwhere(~np.isfinite(given))[0].tolist()}"
        )
