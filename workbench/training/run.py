"""A handle on a run folder: start, watch, stop and continue training in a process of its own.

The process outlives the notebook that started it; any other notebook or terminal attaches by the
folder alone.  Nothing here imports torch but ``load``.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.training import control, export, kept, record
from workbench.training.engines.engine import Engine
from workbench.training.engines.local import Local
from workbench.training.engines.naming import named, refuse_too_many
from workbench.training.errors import RunError
from workbench.training.events import (
    Event,
    EventReader,
    effective,
    last_event,
    read_events,
)
from workbench.training.folder import RunFolder
from workbench.training.lease import read_lease, unheld
from workbench.training.recipe import Recipe
from workbench.training.validation import Best

State = Literal["running", "paused", "finished", "stopped", "failed", "dead"]

_STATES: dict[str, State] = {"finished": "finished", "stopped": "stopped", "error": "failed"}

_ALIVE = ("running", "paused")

_POLL = 0.1

LOCAL = Local()
"""The engine that is taken where none is named."""


@dataclass(frozen=True)
class Run:
    """A run, known by its folder."""

    folder: RunFolder

    @classmethod
    def start(
        cls,
        recipe: Recipe,
        folder: str | Path | None = None,
        *,
        engine: Engine = LOCAL,
        command: str | None = None,
    ) -> Run:
        """Starts training outside this process and returns at once.

        Without a folder the next free ``runs/NAME-001`` is taken.  An engine of several processes
        cuts each batch into as many pieces, if the recipe does not already cut it finer.  The
        ``command`` that starts such a run is noted for its card.  Raises
        ``RunExists`` for a folder that holds a run, ``RunError`` for one that cannot be written.
        """
        cut = dataclasses.replace(recipe, shards=max(recipe.shards, engine.processes))
        run = cls(record.begin(cut, folder, str(engine), command))
        run._launch(engine)
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
            paused = last is not None and last.kind == "pause" and last.attempt == lease.attempt
            return "paused" if paused else "running"
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

    def events(self, since: Event | None = None, rank: int | None = 0) -> list[Event]:
        """What happened, by step, the newest attempt of each; or only what came after ``since``.

        The first process tells of whole steps; ``rank`` asks for another's own, None for all.
        """
        return read_events(self.folder, since, rank)

    def follow(self, rank: int | None = 0) -> Iterator[Event]:
        """What happened so far, then what happens, as it happens, until the process ends.

        ``rank`` as for ``events``.
        """
        reader = EventReader(self.folder, rank)
        running = self.state in _ALIVE
        yield from effective(reader.read())
        while running:
            running = self.state in _ALIVE
            yield from reader.read()
            if running:
                time.sleep(_POLL)

    def frame(self):
        """Its numbers as a pandas table, one row a step (see ``workbench.training.export``)."""
        return export.frame(self.events())

    def to_tensorboard(self, folder: str | Path) -> Path:
        """Writes its numbers as the TensorBoard run ``folder/NAME``, and answers that path."""
        return export.to_tensorboard(self.folder, self.events(), folder)

    def stop(self) -> None:
        """Asks it to write a checkpoint and end after the step in hand; returns at once.

        Where it is killed before it has, the one started in its place ends before its first step.
        """
        self._require_running("stop")
        control.ask(self.folder, "stop")

    def pause(self) -> None:
        """Asks it to write a checkpoint and wait, process and all; returns at once.

        A paused process that is killed comes back from that checkpoint, and waits again.
        """
        self._require_running("pause")
        control.ask(self.folder, "pause")

    def checkpoint_now(self) -> None:
        """Asks it for a checkpoint after the step in hand; returns at once."""
        self._require_running("checkpoint")
        control.ask(self.folder, "checkpoint")

    def resume(self, engine: Engine | None = None) -> None:
        """Goes on: a paused process where it waits, else a new one from the newest checkpoint.

        Without an ``engine`` it is the one of the last start.  Returns at once.  Raises ``RunBusy``
        while it runs, ``RunError`` when it has done all its steps.
        """
        state = self.state
        if state == "finished":
            self._refuse_if_done()
        noted = record.facts_of(self.folder)["engine"]
        chosen = named(noted) if engine is None else engine
        if state == "paused" and str(chosen) == noted:
            control.ask(self.folder, "continue")
            return
        refuse_too_many(self.recipe, chosen)
        with unheld(self.folder):
            record.note_engine(self.folder, str(chosen))
        self._launch(chosen)

    def extend(self, steps: int) -> None:
        """So many steps more, at the end of those there are; ``resume`` then does them.

        Steps already done stay as they are.  From there on the learning rate follows its schedule
        over the new total, so that it rises again where it had already fallen; only where the rate
        does not depend on the total is the longer run the one that was so long from the start, to
        the bit.  Raises ``RunError`` while it runs and for less than one step.
        """
        if self.state in _ALIVE:
            raise RunError(f"the run in {self.path} is {self.state}: stop it before extending it")
        if steps < 1:
            raise RunError(f"a run is extended by 1 step or more, not by {steps}")
        with unheld(self.folder):
            record.extend(self.folder, steps)

    def wait(self, timeout: float | None = None) -> State:
        """Waits until its process ends, or this many seconds; the state it is then in.

        A paused run has not ended.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (state := self.state) in _ALIVE:
            if until is not None and time.monotonic() >= until:
                break
            time.sleep(_POLL)
        return state

    @property
    def best(self) -> Best | None:
        """The step of its best checkpoint and the value that validation found there (P26).

        None without validation, and before the first.
        """
        validation = self.recipe.validation
        return None if validation is None else kept.best_of(self.folder, validation)

    def load(self, which: Literal["newest", "best"] = "newest", *, averaged: bool = False):
        """The model with the newest whole weights, in evaluation mode, on the CPU.

        Or those that validation found best (P26); ``averaged`` takes the moving average of the
        weights.  Raises ``RunError`` when there are none such.
        """
        from workbench.training.load import load_model

        return load_model(self.folder, which, averaged=averaged)

    def _require_running(self, verb: str) -> None:
        state = self.state
        if state not in _ALIVE:
            raise RunError(f"nothing to {verb}: the run in {self.path} is {state}")

    def _refuse_if_done(self) -> None:
        """Raises ``RunError`` unless steps were added since it finished."""
        last, steps = last_event(self.folder), self.recipe.steps
        assert last is not None
        if "message" in last.facts:
            raise RunError(
                f"{self.path} has finished ({last['message']}); more steps would not change that: "
                "start a new run whose validation has more patience"
            )
        if last.step >= steps:
            raise RunError(
                f"{self.path} has finished all {steps} steps; nothing to do, unless you extend it"
            )

    def _launch(self, engine: Engine) -> None:
        refuse_too_many(self.recipe, engine)
        engine.launch(self.folder)
