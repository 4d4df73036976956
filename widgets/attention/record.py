"""One sentence beside one picture and every attention weight between their words and regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8

from widgets.record import Record, text, texts

_ROW_TOLERANCE = 0.01  # bfloat16 softmax rows miss 1 by a few thousandths


@dataclass(frozen=True, eq=False)
class AttentionRecord(Record):
    """What the attention explorers draw; the arrays of ``probes/step-*.npz`` in a run folder.

    ``attention`` runs over words first, then regions, and each row sums to 1; ``boxes`` are (left,
    top, right, bottom) in 0..1 of ``picture``; ``labels`` name the regions and may be empty, and
    so may ``layer_names`` [L].  ``added`` [S] marks rows that an encoder adds for itself.
    Raises ``ValueError`` for shapes that disagree, NaN, negative weights, rows not summing to 1.
    """

    words: tuple[str, ...]
    boxes: Float[np.ndarray, "N 4"]
    picture: UInt8[np.ndarray, "height width 3"]
    attention: Float[np.ndarray, "L H S S"]
    labels: tuple[str, ...] = ()
    title: str = ""
    layer_names: tuple[str, ...] = ()
    added: Bool[np.ndarray, "_"] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    def __post_init__(self) -> None:
        boxes = np.asarray(self.boxes, dtype=np.float32)
        attention = np.asarray(self.attention, dtype=np.float32)
        changed = {
            "words": texts(self.words),
            "labels": texts(self.labels) or ("",) * len(boxes),
            "boxes": boxes,
            "attention": attention,
            "picture": np.asarray(self.picture),
            "title": text(self.title),
            "layer_names": texts(self.layer_names),
            "added": np.asarray(self.added, dtype=np.bool_),
        }
        for name, value in changed.items():
            object.__setattr__(self, name, value)
        _check_shapes(self)
        _check_weights(self.attention, len(self.words))

    @property
    def layers(self) -> int:
        """How many layers L there are."""
        return self.attention.shape[0]

    @property
    def heads(self) -> int:
        """How many heads H each layer has."""
        return self.attention.shape[1]

    @property
    def own_rows(self) -> Int[np.ndarray, "_"]:
        """The rows of the given words, then of the given regions, without those ``added``."""
        rows = np.arange(self.attention.shape[-1])
        return rows[~self.added] if len(self.added) else rows

    @classmethod
    def from_arrays(
        cls,
        words: Sequence[str],
        attention: Float[np.ndarray, "L H S S"],
        boxes: Float[np.ndarray, "N 4"],
        picture: UInt8[np.ndarray, "height width 3"],
        labels: Sequence[str] = (),
        title: str = "",
        layer_names: Sequence[str] = (),
        added: Sequence[bool] | Bool[np.ndarray, "_"] = (),
    ) -> AttentionRecord:
        """A record of any model's plain arrays; ``joint_attention`` makes the maps of two streams.

        Likewise ``single_stream_attention`` those of one stream whose rows stand in another order.
        """
        marks = np.asarray(added, dtype=np.bool_)
        names = tuple(layer_names)
        return cls(tuple(words), boxes, picture, attention, tuple(labels), title, names, marks)


def _check_shapes(record: AttentionRecord) -> None:
    words, regions = len(record.words), len(record.boxes)
    if record.boxes.shape != (regions, 4):
        raise ValueError(f"boxes must be [N, 4], got {list(record.boxes.shape)}")
    if not ((record.boxes >= -1e-3) & (record.boxes <= 1.001)).all():  # NaN fails this too
        raise ValueError(
            "boxes must be (left, top, right, bottom) as shares of the picture, 0 to 1; got values "
            f"from {record.boxes.min():.3g} to {record.boxes.max():.3g}: divide pixels by the size"
        )
    if (record.boxes[:, 2:] < record.boxes[:, :2]).any():
        raise ValueError("a box ends before it begins: give (left, top, right, bottom)")
    picture = record.picture
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(
            f"picture must be uint8 [height, width, 3], got {picture.dtype} {list(picture.shape)}"
        )
    if len(record.labels) != regions:
        raise ValueError(f"{len(record.labels)} labels were given for {regions} regions")
    if len(record.added) not in (0, words + regions):
        raise ValueError(f"added must mark {words + regions} rows, got {len(record.added)}")
    shape, size = record.attention.shape, words + regions
    if len(shape) != 4 or shape[2:] != (size, size) or 0 in shape:
        raise ValueError(
            f"attention must be [layers, heads, {size}, {size}] for {words} words and {regions} "
            f"regions, got {list(shape)}"
        )
    if len(record.layer_names) not in (0, shape[0]):
        raise ValueError(f"{len(record.layer_names)} layer names were given for {shape[0]} layers")


def _check_weights(attention: Float32[np.ndarray, "L H S S"], words: int) -> None:
    if not np.isfinite(attention).all():
        layer, head, row, _ = (int(i) for i in np.argwhere(~np.isfinite(attention))[0])
        raise ValueError(
            f"attention holds NaN or infinity, first in layer {layer}, head {head}, "
            f"{_row_name(row, words)}"
        )
    if attention.min() < 0:
        raise ValueError(
            f"attention weights must be 0 or more, got {attention.min():.3g}: pass the weights "
            "after softmax"
        )
    sums = attention.sum(axis=-1)
    wrong = np.abs(sums - 1) > _ROW_TOLERANCE
    if wrong.any():
        layer, head, row = (int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"every row of attention must sum to 1, but {_row_name(row, words)} of layer {layer}, "
            f"head {head} sums to {sums[layer, head, row]:.4f}: pass the weights after softmax, "
            "over words and regions together"
        )


def _row_name(row: int, words: int) -> str:
    return f"word {row}" if row < words else f"region {row - words}"
