"""Training as a stream of events: one step after another until the last, or until told to stop."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from workbench.training import record
from workbench.training.blame import cause_of
from workbench.training.errors import PeerFailed, PeerLost, RunError
from workbench.training.events import Event, EventWriter, last_event
from workbench.training.folder import RunFolder
from workbench.training.interruption import Interruption
from workbench.training.lease import Tenure
from workbench.training.machine import Machine
from workbench.training.recipe import Recipe
from workbench.training.session import Session
from workbench.training.watching import probe, validate
from workbench.training.wishes import answer, obey
from workbench.training.world import World


def train(recipe: Recipe, folder: str | Path | None = None) -> Iterator[Event]:
    """A new run in this process: ``for event in train(recipe): ...``.

    Leaving the loop, or Ctrl-C, writes a checkpoint and stops the run, which can be resumed.
    Without a folder the next free ``runs/NAME-001`` is taken.  Raises ``RunExists`` for a folder
    that holds a run.
    """
    return advance(record.begin(recipe, folder))


def advance(
    folder: RunFolder, interruption: Interruption | None = None, world: World | None = None
) -> Iterator[Event]:
    """The run of a folder, from its newest checkpoint to its last step, in this process.

    ``interruption`` is given by a process that has entered one for good; otherwise signals are
    held back during steps only, and Ctrl-C is raised again after the checkpoint.  In a ``world``
    of several processes all call this, and each sees the events that it writes itself.  Raises
    ``RunBusy`` when another process trains there; any other error is also the last event.
    """
    world = world or World.alone()
    with Tenure(folder) if world.first else contextlib.nullcontext() as tenure:
        attempt = world.agreed(tenure.attempt if tenure else 0)
        before = last_event(folder)
        with (
            EventWriter(folder, attempt, world.rank) as events,
            contextlib.ExitStack() as cleanup,
        ):
            session: Session | None = None
            try:
                recipe, _ = record.read(folder)
                if recipe.threads is not None:
                    cleanup.callback(torch.set_num_threads, torch.get_num_threads())
                    torch.set_num_threads(recipe.threads)
                held = tenure.holding if tenure else contextlib.nullcontext
                session = Session(recipe, folder, events, world, held)
                cleanup.callback(session.close)
                warnings = [*_silent_end(before), *session.restore()]
                parameters = sum(p.numel() for p in session.model.parameters())
                if world.first:
                    described = getattr(session.stream, "describe", lambda: None)()
                    record.complete(folder, parameters, session.stream.fingerprint(), described)
                yield _start(session, parameters)
                for message in warnings:
                    yield events.write("warning", session.step, message=message)
                yield from _steps(session, tenure, interruption)
            except (GeneratorExit, KeyboardInterrupt) as left:
                if session is not None and events.last is not None:
                    _leave(session, left)
                elif isinstance(left, KeyboardInterrupt):
                    _report(events, 0, left)
                raise
            except BaseException as problem:
                step = 0 if session is None else session.step
                cause = cause_of(problem, folder, attempt, world.size)
                if events.last is None or events.last.kind != "stop":
                    _report(events, step, cause)
                if cause is not problem:
                    raise cause from problem
                raise


def _steps(
    session: Session, tenure: Tenure | None, interruption: Interruption | None
) -> Iterator[Event]:
    """The steps that are left, then a checkpoint and the event of the end."""
    recipe, events = session.recipe, session.events
    signals = interruption or Interruption()
    guard = signals if interruption is None else contextlib.nullcontext()
    renew = tenure.renew_when_due if tenure is not None else _nothing
    began = time.monotonic()
    machine = Machine(session.world.device)
    if session.step == 0 and recipe.probe_every and session.show is not None:
        with guard:
            records_of_nothing_learnt = probe(session)
        yield from records_of_nothing_learnt
    # What was asked of a process that was killed is asked of the one in its place.
    message = yield from obey(session, signals, None, guard, renew)
    settled = session.why_to_end()
    while session.step < recipe.steps and message is None and settled is None:
        renew()
        with guard:
            step = session.train_step()
            due = _due(session)
        yield from due if step is None else [step, *due]
        if (taken := machine.due()) is not None:
            yield events.write("machine", session.step, **taken)
        message = yield from obey(session, signals, began, guard, renew)
        settled = session.why_to_end()
    if session.saved_step != session.step:
        with guard:
            saved = session.save()
        yield from saved
    if session.step == recipe.steps:
        yield events.write("stop", session.step, reason="finished")
    elif settled is not None:
        yield events.write("stop", session.step, reason="finished", message=settled)
    else:
        yield events.write("stop", session.step, reason="stopped", message=message)
    answer(session, "stop")
    if interruption is None and signals.requested:
        raise KeyboardInterrupt


def _nothing() -> None:
    """What a process without the lease does to keep it."""


def _due(session: Session) -> list[Event]:
    """The validation, the checkpoint and the probe that this step calls for."""
    recipe, step = session.recipe, session.step
    last = step == recipe.steps
    validation, done = recipe.validation, list[Event]()
    if validation is not None and (last or step % validation.every == 0):
        done += validate(session)
    best = session.best is not None and session.best.step == step
    if last or best or step % recipe.checkpoint_every == 0:
        done += session.save()
    if session.show is not None and recipe.probe_every and (last or step % recipe.probe_every == 0):
        done += probe(session)
    return done


def _start(session: Session, parameters: int) -> Event:
    recipe = session.recipe
    return session.events.write(
        "start",
        session.step,
        attempt=session.events.attempt,
        steps=recipe.steps,
        recipe=recipe.name,
        parameters=parameters,
        device=str(session.world.device),
        processes=session.world.size,
        shards=recipe.shards,
        precision=recipe.precision,
        threads=torch.get_num_threads(),
        pid=os.getpid(),
        host=socket.gethostname(),
    )


def _silent_end(before: Event | None) -> list[str]:
    """What to say when the attempt before this one ended without saying so."""
    if before is None or before.kind == "stop":
        return []
    return [f"attempt {before.attempt} died without a word after step {before.step}"]


def _leave(session: Session, why: BaseException) -> None:
    """Stops a run whose reader went away between two steps, or interrupted it there."""
    if session.events.last is None or session.events.last.kind != "stop":
        if session.saved_step != session.step:
            session.save()
        interrupted = isinstance(why, KeyboardInterrupt)
        text = "interrupted by a signal" if interrupted else "the loop over its events was left"
        session.events.write("stop", session.step, reason="stopped", message=text)


def _report(events: EventWriter, step: int, problem: BaseException) -> None:
    """Tries to make the problem the last event; on a full disk the caller still gets it."""
    facts: dict[str, Any] = {"reason": "error"}
    if isinstance(problem, PeerLost):
        # The run is not over: its processes are started again.
        return
    if isinstance(problem, KeyboardInterrupt):
        facts = {"reason": "stopped", "message": "interrupted before the first step"}
    elif isinstance(problem, PeerFailed):
        facts |= {"message": str(problem), "process": problem.rank}
    else:
        name = "" if isinstance(problem, RunError) else f"{type(problem).__name__}: "
        facts |= {"message": f"{name}{problem}"}
    with contextlib.suppress(RunError):
        events.write("stop", step, **facts)
