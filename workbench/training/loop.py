"""Training as a stream of events: one step after another until the last, or until told to stop."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from workbench.training import control, record
from workbench.training.errors import RunError
from workbench.training.events import Event, EventWriter, last_event
from workbench.training.folder import RunFolder
from workbench.training.interruption import Interruption
from workbench.training.lease import Tenure
from workbench.training.recipe import Recipe
from workbench.training.session import Session


def train(recipe: Recipe, folder: str | Path | None = None) -> Iterator[Event]:
    """A new run in this process: ``for event in train(recipe): ...``.

    Leaving the loop, or Ctrl-C, writes a checkpoint and stops the run, which can be resumed.
    Without a folder the next free ``runs/NAME-001`` is taken.  Raises ``RunExists`` for a folder
    that holds a run.
    """
    place = RunFolder.for_new_run(recipe.name, folder)
    record.create(place, recipe)
    return advance(place)


def advance(folder: RunFolder, interruption: Interruption | None = None) -> Iterator[Event]:
    """The run of a folder, from its newest checkpoint to its last step, in this process.

    ``interruption`` is given by a process that has entered one for good; otherwise signals are
    held back during steps only, and Ctrl-C is raised again after the checkpoint.  Raises
    ``RunBusy`` when another process trains there; any other error is also the last event.
    """
    with Tenure(folder) as tenure:
        before = last_event(folder)
        with EventWriter(folder, tenure.attempt) as events, contextlib.ExitStack() as cleanup:
            session: Session | None = None
            try:
                recipe, _ = record.read(folder)
                if recipe.threads is not None:
                    cleanup.callback(torch.set_num_threads, torch.get_num_threads())
                    torch.set_num_threads(recipe.threads)
                session = Session(recipe, folder, events)
                cleanup.callback(session.close)
                warnings = [*_silent_end(before), *session.restore()]
                parameters = sum(p.numel() for p in session.model.parameters())
                record.complete(folder, parameters, session.stream.fingerprint())
                yield _start(session, tenure, parameters)
                for message in warnings:
                    yield events.write("warning", session.step, message=message)
                yield from _steps(session, tenure, interruption)
            except GeneratorExit:
                if session is not None:
                    _leave(session)
                raise
            except BaseException as problem:
                step = 0 if session is None else session.step
                if events.last is None or events.last.kind != "stop":
                    _report(events, step, problem)
                raise


def _steps(session: Session, tenure: Tenure, interruption: Interruption | None) -> Iterator[Event]:
    """The steps that are left, then a checkpoint and the event of the end."""
    recipe, events = session.recipe, session.events
    signals = interruption or Interruption()
    guard = signals if interruption is None else contextlib.nullcontext()
    began, message = time.monotonic(), None
    if session.step == 0 and recipe.probe_every and session.show is not None:
        with guard:
            record_of_nothing_learnt = session.probe()
        yield record_of_nothing_learnt
    while session.step < recipe.steps and message is None:
        tenure.renew_when_due()
        with guard:
            step = session.train_step()
            due = _due(session)
        yield from due if step is None else [step, *due]
        request = control.take_request(session.folder)
        if request == "checkpoint" and session.saved_step != session.step:
            with guard:
                saved = session.save()
            yield saved
        elif request not in (None, "stop", "checkpoint"):
            text = f"control.json asks for {request!r}; 'stop' and 'checkpoint' are understood"
            yield events.write("warning", session.step, message=text)
        limit = recipe.time_limit_seconds
        if request == "stop":
            message = "asked to stop"
        elif signals.requested:
            message = "interrupted by a signal"
        elif limit is not None and time.monotonic() - began >= limit:
            message = f"the time limit of {limit:g} s is over"
    if session.saved_step != session.step:
        with guard:
            saved = session.save()
        yield saved
    if session.step == recipe.steps:
        yield events.write("stop", session.step, reason="finished")
    else:
        yield events.write("stop", session.step, reason="stopped", message=message)
    if interruption is None and signals.requested:
        raise KeyboardInterrupt


def _due(session: Session) -> list[Event]:
    """The checkpoint and the probe that this step calls for."""
    recipe, step = session.recipe, session.step
    last = step == recipe.steps
    done = []
    if last or step % recipe.checkpoint_every == 0:
        done.append(session.save())
    if session.show is not None and recipe.probe_every and (last or step % recipe.probe_every == 0):
        done.append(session.probe())
    return done


def _start(session: Session, tenure: Tenure, parameters: int) -> Event:
    recipe = session.recipe
    return session.events.write(
        "start",
        session.step,
        attempt=tenure.attempt,
        steps=recipe.steps,
        recipe=recipe.name,
        parameters=parameters,
        device=str(session.device),
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


def _leave(session: Session) -> None:
    """Stops a run whose reader went away between two steps."""
    if session.events.last is None or session.events.last.kind != "stop":
        if session.saved_step != session.step:
            session.save()
        text = "the loop over its events was left"
        session.events.write("stop", session.step, reason="stopped", message=text)


def _report(events: EventWriter, step: int, problem: BaseException) -> None:
    """Tries to make the problem the last event; on a full disk the caller still gets it."""
    if isinstance(problem, KeyboardInterrupt):
        facts = {"reason": "stopped", "message": "interrupted before the first step"}
    else:
        name = "" if isinstance(problem, RunError) else f"{type(problem).__name__}: "
        facts = {"reason": "error", "message": f"{name}{problem}"}
    with contextlib.suppress(RunError):
        events.write("stop", step, **facts)
