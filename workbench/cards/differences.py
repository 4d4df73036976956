"""What was chosen otherwise than by default in a recipe, found without importing a model."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from workbench.training.optimisation import Optimisation, Schedule
from workbench.training.recipe import Call, Recipe

_PARTS = ("name", "model", "data", "probe", "validation", "optimisation", "schedule")


@dataclasses.dataclass(frozen=True)
class Difference:
    """A switch by its dotted name, what it was set to, and what it is by default."""

    name: str
    value: Any
    default: Any


def differences(recipe: Recipe) -> list[Difference]:
    """Every number and switch of a recipe that has a default and another value.

    The seed and the arguments of the model, data, probe and validation functions among them, as
    far as their defaults can be read from the source without running it.
    """
    rule = recipe.optimisation
    found = [*_fields("", recipe, Recipe), *_fields("optimisation.", rule, Optimisation)]
    found += _fields("optimisation.schedule.", rule.schedule, Schedule)
    calls = {"model": recipe.model, "data": recipe.data, "probe": recipe.probe}
    if recipe.validation is not None:
        calls["validation"] = recipe.validation.measure
    for name, made in calls.items():
        known = {} if made is None else defaults_of(made)
        given = {} if made is None else made.arguments
        found += [
            Difference(f"{name}.{argument}", value, known[argument])
            for argument, value in given.items()
            if argument in known and value != known[argument]
        ]
    return found


def defaults_of(made: Call) -> dict[str, Any]:
    """The defaults of a call's function that are plain values in its source, by argument."""
    module, _, name = made.target.partition(":")
    return dict(_defaults(module, name))


@cache
def _defaults(module: str, name: str) -> tuple[tuple[str, Any], ...]:
    try:
        spec = importlib.util.find_spec(module)
        source = Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""
        tree = ast.parse(source)
    except (ImportError, ValueError, OSError, SyntaxError):
        return ()
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    function = next((node for node in functions if node.name == name), None)
    if function is None:
        return ()
    given = function.args
    places = [*given.posonlyargs, *given.args]
    pairs = [*zip(places[len(places) - len(given.defaults) :], given.defaults, strict=True)]
    pairs += [(a, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d]
    return tuple((argument.arg, value) for argument, node in pairs for value in _literal(node))


def _literal(node: ast.expr) -> list[Any]:
    try:
        return [ast.literal_eval(node)]
    except ValueError:  # a name: what it stands for is known only to whoever imports it
        return []


def _fields(before: str, value: Any, kind: type) -> list[Difference]:
    found = []
    for field in dataclasses.fields(kind):
        if field.name in _PARTS or field.default is dataclasses.MISSING:
            continue
        now = getattr(value, field.name)
        if now != field.default:
            found.append(Difference(before + field.name, now, field.default))
    return found
