"""What is to be done in a run: one frozen value, made by a Python function, kept as JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import inspect
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from workbench.training.errors import RecipeError
from workbench.training.optimisation import Optimisation

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class Call:
    """A function that any process can import (``module:name``) and its keyword arguments."""

    target: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def function(self) -> Callable[..., Any]:
        """The function itself; raises ``RecipeError`` when it cannot be imported here."""
        module, _, name = self.target.partition(":")
        try:
            found: Any = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError, ValueError) as problem:
            raise RecipeError(
                f"cannot import {self.target!r} of the recipe: {problem}; run where "
                f"`import {module}` works, for example with its folder on PYTHONPATH"
            ) from problem
        return found

    def __call__(self) -> Any:
        """The result of the function."""
        return self.function()(**self.arguments)


def call(function: Callable[..., Any], **arguments: Any) -> Call:
    """A ``Call`` of this function, checked now so that it cannot fail in the other process.

    Raises ``RecipeError`` for a function that no other process can import, for arguments that are
    not plain JSON values, and for arguments that the function does not take.
    """
    module = getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", None)
    if module is None or name is None:
        raise RecipeError(f"{function!r} has no name to import it by: give a plain function")
    if module in ("__main__", "__mp_main__") or "<" in name:
        where = "a notebook cell or script" if module.startswith("__") else f"module {module}"
        raise RecipeError(
            f"the training process cannot import {name!r} of {where}: move it to the top level of "
            "a module file, for example recipes.py beside the notebook, and import it from there"
        )
    made = Call(f"{module}:{name}", {key: _plain(value, key) for key, value in arguments.items()})
    if made.function() != function:
        raise RecipeError(
            f"{made.target!r} names another object than the function given: give the function "
            "itself as its module defines it, not a wrapped or replaced one"
        )
    try:
        inspect.signature(function).bind(**arguments)
    except ValueError:
        # Some built-in functions do not tell what they take.
        return made
    except TypeError as problem:
        raise RecipeError(f"{made.target!r} cannot be called like this: {problem}") from problem
    return made


@dataclass(frozen=True)
class Recipe:
    """A run, whole: what is trained, on what, how long, and what is written down meanwhile.

    ``model`` makes a ``Pretraining``, ``data`` a ``Stream``, ``probe`` a function of (model, step)
    returning named arrays.  Counts are steps; ``threads`` None leaves torch's own choice;
    ``probe_every`` 0 means never; ``keep`` counts checkpoints.  A step's batch is cut into
    ``shards`` pieces whose gradients are added up, on one process or several: how many decides the
    numbers, who computes them does not.  ``readers`` threads read ahead.
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


def _plain(value: Any, where: str) -> Any:
    """The value as JSON gives it back (tuples become lists), so that both processes see the same.

    Raises ``RecipeError`` for what JSON cannot keep exactly.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: _plain(item, f"{where}.{key}") for key, item in value.items()}
    raise RecipeError(
        f"argument {where}={value!r} ({type(value).__name__}) cannot be kept as JSON: give finite "
        "numbers, text, true or false, None, or lists and dictionaries of them (a path as text)"
    )
