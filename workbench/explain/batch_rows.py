"""A batch as a picture shows it: what each row holds, whose it is, where each pair begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

from workbench.pairs import Offsets, PairBatch, Regions

_COVERED = 150  # the grey of a region whose features are hidden

Pieces = Callable[[Tensor], Sequence[str]]
"""The pieces of words that token ids stand for."""


@dataclass(frozen=True)
class Lane:
    """One packed strip: what its rows hold, where runs begin, the picture each run belongs to."""

    cells: tuple[str | UInt8[np.ndarray, "_ _ 3"], ...]
    starts: tuple[int, ...]
    belongs: tuple[int, ...]
    asked: tuple[bool, ...]


@dataclass(frozen=True)
class BatchRows:
    """Both strips of a batch, as ``widgets.batch_picture`` draws them."""

    text: Lane
    regions: Lane
    matched: tuple[bool, ...]


def batch_rows(
    batch: PairBatch,
    pieces: Pieces,
    pictures: Mapping[str, UInt8[np.ndarray, "_ _ 3"]],
    *,
    known: PairBatch | None = None,
    asked_words: Sequence[int] | Tensor = (),
    asked_regions: Sequence[int] | Tensor = (),
) -> BatchRows:
    """The rows of a batch as words and as cut-outs of its pictures, by name in ``pictures``.

    ``known`` is the batch before it was changed: it says which picture a sentence was written
    for, so that both keep their colours (the batch itself where it is left out).  Rows in
    ``asked_words`` and ``asked_regions`` are marked as those to recover; hidden regions are grey.
    Raises ``KeyError`` for a picture or a pair that is not there.
    """
    known = batch if known is None else known
    numbers = {image: number for number, image in enumerate(dict.fromkeys(known.images))}
    written_for = dict(zip(known.names, known.images, strict=True))
    words = tuple(pieces(batch.text.ids))
    crops = _crops(batch.regions, [pictures[image] for image in batch.images])
    of_words = tuple(numbers[written_for[name]] for name in batch.names)
    of_regions = tuple(numbers[image] for image in batch.images)
    return BatchRows(
        _lane(words, batch.text.offsets, of_words, asked_words),
        _lane(crops, batch.regions.offsets, of_regions, asked_regions),
        tuple(batch.matched.tolist()),
    )


def _lane(
    cells: tuple, offsets: Offsets, belongs: tuple[int, ...], asked: Sequence[int] | Tensor
) -> Lane:
    wanted = {int(row) for row in asked}
    marks = tuple(row in wanted for row in range(len(cells)))
    return Lane(cells, tuple(offsets.starts.tolist()), belongs, marks)


def _crops(regions: Regions, pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """What lies in each box; an even grey where the model sees zeros."""
    crops = []
    for row, (box, owner) in enumerate(
        zip(regions.boxes.tolist(), regions.offsets.owner.tolist(), strict=True)
    ):
        picture = pictures[owner]
        height, width = picture.shape[:2]
        left, top = int(box[0] * width), int(box[1] * height)
        right, bottom = round(box[2] * width), round(box[3] * height)
        crop = picture[top : max(bottom, top + 1), left : max(right, left + 1)]
        if regions.hidden is not None and bool(regions.hidden[row]):
            crop = np.full_like(crop, _COVERED)
        crops.append(crop)
    return tuple(crops)
