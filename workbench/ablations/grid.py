"""A grid of experiments, declared as one table: what is varied, what is measured, how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.ablations.setting import Setting
from workbench.data.datasets.scenes import Scenes
from workbench.training.errors import RecipeError
from workbench.training.recipe import Recipe

Result = Mapping[str, Any]
"""What ``measuring.measure`` found."""


@dataclass(frozen=True)
class Measure:
    """One column: how it is read from a result, as a fraction of 1, and whether Meta-Sum counts it.

    It is None where a model cannot be asked.  Greater is better, but for a column that is not
    ``ranked``: a control to compare others with.
    """

    name: str
    says: str
    of: Callable[[Result], float | None]
    summed: bool = False
    ranked: bool = True


@dataclass(frozen=True)
class Row:
    """One line of a grid: the recipe of each seed, and what is different about it in words.

    ``first`` is the recipe of a run that has to be over before, because this one begins with its
    weights.
    """

    label: str
    shows: str
    recipe: Callable[[int], Recipe]
    first: Callable[[int], Recipe] | None = None


@dataclass(frozen=True)
class Grid:
    """A table of experiments after a table of a paper.

    ``source`` names the paper's table; ``note`` says where this one differs; ``scenes`` are all
    that must be extracted before a recipe can be made.
    """

    name: str
    title: str
    source: str
    note: str
    rows: tuple[Row, ...]
    measures: tuple[Measure, ...]
    setting: Setting
    scenes: tuple[Scenes, ...]

    def __post_init__(self) -> None:
        labels = [row.label for row in self.rows]
        if len(set(labels)) != len(labels) or not labels:
            raise ValueError(f"the rows of a grid need different labels, got {labels}")

    @property
    def seeds(self) -> int:
        """How many times each row is trained."""
        return self.setting.seeds

    def only(self, labels: tuple[str, ...]) -> Grid:
        """The same grid with these rows alone, in its own order.

        Raises ``RecipeError`` for rows that it does not have.
        """
        known = [row.label for row in self.rows]
        unknown = [label for label in labels if label not in known]
        if unknown:
            raise RecipeError(
                f"grid {self.name} has no rows {', '.join(unknown)}; there are {', '.join(known)}"
            )
        return replace(self, rows=tuple(row for row in self.rows if row.label in labels))
