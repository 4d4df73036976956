"""Functions by the names they can be imported by, with arguments that JSON can keep."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.training.errors import RecipeError


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


def _plain(value: Any, where: str) -> Any:
    """The value as JSON gives it back (tuples become lists), so that both processes see the same.

    A ``Call`` becomes its record, of which ``Call(**record)`` makes one again.  Raises
    ``RecipeError`` for what JSON cannot keep exactly.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, Call):
        return {"target": value.target, "arguments": _plain(dict(value.arguments), where)}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: _plain(item, f"{where}.{key}") for key, item in value.items()}
    raise RecipeError(
        f"argument {where}={value!r} ({type(value).__name__}) cannot be kept as JSON: give finite "
        "numbers, text, true or false, None, or lists and dictionaries of them (a path as text)"
    )
