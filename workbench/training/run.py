"""A handle on a run folder: start, watch, stop and continue training in a process of its own.

The process outlives the notebook that started it; any other notebook or terminal attaches by the
folder alone.  Nothing here imports torch but ``load``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.training import control, record
from workbench.training.errors import RunError, writing
from workbench.training.events import (
    Event,
    EventReader,
    effective,
    last_event,
    read_events,
)
from workbench.training.folder import RunFolder
from workbench.training.lease import launch, read_lease
from workbench.training.recipe import Recipe

State = Literal["running", "finished", "stopped", "failed", "dead"]

_STATES: dict[str, State] = {"finished": "finished", "stopped": "stopped", "error": "failed"}

_POLL = 0.1


@dataclass(frozen=True)
class Run:
    """A run, known by its folder."""

    folder: RunFolder

    @classmethod
    def start(cls, recipe: Recipe, folder: str | Path | None = None) -> Run:
        """Starts training in a new process and returns at once.

        Without a folder the next free ``runs/NAME-001`` is taken.  Raises ``RunExists`` for a
        folder that holds a run, ``RunError`` for one that cannot be written.
        """
        place = RunFolder.for_new_run(recipe.name, folder)
        record.create(place, recipe)
        run = cls(place)
        run._launch()
        return run

    @classmethod
    def attach(cls, folder: str | Path) -> Run:
        """A handle on an existing run, by its folder or its name below ``runs``."""
        return cls(RunFolder.holding_a_run(folder))

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.folder.path

    @property
    def recipe(self) -> Recipe:
        """What it was asked to do."""
        return record.read(self.folder)[0]

    @property
    def state(self) -> State:
        """What it does now; dead means that its process ended without saying why."""
        # The lease first: a process writes its last event before it gives the lease back.
        lease, last = read_lease(self.folder), last_event(self.folder)
        if lease is not None and lease.alive:
            return "running"
        if lease is not None and (last is None or last.attempt < lease.attempt):
            return "dead"
        if last is None or last.kind != "stop":
            return "dead"
        return _STATES[last["reason"]]

    @property
    def problem(self) -> str | None:
        """Why it failed or died, as far as it could tell; None otherwise."""
        state = self.state
        if state == "failed":
            last = last_event(self.folder)
            return None if last is None else str(last["message"])
        if state == "dead" and self.folder.log.exists():
            lines = self.folder.log.read_text(errors="replace").splitlines()
            return "its process ended without a word; the last lines of its log are:\n" + (
                "\n".join(lines[-5:]) or "(none)"
            )
        return "its process ended without a word" if state == "dead" else None

    def events(self, since: Event | None = None) -> list[Event]:
        """What happened, by step, the newest attempt of each; or only what came after ``since``."""
        return read_events(self.folder, since)

    def follow(self) -> Iterator[Event]:
        """What happened so far, then what happens, as it happens, until the process ends."""
        reader = EventReader(self.folder)
        running = self.state == "running"
        yield from effective(reader.read())
        while running:
            running = self.state == "running"
            yield from reader.read()
            if running:
                time.sleep(_POLL)

    def stop(self) -> None:
        """Asks it to write a checkpoint and end after the step in hand; returns at once."""
        self._require_running("stop")
        control.ask(self.folder, "stop")

    def checkpoint_now(self) -> None:
        """Asks it for a checkpoint after the step in hand; returns at once."""
        self._require_running("checkpoint")
        control.ask(self.folder, "checkpoint")

    def resume(self) -> None:
        """Continues from the newest whole checkpoint in a new process and returns at once.

        Raises ``RunBusy`` while it runs, ``RunError`` when it has done all its steps.
        """
        if self.state == "finished":
            raise RunError(f"{self.path} has finished all {self.recipe.steps} steps; nothing to do")
        self._launch()

    def wait(self, timeout: float | None = None) -> State:
        """Waits until its process ends, or this many seconds; the state it is then in."""
        until = None if timeout is None else time.monotonic() + timeout
        while (state := self.state) == "running":
            if until is not None and time.monotonic() >= until:
                break
            time.sleep(_POLL)
        return state

    def load(self):
        """The model with the newest whole weights, in evaluation mode, on the CPU.

        Raises ``RunError`` when there is no checkpoint yet.
        """
        from workbench.training.load import load_model

        return load_model(self.folder)

    def _require_running(self, verb: str) -> None:
        state = self.state
        if state != "running":
            raise RunError(f"nothing to {verb}: the run in {self.path} is {state}")

    def _launch(self) -> None:
        # -P and the parent's own path: the worker finds the same modules, whatever its folder.
        command = [sys.executable, "-P", "-m", "workbench.training.worker", str(self.path)]
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        environment = os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        detached = 0x00000208 if sys.platform == "win32" else 0

        def start_process() -> int:
            with writing(self.folder.log):
                self.folder.log.touch()
            with open(self.folder.log, "ab") as log:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    start_new_session=True,
                    creationflags=detached,
                )
            # Somebody has to take note of its end, or it stays in the process table.
            threading.Thread(target=process.wait, daemon=True).start()
            return process.pid

        launch(self.folder, start_process)
