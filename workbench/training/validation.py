"""Measuring a model on held-out data while it trains: when, what counts, and when to give up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from workbench.training.calls import Call
from workbench.training.errors import RecipeError, RunError


class Best(NamedTuple):
    """The best value measured so far, and after how many steps."""

    step: int
    value: float


@dataclass(frozen=True)
class Validation:
    """What is measured every so many steps, and after the last.

    ``measure`` makes a function of the model, which it is given in evaluation mode and without
    gradients, that returns named numbers.  The checkpoint at the best ``metric`` is kept (P26).
    After ``patience`` validations in a row that did not better it the run is finished early.
    """

    measure: Call
    every: int
    metric: str
    larger_is_better: bool = False
    patience: int | None = None

    def __post_init__(self) -> None:
        for name in ("every", "patience"):
            given = getattr(self, name)
            if given is not None and given < 1:
                raise RecipeError(f"a validation's {name} must be 1 or more: {given}")

    def value_in(self, metrics: Mapping[str, float]) -> float:
        """The metric that counts; raises ``RunError`` naming those there are."""
        if self.metric not in metrics:
            raise RunError(
                f"the validation looks for {self.metric!r} but {self.measure.target} measures "
                f"{', '.join(map(repr, metrics)) or 'nothing'}; name one of these as the metric"
            )
        return float(metrics[self.metric])

    def improves(self, value: float, best: Best | None) -> bool:
        """Whether it betters the best so far; what is no finite number never does."""
        if not math.isfinite(value):
            return False
        return best is None or (value > best.value if self.larger_is_better else value < best.value)

    def why_to_end(self, step: int, best: Best | None) -> str | None:
        """Why a run should end after this step; None while its patience lasts."""
        since = 0 if best is None else best.step
        if self.patience is None or step // self.every - since // self.every < self.patience:
            return None
        known = "was never a number" if best is None else f"is still {best.value:g} of step {since}"
        return (
            f"early stopping: the best {self.metric} {known} after {self.patience} more validations"
        )

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Validation:
        """The value of a JSON object that ``dataclasses.asdict`` made; TypeError for strangers."""
        return cls(**{**record, "measure": Call(**record["measure"])})
