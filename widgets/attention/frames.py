"""Records of one sentence and picture one after the other: the probes of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from widgets import picture_bytes
from widgets.attention.record import AttentionRecord
from widgets.core.attention import at_rest, encode

MOST_BYTES = 6_000_000  # of weights; as text in a page they are a third more

Source = AttentionRecord | str | PathLike[str] | Sequence[tuple[str, AttentionRecord]] | object


@dataclass(frozen=True, eq=False)
class AttentionFrames:
    """Records of equal words, regions, layers and heads, each with a label; at least one.

    Raises ``ValueError`` for none, for records that differ in what they are of, and for those
    without a word or a region.
    """

    labels: tuple[str, ...]
    records: tuple[AttentionRecord, ...]
    offered: int = 0

    def __post_init__(self) -> None:
        if not self.records:
            raise ValueError("no record was given: an attention view needs one or more")
        first = self.records[0]
        if not first.words or not len(first.boxes):
            raise ValueError(
                f"{len(first.words)} words and {len(first.boxes)} regions were given; a picture "
                "of attention needs at least one of each"
            )
        for label, record in zip(self.labels, self.records, strict=True):
            shapes = [list(one.attention.shape) for one in (first, record)]
            if record.words != first.words or shapes[0] != shapes[1]:
                raise ValueError(
                    f"records one after the other must be of the same words and shape: "
                    f"{self.labels[0]!r} has {shapes[0]}, {label!r} {shapes[1]}"
                    + (" and other words" if record.words != first.words else "")
                )

    @classmethod
    def of(cls, source: Source) -> AttentionFrames:
        """Frames of one record (or its path), or of (label, record) pairs in their order.

        Where the weights of all would be too many for a page, evenly spaced ones are kept, the
        first and the last among them; ``offered`` says how many were given.
        """
        if isinstance(source, cls):
            return source
        if not isinstance(source, list | tuple):
            return cls(("",), (AttentionRecord.of(source),), 1)
        pairs = [(str(label), AttentionRecord.of(record)) for label, record in source]
        if not pairs:
            return cls((), ())
        kept = [pairs[place] for place in fitting(len(pairs), pairs[0][1])]
        return cls(tuple(k[0] for k in kept), tuple(k[1] for k in kept), len(pairs))

    def sent(self) -> dict[str, Any]:
        """The traits that the browser gets."""
        first = self.records[0]
        codes, scales, rest = coded(self.records)
        return {
            "words": list(first.words),
            "labels": list(first.labels),
            "title": first.title,
            "boxes": first.boxes.astype(float).tolist(),
            "shape": [first.layers, first.heads],
            "layer_names": list(first.layer_names),
            "added": [int(row) for row in np.flatnonzero(first.added)],
            "frame_labels": list(self.labels) if len(self.labels) > 1 else [],
            "frames_offered": self.offered,
            "codes": codes,
            "scales": scales,
            "rest": rest,
            "picture": picture_bytes.coded(first.picture),
        }


def fitting(count: int, record: AttentionRecord) -> list[int]:
    """Which of ``count`` records like this one a page has room for, evenly spaced; two at least."""
    most = max(2, MOST_BYTES // (2 * record.attention.size))
    places = np.linspace(0, count - 1, min(count, most)).round().astype(int)
    return list(dict.fromkeys(places.tolist()))


def coded(records: Sequence[AttentionRecord]) -> tuple[bytes, bytes, bytes]:
    """Weights [F, L, H, S, S], scales [F, L, H] and rest [F, L, H, 2] of records as bytes."""
    several = [encode(record.attention) for record in records]
    resting = [at_rest(record.attention, len(record.words)) for record in records]
    return (
        b"".join(codes.astype("<u2").tobytes() for codes, _ in several),
        b"".join(scales.astype("<f4").tobytes() for _, scales in several),
        b"".join(one.astype(np.uint8).tobytes() for one in resting),
    )
