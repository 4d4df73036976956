"""A choice, its costs and its faults in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from widgets.core.curves import format_duration, format_number

FIELDS = {
    "system": "System",
    "size": "Size",
    "data": "Data",
    "objectives": "Objectives",
    "steps": "Steps",
    "budget": "Rows a step",
    "learning_rate": "Learning rate",
    "precision": "Precision",
    "engine": "Engine",
    "shards": "Pieces of a batch",
    "seed": "Seed",
    "threads": "Threads",
    "readers": "Readers",
    "pictures": "Pictures",
    "fast": "Fast",
}
"""What the fields of a choice are called on the form; the labels of ``launch_form.js``."""

_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_COUNTS = ((1e9, "billion"), (1e6, "million"))


def system_of(options: Mapping[str, Any], choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """The offer of the chosen system; empty where there is none of that name."""
    offers = [offer for offer in options["systems"] if offer["name"] == choice.get("system")]
    return offers[0] if offers else {}


def ratios_of(
    options: Mapping[str, Any], choice: Mapping[str, Any], seen: Mapping[str, Any]
) -> dict[str, float]:
    """The ratio of every objective of the chosen system, in its order."""
    offered = {
        goal["name"]: goal["ratio"] for goal in system_of(options, choice).get("objectives", [])
    }
    settled = (seen.get("settled") or {}).get("objectives")
    given = choice.get("objectives") or settled
    return dict(offered) if not given else {name: given.get(name, 0) for name in offered}


def choice_sentence(options: Mapping[str, Any], choice: Mapping[str, Any]) -> str:
    """What is chosen, in one sentence."""
    title = system_of(options, choice).get("title", choice.get("system"))
    steps = choice.get("steps")
    long = f", {steps:,} steps" if isinstance(steps, int) else ""
    what = f"{title}, {choice.get('size')}, on {choice.get('data')}"
    return f"{what}{long}, engine {choice.get('engine')}."


def problem_sentence(options: Mapping[str, Any], problems: Sequence[Mapping[str, str]]) -> str:
    """Why it cannot be started; "" where it can."""
    said = [f"{FIELDS.get(p['field'].split('.')[0], 'Choice')}: {p['message']}" for p in problems]
    return f"Cannot be started. {' '.join(said)}" if said else ""


def figures_of(estimate: Mapping[str, Any] | None) -> list[list[str]]:
    """The numbers of an estimate, each with its name."""
    if not estimate:
        return []
    figures = {
        "parameters": _counted,
        "memory_bytes": lambda value: f"{format_number(value / 1e9)} GB",
        "seconds": format_duration,
        "flops": lambda value: f"{_prefixed(value)}FLOP",
        "pairs": lambda value: f"{value:,.0f}",
    }
    names = {"memory_bytes": "memory", "seconds": "time", "flops": "work", "pairs": "pairs read"}
    return [
        [names.get(fact, fact), say(estimate[fact])]
        for fact, say in figures.items()
        if isinstance(estimate.get(fact), int | float)
    ]


def _counted(value: float) -> str:
    for size, word in _COUNTS:
        if value >= size:
            return f"{format_number(value / size)} {word}"
    return format_number(value)


def _prefixed(value: float) -> str:
    for size, letter in _PREFIXES:
        if value >= size:
            return f"{format_number(value / size)} {letter}"
    return f"{format_number(value)} "
