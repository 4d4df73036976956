"""One sentence beside one picture and every attention weight between their words and regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from os import PathLike

import numpy as np
from jaxtyping import Float, Float32, UInt8

_ROW_TOLERANCE = 0.01  # bfloat16 softmax rows miss 1 by a few thousandths


@dataclass(frozen=True, eq=False)
class AttentionRecord:
    """What the attention explorers draw; the arrays of ``probes/step-*.npz`` in a run folder.

    ``attention`` runs over words first, then regions, and each row sums to 1; ``boxes`` are (left,
    top, right, bottom) in 0..1 of ``picture``; ``labels`` name the regions and may be empty.
    Raises ``ValueError`` for shapes that disagree, NaN, negative weights, rows not summing to 1.
    """

    words: tuple[str, ...]
    boxes: Float[np.ndarray, "N 4"]
    picture: UInt8[np.ndarray, "height width 3"]
    attention: Float[np.ndarray, "L H S S"]
    labels: tuple[str, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        labels = tuple(self.labels) or ("",) * len(self.boxes)
        object.__setattr__(self, "words", tuple(str(word) for word in self.words))
        object.__setattr__(self, "labels", tuple(str(label) for label in labels))
        object.__setattr__(self, "boxes", np.asarray(self.boxes, dtype=np.float32))
        object.__setattr__(self, "attention", np.asarray(self.attention, dtype=np.float32))
        object.__setattr__(self, "picture", np.asarray(self.picture))
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

    @classmethod
    def from_arrays(
        cls,
        words: Sequence[str],
        attention: Float[np.ndarray, "L H S S"],
        boxes: Float[np.ndarray, "N 4"],
        picture: UInt8[np.ndarray, "height width 3"],
        labels: Sequence[str] = (),
        title: str = "",
    ) -> AttentionRecord:
        """A record of any model's plain arrays."""
        return cls(tuple(words), boxes, picture, attention, tuple(labels), title)

    @classmethod
    def of(cls, source: object) -> AttentionRecord:
        """A record itself, the path of one, or anything with the same fields."""
        if isinstance(source, cls):
            return source
        if isinstance(source, str | PathLike):
            return cls.load(source)
        names = [field.name for field in fields(cls)]
        missing = [name for name in names if not hasattr(source, name)]
        if missing:
            raise TypeError(
                f"an attention record or the path of one was expected, got {type(source).__name__}"
                f" without {', '.join(missing)}"
            )
        values = {name: getattr(source, name) for name in names}
        return cls(**{**values, "words": tuple(values["words"]), "labels": tuple(values["labels"])})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> AttentionRecord:
        """Read an npz file; never unpickles.  Raises ``ValueError`` naming any array it lacks."""
        with np.load(path, allow_pickle=False) as file:
            needed = ("words", "boxes", "picture", "attention", "labels", "title")
            missing = [name for name in needed if name not in file]
            if missing:
                raise ValueError(
                    f"{path} is not an attention record: it lacks {', '.join(missing)} "
                    f"(it holds {', '.join(file.files) or 'nothing'})"
                )
            words, labels = (tuple(file[name].tolist()) for name in ("words", "labels"))
            return cls(
                words, file["boxes"], file["picture"], file["attention"], labels, str(file["title"])
            )

    def save(self, path: str | PathLike[str]) -> None:
        """Write the record as a compressed npz file without pickled objects."""
        np.savez_compressed(
            path,
            words=np.array(self.words, dtype=np.str_),
            boxes=self.boxes,
            picture=self.picture,
            attention=self.attention,
            labels=np.array(self.labels, dtype=np.str_),
            title=np.array(self.title, dtype=np.str_),
        )


def _check_shapes(record: AttentionRecord) -> None:
    words, regions = len(record.words), len(record.boxes)
    if words == 0 or regions == 0:
        raise ValueError(
            f"{words} words and {regions} regions were given; a picture of attention needs at "
            "least one of each"
        )
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
    shape, size = record.attention.shape, words + regions
    if len(shape) != 4 or shape[2:] != (size, size) or 0 in shape:
        raise ValueError(
            f"attention must be [layers, heads, {size}, {size}] for {words} words and {regions} "
            f"regions, got {list(shape)}"
        )


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
