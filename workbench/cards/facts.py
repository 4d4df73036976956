"""The facts of a run, read from its folder alone: no data, no model, and torch only for hashing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.cards import measures
from workbench.cards.differences import differences
from workbench.cards.plain import without_places
from workbench.training import export, record
from workbench.training.events import Event, EventReader, effective
from workbench.training.kept import find_latest
from workbench.training.run import Run


@dataclass(frozen=True)
class RunCard:
    """What a run was: asked, trained on, done, and found.

    ``steps`` are done of ``steps_asked``; ``recipe`` is resolved, ``digest`` stands for it but for
    its name; ``differences`` are the switches that are not as they are by default; ``data`` is
    what the stream told of itself; ``weights_sha256`` is of the newest whole checkpoint;
    ``commands`` repeat the run; ``results`` is what ``evaluate`` kept.  No value names a place on
    the machine.
    """

    name: str
    state: str
    problem: str | None
    created: float | None
    steps: int
    steps_asked: int
    attempts: Sequence[Mapping[str, Any]]
    interruptions: int
    wall_seconds: float
    recipe: Mapping[str, Any]
    digest: str
    differences: Sequence[Mapping[str, Any]]
    data: Mapping[str, Any] | None
    data_fingerprint: str | None
    parameters: int | None
    checkpoint_step: int | None
    weights_sha256: str | None
    environment: Mapping[str, Any]
    commands: Mapping[str, str]
    losses: Mapping[str, Mapping[str, int | float]]
    validation: Mapping[str, Any] | None
    speed: Mapping[str, float]
    results: Mapping[str, Any] | None
    links: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """The facts as a JSON object."""
        return dataclasses.asdict(self)


def card_of(run: Run, weights: bool = True) -> RunCard:
    """The facts of a run as they are now; without ``weights`` none are hashed."""
    recipe, facts = record.read(run.folder)
    events = EventReader(run.folder).read()
    table = export.frame(effective(events))
    state = run.state
    attempts = measures.attempts_of(events, state in ("running", "paused"))
    newest = find_latest(run.folder)[0] if weights else None
    card = RunCard(
        name=run.path.name,
        state=state,
        problem=run.problem,
        created=facts.get("created"),
        steps=_done(events),
        steps_asked=recipe.steps,
        attempts=attempts,
        interruptions=sum(one["ended"] not in ("finished", "running") for one in attempts),
        wall_seconds=round(sum((one["seconds"] for one in attempts), 0.0), 3),
        recipe=recipe.as_json(),
        digest=recipe.digest(),
        differences=[dataclasses.asdict(one) for one in differences(recipe)],
        data=facts.get("data"),
        data_fingerprint=facts.get("data_fingerprint"),
        parameters=facts.get("parameters"),
        checkpoint_step=None if newest is None else newest.step,
        weights_sha256=None if newest is None else _hashed(newest.path),
        environment=_environment(events, facts),
        commands=commands_of(run.path.name, facts),
        losses=measures.losses_of(table),
        validation=measures.validation_of(recipe, table),
        speed=measures.speed_of(table),
        results=_json(run.path / "results.json"),
        links=_links(run),
    )
    return RunCard(**without_places(vars(card)))


def commands_of(name: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """How to do the run again: as it was started where that is known, and from its recipe."""
    engine = facts.get("engine", "local")
    place, option = "", ""
    if engine != "local":
        place = f", engine=named({json.dumps(engine)})"
        option = f" --engine {engine}"
    lines = ["from workbench.training.engines.naming import named"] if place else []
    lines += [
        "from workbench.training.run import Run",
        f"run = Run.start(Run.attach({json.dumps(name)}).recipe{place})",
    ]
    started = {"as it was started": facts["command"]} if facts.get("command") else {}
    return {
        **started,
        "from its recipe": f"workbench rerun {name}{option}",
        "in a notebook": "\n".join(lines),
    }


def _done(events: Sequence[Event]) -> int:
    """The last step of the newest attempt, which may be before an earlier one's last."""
    newest = max((event.attempt for event in events), default=0)
    return max((event.step for event in events if event.attempt == newest), default=0)


def _environment(events: Sequence[Event], facts: Mapping[str, Any]) -> dict[str, Any]:
    starts = [event for event in events if event.kind == "start" and event.rank == 0]
    asked = ("device", "processes", "shards", "precision", "threads")
    last = {} if not starts else {n: starts[-1].facts.get(n) for n in asked}
    return {**facts.get("versions", {}), "engine": facts.get("engine", "local"), **last}


def _hashed(path: Path) -> str:
    from workbench.training.checkpoint import weights_sha256

    return weights_sha256(path)


def _json(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _links(run: Run) -> list[str]:
    """What lies in the run's folder, by names that hold from there."""
    names = ("recipe.json", "results.json", "events", "checkpoints", "probes", "log.txt")
    return [name for name in names if (run.path / name).exists()]
