"""A choice as a command line and as a notebook cell; both make the very recipe it makes."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Mapping

from workbench.launchpad.choice import Choice

_FIELDS = (
    "data",
    "objectives",
    "steps",
    "budget",
    "shards",
    "seed",
    "precision",
    "learning_rate",
    "threads",
    "readers",
    "pictures",
)
_SWITCHES = ("compiled", "recompute", "fast")
_ALWAYS = ("data", "steps", "seed")


def told(choice: Choice) -> Choice:
    """The choice with what was left open told where that is always said, and nothing superfluous.

    Everything else that equals its default is left open, so that a line stays readable.
    """
    settled = choice.settled()
    default = Choice(choice.system, choice.size, choice.data, fast=choice.fast).settled()
    open_again = {
        field.name: field.default
        for field in dataclasses.fields(Choice)
        if field.name not in (*_ALWAYS, "system", "size", "fast", "engine")
        and getattr(settled, field.name) == getattr(default, field.name)
    }
    return dataclasses.replace(settled, **open_again)


def command_of(choice: Choice) -> str:
    """The line that starts this run from a terminal."""
    brief, plain = told(choice), Choice()
    words = ["workbench", "pretrain", brief.name]
    for name in _FIELDS:
        value = getattr(brief, name)
        if name in _ALWAYS or value != getattr(plain, name):
            words += [f"--{name.replace('_', '-')}", _word(value)]
    if brief.engine != plain.engine:
        words += ["--engine", brief.engine]
    return shlex.join(words + [f"--{name}" for name in _SWITCHES if getattr(brief, name)])


def cell_of(choice: Choice) -> str:
    """The cell that starts this run from a notebook."""
    brief, plain = told(choice), Choice()
    given = [_literal(brief.system), _literal(brief.size), f"data={_literal(brief.data)}"]
    for name in (*_FIELDS[1:], *_SWITCHES):
        value = getattr(brief, name)
        if name in _ALWAYS or value != getattr(plain, name):
            given.append(f"{name}={_literal(value)}")
    lines = ["from workbench.launchpad import Choice, recipe_of"]
    engine = ""
    if brief.engine != plain.engine:
        lines.append("from workbench.training.engines.naming import named")
        engine = f", engine=named({_literal(brief.engine)})"
    lines += ["from workbench.training.run import Run", ""]
    lines += [f"choice = Choice({_filled(given)})", "recipe = recipe_of(choice)"]
    return "\n".join([*lines, f"run = Run.start(recipe{engine})"])


def _filled(arguments: list[str]) -> str:
    """Arguments on as few lines as hold them."""
    if len(", ".join(arguments)) <= _WIDE:
        return ", ".join(arguments)
    rows = [""]
    for each in arguments:
        if len(rows[-1]) + len(each) > _WIDE:
            rows.append("")
        rows[-1] += f"{' ' if rows[-1] else '    '}{each},"
    return "\n" + "\n".join(rows) + "\n"


_WIDE = 76


def _literal(value: object) -> str:
    """The value in Python, text in double quotes."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_literal(name)}: {ratio!r}" for name, ratio in value.items())
        return f"{{{inside}}}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _word(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={ratio:g}" for name, ratio in value.items())
    return f"{value!r}" if isinstance(value, float) else str(value)
