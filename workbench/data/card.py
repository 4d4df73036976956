"""What a data set says about itself."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Card:
    """Name, source, licence, counts, mean lengths (words, objects, ...), splits and notes."""

    name: str
    source: str
    licence: str
    counts: dict[str, int]
    means: dict[str, float]
    splits: dict[str, str]
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict:
        """The card as plain values, for JSON."""
        return asdict(self)

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("source", self.source), ("licence", self.licence)]
        rows += [(name, f"{count:,}") for name, count in self.counts.items()]
        rows += [(f"mean {name}", f"{mean:.2f}") for name, mean in self.means.items()]
        rows += [(f"split {name}", meaning) for name, meaning in self.splits.items()]
        return rows + [("note", note) for note in self.notes]

    def __str__(self) -> str:
        rows = self._rows()
        width = max(len(name) for name, _ in rows)
        return "\n".join([self.name, *(f"  {name:<{width}}  {value}" for name, value in rows)])

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><th style='text-align:left;vertical-align:top'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for name, value in self._rows()
        )
        return f"<table><caption><b>{html.escape(self.name)}</b></caption>{body}</table>"
