"""What is taken from a model before it looks again: words, regions, heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from widgets.attention.record import AttentionRecord

_KINDS = ("words", "regions", "heads")


@dataclass(frozen=True)
class AttentionChange:
    """Rows of a record whose word is masked or whose region is hidden, and heads that are silent.

    ``words`` and ``regions`` are places in the record; ``heads`` are (layer, head) of it.
    """

    words: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    heads: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.regions or self.heads)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> AttentionChange:
        """A change from plain values (``words``, ``regions``: numbers; ``heads``: pairs of them).

        Raises ``ValueError`` for other names.
        """
        unknown = sorted(set(plain) - set(_KINDS))
        if unknown:
            raise ValueError(
                f"a change takes away {', '.join(_KINDS)}; {', '.join(unknown)} was given"
            )
        return cls(
            tuple(sorted({int(word) for word in plain.get("words", ())})),
            tuple(sorted({int(region) for region in plain.get("regions", ())})),
            tuple(sorted({(int(layer), int(head)) for layer, head in plain.get("heads", ())})),
        )

    def plain(self) -> dict[str, Any]:
        """The change as plain values for JSON; empty for no change."""
        if not self:
            return {}
        return {
            "words": list(self.words),
            "regions": list(self.regions),
            "heads": [list(head) for head in self.heads],
        }

    def check(self, record: AttentionRecord) -> None:
        """Raise ``ValueError`` for a word, region or head that the record does not have."""
        _check("word", self.words, len(record.words))
        _check("region", self.regions, len(record.boxes))
        _check("layer", [layer for layer, _ in self.heads], record.layers)
        _check("head", [head for _, head in self.heads], record.heads)


Rerun = Callable[[AttentionChange], AttentionRecord]
"""Runs the model again on a changed example; the record has the same words, regions and layers."""


def _check(kind: str, places: Sequence[int], count: int) -> None:
    wrong = [place for place in places if not 0 <= place < count]
    if wrong:
        raise ValueError(
            f"{kind} {wrong[0]} cannot be taken away: this record has {kind}s 0 to {count - 1}"
        )
