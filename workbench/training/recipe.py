"""What is to be done in a run: one frozen value, made by a Python function, kept as JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from workbench.training.calls import Call
from workbench.training.calls import call as call
from workbench.training.errors import RecipeError
from workbench.training.optimisation import Optimisation
from workbench.training.validation import Validation

Precision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class Recipe:
    """A run, whole: what is trained, on what, how long, and what is written down meanwhile.

    ``model`` makes a ``Pretraining``, ``data`` a ``Stream``, ``probe`` a function of (model, step)
    returning named arrays.  Counts are steps; ``threads`` None leaves torch's own choice;
    ``probe_every`` 0 means never; ``keep`` counts checkpoints.  A step's batch is cut into
    ``shards`` pieces whose gradients are added up, on one process or several: how many decides the
    numbers, who computes them does not.  ``readers`` threads read ahead.

    ``average`` is the decay of a moving average of the weights, which is then what is validated.
    ``keep_powers_of_two`` also keeps the first, second, fourth, eighth ... regular checkpoint.
    ``compiled`` compiles the model's blocks; ``recompute`` computes their inner results twice
    instead of keeping them, which saves memory and changes no number.
    """

    name: str
    model: Call
    data: Call
    steps: int
    optimisation: Optimisation = dataclasses.field(default_factory=Optimisation)
    probe: Call | None = None
    seed: int = 0
    precision: Precision = "float32"
    threads: int | None = None
    checkpoint_every: int = 500
    keep: int = 2
    shards: int = 1
    readers: int = 1
    probe_every: int = 100
    log_every: int = 1
    time_limit_seconds: float | None = None
    average: float | None = None
    validation: Validation | None = None
    keep_powers_of_two: bool = True
    compiled: bool = False
    recompute: bool = False

    def __post_init__(self) -> None:
        for field, least in _LEAST.items():
            given = getattr(self, field)
            if given is not None and given < least:
                raise RecipeError(f"recipe {self.name!r}: {field} must be {least} or more: {given}")
        if self.precision not in get_args(Precision):
            raise RecipeError(
                f"recipe {self.name!r}: precision {self.precision!r} is unknown; choose one of "
                f"{', '.join(get_args(Precision))}"
            )
        if self.average is not None and not 0 < self.average < 1:
            raise RecipeError(
                f"recipe {self.name!r}: average is the share of the past in the moving average, "
                f"between 0 and 1 (0.999, say), not {self.average}"
            )
        if not self.name or set(self.name) & set("/\\"):
            raise RecipeError(f"a recipe's name is the start of a folder's name, not {self.name!r}")

    def as_json(self) -> dict[str, Any]:
        """The recipe as a JSON object; ``from_json`` gives back an equal one."""
        record = dataclasses.asdict(self)
        record["optimisation"] = self.optimisation.as_json()
        return record

    def digest(self) -> str:
        """Sixteen hexadecimal digits that differ between recipes which differ in anything but the
        name."""
        told = json.dumps({**self.as_json(), "name": ""}, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Recipe:
        """The recipe of a JSON object; raises ``RecipeError`` naming what does not fit."""
        try:
            values = dict(record)
            values["optimisation"] = Optimisation.from_json(values["optimisation"])
            for part in ("model", "data", "probe"):
                values[part] = None if values[part] is None else Call(**values[part])
            if values.get("validation") is not None:
                values["validation"] = Validation.from_json(values["validation"])
            return cls(**values)
        except (KeyError, TypeError) as problem:
            raise RecipeError(
                f"this is no recipe of this version of the workbench: {problem}"
            ) from problem


_LEAST = {
    "steps": 1,
    "threads": 1,
    "checkpoint_every": 1,
    "keep": 1,
    "shards": 1,
    "readers": 1,
    "probe_every": 0,
    "log_every": 1,
    "time_limit_seconds": 0,
}
