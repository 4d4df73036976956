"""The verbs that look: ``follow``, ``runs`` and ``events``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from workbench import places
from workbench.training.events import Event
from workbench.training.progress import show
from workbench.training.run import Run


def add_watching(verbs: Any) -> None:
    """Registers the verbs with the sub-parsers of the command line."""
    verb = verbs.add_parser("follow", help="watch a run until it ends; Ctrl-C only stops watching")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--json", action="store_true", help="one JSON line per event")
    verb.set_defaults(command=follow)

    verb = verbs.add_parser("runs", help="list the runs, the newest first")
    verb.add_argument("--json", action="store_true", help="one JSON line per run")
    verb.set_defaults(command=runs)

    verb = verbs.add_parser("events", help="what happened in a run, the newest attempt per step")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--json", action="store_true", help="one JSON line per event")
    verb.add_argument("--since", type=int, metavar="STEP", help="only what came after this step")
    verb.set_defaults(command=events)


def follow(given: argparse.Namespace) -> int:
    """Shows a run until it ends."""
    run = Run.attach(given.run)
    if not given.json:
        return watch(run)
    for event in run.follow():
        _print_json(event.as_json())
    return verdict(run)


def runs(given: argparse.Namespace) -> int:
    """Lists every run below the runs folder."""
    from workbench.training.listing import all_runs

    found = all_runs()
    if given.json:
        for run in found:
            _print_json(asdict(run))
        return 0
    if not found:
        print(f"no runs in {places.runs()}; start one with: workbench pretrain uniter-tiny")
    for run in found:
        reached = run.problem or f"{run.state:<9} step {run.step}/{run.steps}"
        print(f"{run.name:<32} {'unreadable: ' * (run.problem is not None)}{reached}")
    return 0


def events(given: argparse.Namespace) -> int:
    """Prints the effective events of a run."""
    for event in Run.attach(given.run).events():
        if given.since is not None and event.step <= given.since:
            continue
        if given.json:
            _print_json(event.as_json())
        else:
            print(_line(event))
    return 0


def watch(run: Run) -> int:
    """Shows a run as it goes on; Ctrl-C stops the watching alone."""
    try:
        show(run.follow(), run.recipe.steps)
    except KeyboardInterrupt:
        print(f"\nthe run goes on; watch it: workbench follow {run.path}")
        print(f"                  end it:   workbench stop {run.path}")
        return 0
    return verdict(run)


def verdict(run: Run) -> int:
    """1 for a run that failed or died, and why, on the error stream."""
    problem = run.problem
    if problem is not None:
        print(f"workbench: {run.path}: {problem}", file=sys.stderr)
    return 0 if problem is None else 1


def _line(event: Event) -> str:
    facts = "  ".join(f"{name}={value}" for name, value in event.facts.items())
    return f"{event.step:>8} {event.kind:<10} {facts}"


def _print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record), flush=True)
