"""Which method and which row of an attribution record are looked at, and their exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from widgets.attribution.record import AttributionRecord
from widgets.core import attribution as arithmetic
from widgets.core.text import readable_pieces, region_name

if TYPE_CHECKING:
    import pandas

CHANCE = "random order"


@dataclass(frozen=True, eq=False)
class AttributionChoice:
    """A method by its index and a focus: ``region`` where that is 0 or more, else ``word``.

    −1 in both is no focus; ``hide_special`` leaves the rows that no method can take away out of
    scales and ranks.
    """

    record: AttributionRecord
    method: int = 0
    word: int = -1
    region: int = -1
    hide_special: bool = True

    @property
    def focus(self) -> int:
        """The row in focus, or −1."""
        return len(self.record.words) + self.region if self.region >= 0 else self.word

    @cached_property
    def left_out(self) -> list[bool]:
        """Which rows have no part in scales and ranks."""
        fixed = self.record.fixed.tolist()
        return fixed if self.hide_special and not all(fixed) else [False] * len(fixed)

    @property
    def counted(self) -> int:
        """How many rows are ranked."""
        return self.left_out.count(False)

    def values(self, method: int | None = None) -> list[float]:
        """Every row's value by a method, the chosen one by default."""
        return self.record.values[self.method if method is None else method].tolist()

    def shares(self, method: int | None = None) -> list[float]:
        """Every row's value as a share −1..1 of the method's largest."""
        return arithmetic.signed_shares(self.values(method), self.left_out)

    def ranks(self, method: int | None = None) -> list[int]:
        """Every row's rank by size, 1 the largest; 0 for rows left out."""
        return arithmetic.size_ranks(self.values(method), self.left_out)

    def strongest(self, method: int | None = None) -> list[int]:
        """The ranked rows, the largest size first."""
        ranks = self.ranks(method)
        return sorted((row for row in range(len(ranks)) if ranks[row]), key=lambda row: ranks[row])

    def number(self, row: int, method: int | None = None) -> str:
        """A row's value by a method, with as many digits as its largest needs."""
        values, rows = self.values(method), self.strongest(method)
        return arithmetic.signed_number(values[row], abs(values[rows[0]]) if rows else 0.0)

    def row_name(self, row: int) -> str:
        """A row as it is called in a sentence: “ball”, region 4 (house)."""
        words = len(self.record.words)
        if row < words:
            return f"“{readable_pieces(self.record.words)[row][0]}”"
        return region_name(row - words, self.record.labels[row - words])

    def sentence(self) -> str:
        """What counts most by the method; of a row in focus, what every method says."""
        methods = self.record.methods
        if self.focus < 0:
            rows, values = self.strongest()[:2], self.values()
            names, values = [self.row_name(row) for row in rows], [values[row] for row in rows]
            return arithmetic.strongest_sentence(methods[self.method], names, values)
        order = [self.method, *(m for m in range(len(methods)) if m != self.method)]
        return arithmetic.row_sentence(
            self.row_name(self.focus),
            [methods[method] for method in order],
            [self.number(self.focus, method) for method in order],
            [self.ranks(method)[self.focus] for method in order],
            self.counted,
        )

    def subtitle(self) -> str:
        """The question, the answer, the answer to nothing, and what the method misses of it."""
        record = self.record
        told = [record.question, f"{arithmetic.plain_number(record.score)} {record.unit}"]
        if np.isfinite(record.baseline):
            told.append(f"{arithmetic.plain_number(record.baseline)} with nothing to see")
        delta = float(record.deltas[self.method])
        if np.isfinite(delta):
            told.append(f"convergence delta {arithmetic.plain_number(delta)}")
        return " · ".join([*told, *([record.title] if record.title else [])])

    @cached_property
    def agreement(self) -> Float[np.ndarray, "2 M M"]:
        """How far methods agree in the sizes of removable rows: Spearman's ρ and Kendall's τ-b."""
        rows = self.record.removable or list(range(len(self.record.fixed)))
        sizes = [np.abs(values[rows]).tolist() for values in self.record.values]
        return np.array(
            [
                [[measure(a, b) for b in sizes] for a in sizes]
                for measure in (arithmetic.rank_correlation, arithmetic.pair_agreement)
            ]
        )

    @cached_property
    def areas(self) -> list[tuple[str, float, float]]:
        """Each curve's name and areas of deletion and insertion; none where there are no curves."""
        record = self.record
        if record.shares is None or record.deletion is None or record.insertion is None:
            return []
        shares, names = record.shares.tolist(), (*record.methods, CHANCE)
        return [
            (name, arithmetic.curve_area(shares, gone), arithmetic.curve_area(shares, back))
            for name, gone, back in zip(
                names, record.deletion.tolist(), record.insertion.tolist(), strict=True
            )
        ]

    def table(self) -> pandas.DataFrame:
        """Every row by every method: kind, index, name, fixed, method, value, rank."""
        import pandas

        words, labels = self.record.words, self.record.labels
        own = [("word", i, word) for i, word in enumerate(words)]
        own += [("region", i, label) for i, label in enumerate(labels)]
        rows = [
            (*own[row], bool(self.record.fixed[row]), name, values[row], ranks[row])
            for method, name in enumerate(self.record.methods)
            for values, ranks in [(self.values(method), self.ranks(method))]
            for row in range(len(own))
        ]
        columns = ["kind", "index", "name", "fixed", "method", "value", "rank"]
        return pandas.DataFrame(rows, columns=columns)
