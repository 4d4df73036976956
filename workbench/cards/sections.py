"""A run card as titled tables and lines of code, the same for Markdown and HTML."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from widgets.core.curves import format_duration, format_number
from workbench.cards.facts import RunCard
from workbench.cards.plain import flat, said

Row = tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A title, then rows under a header (none for plain facts), then code by what it is for.

    ``wide`` needs the whole width of a page; ``folded`` is for what few will read.
    """

    title: str
    rows: list[Row] = field(default_factory=list)
    header: Row = ()
    code: Mapping[str, str] = field(default_factory=dict)
    wide: bool = False
    folded: bool = False


def lead(card: RunCard) -> str:
    """The run in one or two sentences."""
    done, asked = card.steps, card.steps_asked
    state = {"dead": "ended without a word after", "failed": "failed after"}
    text = f"{card.name} {state.get(card.state, card.state)} {done:,} of {asked:,} steps"
    text += f" in {format_duration(card.wall_seconds)}"
    if card.interruptions:
        times = "once" if card.interruptions == 1 else f"{card.interruptions} times"
        text += f", interrupted {times}"
    if card.parameters:
        text += f"; {card.parameters:,} parameters"
    return text + "." + (f" {card.problem}" if card.problem else "")


def sections(card: RunCard) -> list[Section]:
    """Everything that is said of a run, most wanted first; what is not known is left out."""
    found = [
        Section("Results", results(card.results or {}), wide=True),
        Section(
            "Losses",
            [(name, *(said_short(one[k]) for k in _ENDS)) for name, one in card.losses.items()],
            ("objective", "first tenth", "last tenth", "lowest", "steps"),
        ),
        Section("Validation", _validation(card.validation)),
        Section(
            "Chosen otherwise than by default",
            [
                (words(one["name"]), said(one["value"]), said(one["default"]))
                for one in card.differences
            ],
            ("switch", "here", "default"),
        ),
        Section("Data", _data(card)),
        Section("Data in this run", _shown(card)),
        Section("Speed", _speed(card.speed)),
        Section("Environment", _known(card.environment)),
        Section(
            "Attempts",
            [
                (
                    str(one["attempt"]),
                    _moment(one["began"]),
                    f"{one['from_step']:,}",
                    f"{one['to_step']:,}",
                    format_duration(one["seconds"]),
                    one["ended"] + (f": {one['message']}" if one["message"] else ""),
                )
                for one in card.attempts
            ],
            ("attempt", "began (UTC)", "from step", "to step", "time", "ended"),
            wide=True,
        ),
        Section("To do it again", code=card.commands, wide=True),
        Section("Fingerprints", _fingerprints(card), wide=True),
        Section(
            "The whole recipe",
            [(name, said(value)) for name, value in flat(card.recipe).items()],
            wide=True,
            folded=True,
        ),
    ]
    return [one for one in found if one.rows or one.code]


def results(found: Mapping[str, Any]) -> list[Row]:
    """Each measured thing with its numbers on one line; what was not measured is left out."""
    rows = []
    for name, value in found.items():
        inner = flat(value) if isinstance(value, Mapping) else {"": value}
        told = [
            f"{words(part)} {said_short(one)}".strip()
            for part, one in inner.items()
            if one is not None
        ]
        if told:
            rows.append((words(name), ", ".join(told)))
    return rows


def words(name: str) -> str:
    """An identifier as words."""
    return name.replace("_", " ").replace(".", " › ")


def said_short(value: Any) -> str:
    """A measured number in three digits; anything else as ``said`` says it."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return format_number(float(value)) if number else said(value)


def _known(facts: Mapping[str, Any]) -> list[Row]:
    return [(words(name), said(value)) for name, value in facts.items() if value is not None]


_ENDS = ("first", "last", "lowest", "steps")


def _validation(found: Mapping[str, Any] | None) -> list[Row]:
    if found is None:
        return []
    rows = []
    if found["best"] is not None:
        best = found["best"]
        told = f"{said_short(best['value'])} after step {best['step']:,}"
        rows.append((f"best {words(found['metric'])}", told))
    return rows + [(f"last {words(n)}", said_short(v)) for n, v in found["last"].items()]


def _data(card: RunCard) -> list[Row]:
    """What the data set says of itself."""
    about = (card.data or {}).get("card") or {}
    rows = [(name, about[name]) for name in ("name", "source", "licence") if name in about]
    rows += [(words(name), said(count)) for name, count in about.get("counts", {}).items()]
    means = about.get("means", {}).items()
    rows += [(f"mean {words(name)}", said_short(mean)) for name, mean in means]
    return rows + [("note", note) for note in about.get("notes", ())]


def _shown(card: RunCard) -> list[Row]:
    """How its pairs are shown in this run, and what is kept from it."""
    told = dict(card.data or {})
    about = dict(told.pop("card", None) or {})
    kept = told.pop("kept_from_training", None) or {}
    told.pop("region_stores", None)
    rows = [(words(name), said(value)) for name, value in flat(told).items()]
    rows += [(f"kept from training: {name}", said(count)) for name, count in kept.items()]
    return rows + [(f"split {name}", what) for name, what in about.get("splits", {}).items()]


def _speed(found: Mapping[str, float]) -> list[Row]:
    rows = []
    for name, value in found.items():
        if name.endswith("_bytes"):
            rows.append((words(name.removesuffix("_bytes")), f"{value / 2**20:,.0f} MiB"))
        elif name.endswith(("_share", "padding")):
            rows.append((words(name), f"{100 * value:.1f} %"))
        elif name == "median_seconds":
            rows.append(("median step", f"{1000 * value:.1f} ms"))
        else:
            rows.append((words(name), format_number(value)))
    return rows


def _fingerprints(card: RunCard) -> list[Row]:
    newest = "weights (SHA-256)"
    if card.checkpoint_step is not None:
        newest = f"weights after step {card.checkpoint_step:,} (SHA-256)"
    told = [("recipe", card.digest), ("data", card.data_fingerprint), (newest, card.weights_sha256)]
    return [(name, value) for name, value in told if value]


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
