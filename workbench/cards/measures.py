"""What the events of a run say in a few numbers: attempts, losses, speed, validation."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.training.events import Event
from workbench.training.recipe import Recipe

if TYPE_CHECKING:
    import pandas

MEDIANS = (
    "pairs_per_second", "tokens_per_second", "data_share", "padding", "seconds", "pairs",
)  # fmt: skip


def attempts_of(events: Sequence[Event], alive: bool) -> list[dict[str, Any]]:
    """Each attempt of the first process: from which step to which, how long, and how it ended."""
    told = []
    numbers = sorted({event.attempt for event in events if event.rank == 0})
    for number in numbers:
        own = sorted(
            (e for e in events if e.rank == 0 and e.attempt == number), key=lambda e: e.line
        )
        start = next((event for event in own if event.kind == "start"), own[0])
        stop = next((event for event in reversed(own) if event.kind == "stop"), None)
        going_on = alive and number == numbers[-1]
        ended = stop["reason"] if stop else "running" if going_on else "died without a word"
        told.append(
            {
                "attempt": number,
                "from_step": start.step,
                "to_step": max(event.step for event in own),
                "began": start.time,
                "seconds": round(max(0.0, own[-1].time - own[0].time), 3),
                "ended": ended,
                "message": None if stop is None else stop.facts.get("message"),
            }
        )
    return told


def losses_of(table: pandas.DataFrame) -> dict[str, dict[str, int | float]]:
    """Each objective's first and last loss, means over its first and last tenth of steps."""
    found = {}
    for column in table.columns:
        values = list(known(table, column).values()) if column.startswith("loss/") else []
        if values:
            end = max(1, len(values) // 10)
            found[column.removeprefix("loss/")] = {
                "first": statistics.fmean(values[:end]),
                "last": statistics.fmean(values[-end:]),
                "lowest": min(values),
                "steps": len(values),
            }
    return found


def speed_of(table: pandas.DataFrame) -> dict[str, float]:
    """Medians of a step's speed, waiting and filler, and the most memory that was seen."""
    found = {}
    for name in MEDIANS:
        if seen := known(table, name):
            found[f"median_{name}"] = statistics.median(seen.values())
    for name in ("memory_bytes", "gpu_memory_bytes"):
        if seen := known(table, f"machine/{name}"):
            found[f"most_{name}"] = max(seen.values())
    return found


def known(table: pandas.DataFrame, column: str) -> dict[int, float]:
    """The numbers of a column by step, where there are any."""
    if column not in table.columns:
        return {}
    pairs = zip(table.index.tolist(), table[column].tolist(), strict=True)
    return {int(step): float(value) for step, value in pairs if value == value}


def validation_of(recipe: Recipe, table: pandas.DataFrame) -> dict[str, Any] | None:
    """The metric that counted, its best value and the step, and the last of every metric."""
    measured = [name for name in table.columns if name.startswith("validation/")]
    if recipe.validation is None or not measured:
        return None
    rule = recipe.validation
    found = {name.removeprefix("validation/"): known(table, name) for name in measured}
    counted, best = found.get(rule.metric), None
    if counted:
        choose = max if rule.larger_is_better else min
        step = choose(counted, key=lambda step: counted[step])
        best = {"step": step, "value": counted[step]}
    return {
        "metric": rule.metric,
        "larger_is_better": rule.larger_is_better,
        "best": best,
        "last": {name: list(values.values())[-1] for name, values in found.items() if values},
    }
