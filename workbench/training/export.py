"""A run's numbers for other tools: a table by step, and TensorBoard's files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.training.errors import RunError
from workbench.training.events import Event
from workbench.training.folder import RunFolder

if TYPE_CHECKING:
    import pandas

Number = int | float


def frame(events: Iterable[Event]) -> pandas.DataFrame:
    """The effective events as a table, one row a step ("step" is the index).

    ``loss`` is the number minimised, ``loss/NAME`` an objective's own; rates and shares are
    worked out from the step's own clock, ``validation/...`` and ``machine/...`` stand in the rows
    of the steps they were measured after.  What a step has nothing to say of is NaN.
    """
    import pandas

    rows: dict[int, dict[str, Number]] = {}
    for event in events:
        found = numbers(event)
        if found:
            rows.setdefault(event.step, {}).update(found)
    steps = sorted(rows)
    table = pandas.DataFrame([rows[step] for step in steps], index=pandas.Index(steps, dtype=int))
    return table.rename_axis("step")


def numbers(event: Event) -> dict[str, Number]:
    """Every number of a step, a validation or a look at the machine, by the name of its column.

    Of several processes the first speaks for all.
    """
    if event.rank:
        return {}
    if event.kind == "step":
        facts = dict(event.facts)
        losses = facts.pop("losses", None) or {facts.get("objective", "loss"): facts.get("loss")}
        found = {"time": event.time, "attempt": event.attempt, **_flat(facts)}
        return found | _flat(losses, "loss/") | _rates(found)
    if event.kind == "validation":
        return _flat(event["metrics"], "validation/")
    return _flat(event.facts, "machine/") if event.kind == "machine" else {}


def to_tensorboard(folder: RunFolder, events: Iterable[Event], target: str | Path) -> Path:
    """Writes the effective events as one TensorBoard run, ``target/NAME``, which is answered.

    An export made there before is replaced, so that no curve is drawn twice.  Raises ``RunError``
    where TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as problem:
        raise RunError(
            "writing TensorBoard's files needs the extra 'tensorboard': "
            "pip install 'vl-workbench[tensorboard]'"
        ) from problem
    place = Path(target).expanduser() / folder.path.name
    for earlier in place.glob("events.out.tfevents.*"):
        earlier.unlink()
    with SummaryWriter(str(place)) as writer:
        for event in events:
            for name, value in numbers(event).items():
                if name not in ("time", "attempt") and not math.isnan(value):
                    writer.add_scalar(name, value, event.step, event.time)
    return place


def _rates(found: Mapping[str, Number]) -> dict[str, Number]:
    """Speed and waiting of one step by its own clock."""
    seconds = found.get("seconds", 0.0)
    if not seconds > 0:
        return {}
    rates = {
        f"{name}_per_second": found[name] / seconds
        for name in ("pairs", "tokens", "regions")
        if name in found
    }
    if "data_seconds" in found:
        rates["data_share"] = found["data_seconds"] / seconds
    return rates


def _flat(facts: Mapping[str, Any], before: str = "") -> dict[str, Number]:
    return dict(_numbers(facts, before))


def _numbers(facts: Mapping[str, Any], before: str) -> Iterator[tuple[str, Number]]:
    """Numbers by name, those of inner objects as ``outer/inner``; null is a number nobody knew."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{before}{name}/")
        elif value is None:
            yield before + name, math.nan
        elif isinstance(value, int | float):
            yield before + name, value
