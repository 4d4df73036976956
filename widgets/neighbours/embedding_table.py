"""Words and regions as points: the vectors that one model gives them, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from widgets.record import Record, text, texts

if TYPE_CHECKING:
    import pandas

KINDS = ("word", "region")


@dataclass(frozen=True, eq=False)
class EmbeddingTable(Record):
    """What the neighbourhood explorer draws: n named points with a vector in each of L layers.

    ``kinds`` are "word" or "region", ``groups`` the concept of each point ("toucan" for the word
    and for a region that shows one).  ``thumbnails`` are small square pictures, ``thumbnail`` [n]
    says which is whose, −1 none.  ``columns`` [n, c] holds more to tell of a point, as texts under
    ``column_names``.  Raises ``ValueError`` for shapes that disagree and vectors with NaN.
    """

    model: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    groups: tuple[str, ...]
    vectors: Float[np.ndarray, "L n D"]
    layer_names: tuple[str, ...] = ()
    thumbnails: UInt8[np.ndarray, "m t t 3"] = field(
        default_factory=lambda: np.empty((0, 1, 1, 3), dtype=np.uint8)
    )
    thumbnail: Int[np.ndarray, "_"] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    column_names: tuple[str, ...] = ()
    columns: Shaped[np.ndarray, "_ c"] = field(
        default_factory=lambda: np.empty((0, 0), dtype=np.str_)
    )

    def __post_init__(self) -> None:
        names, vectors = texts(self.names), np.asarray(self.vectors, dtype=np.float32)
        layers = vectors.shape[0] if vectors.ndim == 3 else 0
        thumbnail = np.asarray(self.thumbnail, dtype=np.int64).reshape(-1)
        told = texts(self.column_names)
        columns = np.asarray(self.columns, dtype=np.str_)
        changed = {
            "model": text(self.model),
            "names": names,
            "kinds": texts(self.kinds),
            "groups": texts(self.groups),
            "vectors": vectors,
            "layer_names": texts(self.layer_names) or tuple(f"layer {i}" for i in range(layers)),
            "thumbnails": np.asarray(self.thumbnails),
            "thumbnail": thumbnail if len(thumbnail) else np.full(len(names), -1),
            "column_names": told,
            "columns": columns if told else np.empty((len(names), 0), dtype=np.str_),
        }
        for name, value in changed.items():
            object.__setattr__(self, name, value)
        _check(self)

    @property
    def layers(self) -> int:
        """How many layers L there are."""
        return self.vectors.shape[0]

    def __len__(self) -> int:
        return len(self.names)

    def place(self, layer: int) -> int:
        """The layer of this number, or the last one where the model has fewer."""
        return min(layer, self.layers - 1)

    def frame(self, rows: Sequence[int] | None = None) -> pandas.DataFrame:
        """The points as a table, or those with these numbers: name, kind, concept, columns."""
        import pandas

        told = {name: self.columns[:, i] for i, name in enumerate(self.column_names)}
        whole = pandas.DataFrame(
            {"name": self.names, "kind": self.kinds, "concept": self.groups, **told}
        )
        whole.index.name = "point"
        return whole if rows is None else whole.loc[list(rows)]

    @classmethod
    def from_arrays(
        cls,
        model: str,
        names: Sequence[str],
        vectors: Float[np.ndarray, "L n D"] | Float[np.ndarray, "n D"],
        kinds: Sequence[str] = (),
        groups: Sequence[str] = (),
    ) -> EmbeddingTable:
        """A table of any model's plain arrays; without ``kinds`` all are words."""
        vectors = np.asarray(vectors)
        vectors = vectors[None] if vectors.ndim == 2 else vectors
        kinds = tuple(kinds) or ("word",) * len(names)
        groups = tuple(groups) or tuple(name.lower() for name in names)
        return cls(model, tuple(names), kinds, groups, vectors)


def same_points(tables: Sequence[EmbeddingTable]) -> None:
    """Raises ``ValueError`` unless all tables are of the same points in the same order."""
    first = tables[0]
    for other in tables[1:]:
        if other.names != first.names or other.kinds != first.kinds:
            raise ValueError(
                f"models are compared on the same points, but {first.model!r} has {len(first)} and "
                f"{other.model!r} {len(other)} that are not all the same: make both tables from "
                "the same pairs or the same list of words"
            )


def _check(table: EmbeddingTable) -> None:
    shape, count = table.vectors.shape, len(table.names)
    if len(shape) != 3 or shape[1] != count or 0 in shape:
        raise ValueError(f"vectors must be [layers, {count}, width], got {list(shape)}")
    if not np.isfinite(table.vectors).all():
        layer, point, _ = (int(i) for i in np.argwhere(~np.isfinite(table.vectors))[0])
        raise ValueError(
            f"vectors hold NaN or infinity, first in layer {layer}, {table.names[point]!r}"
        )
    for name in ("kinds", "groups", "thumbnail", "columns"):
        if len(getattr(table, name)) != count:
            raise ValueError(f"{len(getattr(table, name))} {name} were given for {count} points")
    strange = sorted(set(table.kinds) - set(KINDS))
    if strange:
        raise ValueError(f"a point is a word or a region, not {', '.join(map(repr, strange))}")
    if len(table.layer_names) != shape[0]:
        raise ValueError(f"{len(table.layer_names)} layer names were given for {shape[0]} layers")
    if table.columns.shape != (count, len(table.column_names)):
        raise ValueError(
            f"columns must be [{count}, {len(table.column_names)}], got {list(table.columns.shape)}"
        )
    pictures = table.thumbnails
    square = pictures.ndim == 4 and pictures.shape[1] == pictures.shape[2]
    if not square or pictures.shape[3] != 3 or pictures.dtype != np.uint8:
        raise ValueError(
            f"thumbnails must be uint8 [m, side, side, 3], got {pictures.dtype} "
            f"{list(pictures.shape)}"
        )
    if table.thumbnail.min() < -1 or table.thumbnail.max() >= len(pictures):
        raise ValueError(f"thumbnail must number the {len(pictures)} thumbnails, or be -1 for none")
