"""What the events of a run say in numbers: a point for each objective of a step, and measures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

VALIDATION = "validation "
"""What the names of measures on held-out data begin with."""

# a fact of a "machine" event, what it is called here, and by what it is multiplied
_MACHINE = (
    ("memory_bytes", "memory, GB", 1e-9),
    ("gpu_memory_bytes", "GPU memory, GB", 1e-9),
    ("gpu_share", "GPU use, %", 100.0),
    ("cpu_share", "CPU use, %", 100.0),
)
_NO_METRICS = frozenset({"time", "step", "attempt", "rank", "seconds", "pairs", "tokens", "count"})


class Point(NamedTuple):
    """One objective in one logged step; ``series`` is its index, ``time`` in Unix seconds.

    ``padding`` is the share of rows that stand for nothing, ``waiting`` the share of the step's
    time in which it waited for data; both in percent.
    """

    step: int
    attempt: int
    series: int
    loss: float
    learning_rate: float
    pairs_per_second: float
    tokens_per_second: float
    padding: float
    waiting: float
    gradient_norm: float
    time: float


class Measure(NamedTuple):
    """A number that is not of every step; ``series`` is the index of its name."""

    step: int
    attempt: int
    series: int
    value: float


def losses_of(event: Mapping[str, Any]) -> dict[str, float]:
    """The loss of every objective that a step trained, NaN where it was no number.

    ``losses`` names them; older runs trained one a step and wrote just ``loss``.
    """
    losses = event.get("losses")
    if not isinstance(losses, dict) or not losses:
        losses = {str(event.get("objective", "loss")): event.get("loss")}
    return {str(name): number(loss) for name, loss in losses.items()}


def point_of(event: Mapping[str, Any], attempt: int, series: int, loss: float) -> Point:
    """The point of one objective of a step."""
    seconds = number(event.get("seconds"))

    def per_second(fact: str) -> float:
        return number(event.get(fact)) / seconds if seconds > 0 else math.nan

    return Point(
        step=int(event["step"]),
        attempt=attempt,
        series=series,
        loss=loss,
        learning_rate=number(event.get("learning_rate")),
        pairs_per_second=per_second("pairs"),
        tokens_per_second=per_second("tokens"),
        padding=100 * number(event.get("padding")),
        waiting=100 * per_second("data_seconds"),
        gradient_norm=number(event.get("gradient_norm")),
        time=number(event.get("time")),
    )


def measures_of(event: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers of a "validation" or "machine" event by the name of their chart."""
    if event.get("kind") == "machine":
        found = {name: factor * number(event.get(fact)) for fact, name, factor in _MACHINE}
    elif event.get("kind") == "validation":
        found = {f"{VALIDATION}{name}": value for name, value in _flat(event)}
    else:
        found = {}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def number(value: Any, otherwise: float = math.nan) -> float:
    """A finite number as float, anything else as ``otherwise``."""
    return float(value) if is_number(value) else otherwise


def is_number(value: Any) -> bool:
    """Whether this is a finite number."""
    return isinstance(value, int | float) and math.isfinite(value)


def _flat(event: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Metrics may stand in the event itself, or one level down in ``metrics`` or ``losses``."""
    found = []
    for name, value in event.items():
        if isinstance(value, dict):
            found += [(str(inner), float(v)) for inner, v in value.items() if is_number(v)]
        elif is_number(value) and not isinstance(value, bool) and name not in _NO_METRICS:
            found.append((name, float(value)))
    return found
