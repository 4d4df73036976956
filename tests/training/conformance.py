"""What every engine has to stand: a worker killed, a stop, its own end, and nothing left of it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import torch
import toy_pretraining as toy

from workbench.training.engines.engine import Engine
from workbench.training.engines.local import Local
from workbench.training.events import Event
from workbench.training.lease import read_lease
from workbench.training.loop import train
from workbench.training.process import identity
from workbench.training.run import Run

STEPS, EVERY = 60, 10


def losses(run: Run) -> list[tuple[int, str, float, float]]:
    """Every step that counts, once, as the first process tells it."""
    return [
        (e.step, e["objective"], e["loss"], e["gradient_norm"])
        for e in run.events()
        if e.kind == "step"
    ]


def starts(run: Run, rank: int | None = 0) -> list[Event]:
    """The start of every attempt, as this process told it."""
    return [e for e in run.events(rank=rank) if e.kind == "start"]


def gone(run: Run, patience: float = 60.0) -> bool:
    """Whether, within so many seconds, no process is left that ever trained in the run."""
    until = time.monotonic() + patience
    while any(identity(e["pid"]) is not None for e in starts(run, None)) or _named(run.path):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def _named(folder: Path) -> bool:
    """Whether the command line of any process names this folder."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes() and path.parent.name != str(os.getpid()):
                return True
        except OSError:
            continue
    return False


def check(engine: Engine, home: Path, patience: float) -> None:
    """Starts, follows, asks for a checkpoint, pauses, goes on, kills the last rank, stops, resumes,
    kills who holds the lease, goes on elsewhere; all as the same steps done in this process."""
    recipe = toy.recipe(STEPS, seconds=0.05, checkpoint_every=EVERY, shards=2)
    list(train(recipe, home / "uninterrupted"))
    reference = Run.attach(home / "uninterrupted")

    run = Run.start(recipe, home / "run", engine=engine)
    assert run.state == "running"
    asked = paused = killed = 0
    for event in run.follow():
        if event.kind == "pause":
            assert run.state == "paused"
            run.resume()
        if event.kind != "step":
            continue
        if not asked and event.step >= 3:
            asked = event.step
            run.checkpoint_now()
        if not paused and event.step >= 14:
            paused = event.step
            run.pause()
        if not killed and event.step >= 25:
            killed = starts(run, engine.processes - 1)[0]["pid"]
            os.kill(killed, signal.SIGKILL)
        if event.attempt > 1 and event.step >= 35:
            run.stop()
            break
    assert run.wait(patience) == "stopped", run.problem
    assert gone(run)
    first, second = starts(run)
    assert first["processes"] == second["processes"] == engine.processes
    assert second.step in (20, 30), "the newest checkpoint of before"
    saved = [e.step for e in run.events() if e.kind == "checkpoint"]
    assert any(asked <= step < EVERY for step in saved), "the one asked for"
    told = [e.kind for e in run.events()]
    assert told.count("pause") == told.count("continue") == 1

    run.resume()
    holder = read_lease(run.folder)
    assert holder is not None and holder.pid != os.getpid()
    for event in run.follow():
        if event.attempt == 3 and event.kind == "step" and event.step >= 45:
            run.pause()
        if event.attempt == 3 and event.kind == "pause":
            os.kill(holder.pid, signal.SIGKILL)
    assert run.state == "dead"
    assert "ended without a word" in str(run.problem)
    assert gone(run), "nobody trains on behind the back of who resumes it"

    run.resume(Local())
    assert run.wait(patience) == "finished", run.problem
    assert gone(run)
    assert [e["attempt"] for e in starts(run)] == [1, 2, 3, 4]
    assert losses(run) == losses(reference)
    assert [step for step, *_ in losses(run)] == list(range(1, STEPS + 1))
    weights = reference.load().state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in run.load().state_dict().items())
