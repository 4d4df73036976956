"""How a board stands: every run of every row, what is known of it, and what that comes to."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.ablations.grid import Grid, Measure

META_SUM = "Meta-Sum"


@dataclass(frozen=True)
class Trained:
    """One run of a row: where it lies, how far it is, why it failed and what was measured.

    ``state`` is "queued", "measuring" (its training has finished) or a run's own.
    """

    seed: int
    digest: str
    folder: Path
    state: str
    step: int
    steps: int
    problem: str | None = None
    found: Mapping[str, Any] | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in ("finished", "failed", "stopped", "dead")


@dataclass(frozen=True)
class Cell:
    """One number of the table, in percent: mean and standard deviation over the seeds known."""

    values: tuple[float | None, ...]

    @property
    def known(self) -> tuple[float, ...]:
        """The values of the seeds that have one."""
        return tuple(value for value in self.values if value is not None)

    @property
    def whole(self) -> bool:
        """Whether every seed has a value."""
        return len(self.known) == len(self.values) > 0

    @property
    def mean(self) -> float | None:
        """Over the seeds known."""
        return statistics.fmean(self.known) if self.known else None

    @property
    def spread(self) -> float | None:
        """The sample standard deviation; None below two seeds."""
        return statistics.stdev(self.known) if len(self.known) > 1 else None

    def __str__(self) -> str:
        if self.mean is None:
            return "–"
        spread = "" if self.spread is None else f" ± {self.spread:.1f}"
        return f"{self.mean:.1f}{spread}"


@dataclass(frozen=True)
class Line:
    """A row of the table with its runs, one a seed."""

    label: str
    shows: str
    runs: tuple[Trained, ...]

    def cell(self, measure: Measure) -> Cell:
        """A column's number of this row."""
        return Cell(tuple(_percent(run, measure) for run in self.runs))

    def meta_sum(self, measures: Sequence[Measure]) -> Cell:
        """The sum of the columns that count, seed by seed (U18); none where one is missing."""
        counted = [self.cell(measure).values for measure in measures if measure.summed]
        return Cell(
            tuple(
                None if None in each else math.fsum(filter(None, each))
                for each in zip(*counted, strict=True)
            )
        )


@dataclass(frozen=True)
class Standing:
    """A whole grid as it stands now."""

    grid: Grid
    lines: tuple[Line, ...]

    @property
    def complete(self) -> bool:
        """Whether every run has finished and was measured."""
        return all(run.found is not None for line in self.lines for run in line.runs)

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen by itself."""
        return all(run.settled for line in self.lines for run in line.runs)

    def columns(self) -> dict[str, tuple[Cell, ...]]:
        """The numbers of every column, Meta-Sum last, row by row."""
        measures = self.grid.measures
        found = {each.name: tuple(line.cell(each) for line in self.lines) for each in measures}
        if any(measure.summed for measure in measures):
            found[META_SUM] = tuple(line.meta_sum(measures) for line in self.lines)
        return found

    def best(self) -> dict[str, frozenset[int]]:
        """The rows with the greatest mean of each column, as it is printed; more where they tie.

        Only rows count whose seeds all have a number; none is best where all are level or alone,
        nor in a control.
        """
        controls = {each.name for each in self.grid.measures if not each.ranked}
        return {
            name: frozenset() if name in controls else _greatest(cells)
            for name, cells in self.columns().items()
        }


def _greatest(cells: Sequence[Cell]) -> frozenset[int]:
    means = {row: round(c.mean, 1) for row, c in enumerate(cells) if c.whole and c.mean is not None}
    if len(set(means.values())) < 2:
        return frozenset()
    return frozenset(row for row, mean in means.items() if mean == max(means.values()))


def _percent(run: Trained, measure: Measure) -> float | None:
    value = None if run.found is None else measure.of(run.found["measures"])
    return None if value is None else 100 * value
