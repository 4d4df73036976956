"""The verbs that ask something of a run: pause, resume, stop, checkpoint, extend."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from workbench.cli.watching import verdict, watch
from workbench.training.errors import RunError
from workbench.training.events import EventReader
from workbench.training.run import Run

PATIENCE = 120.0
"""Seconds to wait for the checkpoint that ends or interrupts a run."""

_LOOK = 0.1


def add_steering(verbs: Any) -> None:
    """Registers the verbs with the sub-parsers of the command line."""
    for name, command, says in (
        ("stop", stop, "write a checkpoint and end a run"),
        ("pause", pause, "write a checkpoint and let a run wait, process and all"),
        ("checkpoint", checkpoint, "write a checkpoint of a run now"),
    ):
        verb = verbs.add_parser(name, help=says)
        verb.add_argument("run", metavar="DIR")
        verb.set_defaults(command=command)

    verb = verbs.add_parser("resume", help="go on: where it waits, or from its newest checkpoint")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--engine", help="on other processes than before: local, processes:2, ...")
    verb.add_argument("--detach", action="store_true", help="return at once, without following")
    verb.set_defaults(command=resume)

    verb = verbs.add_parser("extend", help="let a run that has ended do more steps when resumed")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("steps", metavar="STEPS", type=int, help="how many more")
    verb.set_defaults(command=extend)


def stop(given: argparse.Namespace) -> int:
    """Asks a run to stop and waits until it has."""
    run = Run.attach(given.run)
    run.stop()
    state = run.wait(PATIENCE)
    if state in ("running", "paused"):
        raise RunError(f"{run.path} has not stopped after {PATIENCE:.0f} s; see {run.folder.log}")
    print(f"run {run.path} is {state}")
    return verdict(run)


def pause(given: argparse.Namespace) -> int:
    """Asks a run to pause and waits until it does."""
    run = Run.attach(given.run)
    run.pause()
    _await(run, lambda: run.state != "running", "paused")
    print(f"run {run.path} is {run.state}")
    return verdict(run)


def checkpoint(given: argparse.Namespace) -> int:
    """Asks a run for a checkpoint and waits until it is written."""
    run = Run.attach(given.run)
    if run.state == "paused":
        print(f"run {run.path} is paused, its checkpoint written")
        return 0
    reader = EventReader(run.folder)
    reader.read()
    run.checkpoint_now()
    written: list[int] = []

    def seen() -> bool:
        written.extend(event.step for event in reader.read() if event.kind == "checkpoint")
        return bool(written) or run.state not in ("running", "paused")

    _await(run, seen, "written a checkpoint")
    print(f"checkpoint of step {written[-1]}" if written else f"run {run.path} is {run.state}")
    return verdict(run)


def resume(given: argparse.Namespace) -> int:
    """Continues a run and, unless detached, follows it."""
    from workbench.training.engines.naming import named

    run = Run.attach(given.run)
    run.resume(None if given.engine is None else named(given.engine))
    # A paused process looks for requests now and then: what is asked next must find it awake.
    _await(run, lambda: run.state != "paused", "gone on")
    print(f"run {run.path} resumed", flush=True)
    return 0 if given.detach else watch(run)


def extend(given: argparse.Namespace) -> int:
    """Adds steps to a run that has ended."""
    run = Run.attach(given.run)
    run.extend(given.steps)
    print(f"run {run.path} has {run.recipe.steps} steps now; workbench resume {given.run}")
    return 0


def _await(run: Run, done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() >= until:
            raise RunError(f"{run.path} has not {what} after {PATIENCE:.0f} s; its log says why")
        time.sleep(_LOOK)
