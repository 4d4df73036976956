"""The board: every run of a grid, some at a time, each recipe trained once for all grids.

A run lies in ``runs/board/DIGEST``, named by its recipe.  All that the board knows is in those
folders, so that a board that was killed, or one in another process, goes on where it was.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path

from workbench.ablations.beginning import board_folder
from workbench.ablations.grid import Grid
from workbench.ablations.measured import kept, measured
from workbench.ablations.page import fragment
from workbench.ablations.standing import Line, Standing, Trained
from workbench.cards.writing import write_card
from workbench.quickstart import scenes as prepared
from workbench.training.engines.engine import Engine
from workbench.training.errors import RecipeError, RunBusy, RunError, RunExists
from workbench.training.events import last_event
from workbench.training.folder import RunFolder
from workbench.training.recipe import Recipe
from workbench.training.run import LOCAL, Run

POLL = 1.0
"""Seconds between two looks at the runs."""

RESTARTS = 3
"""How often a call of ``run`` starts a run again that ended without a word."""

_ACTIVE = ("running", "paused")
_ENDED_BADLY = ("failed", "stopped", "dead")


@dataclass(frozen=True)
class Job:
    """A run to be made, and the digest of the one that must have finished before it."""

    recipe: Recipe
    digest: str
    after: str | None = None


@dataclass
class Board:
    """A grid and where it is trained: on which engine, how many runs at a time.

    ``tell`` of ``run`` is called with the board after every look; a notebook shows a board as its
    table, so that ``handle = display(board, display_id=True)`` and ``board.run(handle.update)``
    let it live in a cell.
    """

    grid: Grid
    engine: Engine = LOCAL
    jobs: int = 2
    _troubles: dict[str, str] = field(default_factory=dict, repr=False)
    _notes: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise ValueError(f"a board trains 1 run or more at a time, not {self.jobs}")
        if self.engine.processes > self.grid.setting.shards:
            raise RecipeError(
                f"{self.engine} has {self.engine.processes} processes, but the recipes of this "
                f"grid cut a step into {self.grid.setting.shards}; give the setting as many shards"
            )

    @property
    def folder(self) -> Path:
        """Where the runs and the tables lie."""
        return board_folder()

    @cached_property
    def plan(self) -> tuple[dict[str, Job], tuple[tuple[str, ...], ...]]:
        """All runs by digest in the order they are made, and the digests of each row's seeds.

        The first seed of every row comes before the second of any.
        """
        jobs: dict[str, Job] = {}
        rows: list[list[str]] = [[] for _ in self.grid.rows]
        for seed in range(self.grid.seeds):
            for row, digests in zip(self.grid.rows, rows, strict=True):
                first = None if row.first is None else row.first(seed)
                recipe = row.recipe(seed)
                digest, after = recipe.digest(), None if first is None else first.digest()
                if first is not None and after is not None:
                    jobs.setdefault(after, Job(first, after))
                jobs.setdefault(digest, Job(recipe, digest, after))
                digests.append(digest)
        return jobs, tuple(map(tuple, rows))

    def prepare(self) -> None:
        """Extracts the regions of all scenes that the recipes need, where they are missing."""
        for scenes in self.grid.scenes:
            prepared.prepare(scenes)

    def run(self, tell: Callable[[Board], object] = lambda board: None) -> Standing:
        """Trains and measures what is missing; returns when nothing is left to do.

        A run that failed, stopped or died earlier is resumed once; one that fails now is left,
        and the others go on.  Ctrl-C ends the call, not the runs.
        """
        self.prepare()
        self._troubles.clear()
        self._notes.clear()
        waiting = [job for job in self.plan[0].values() if self._state(job) != "finished"]
        active = [job for job in waiting if self._state(job) in _ACTIVE]
        waiting = [job for job in waiting if job not in active]
        deaths: Counter[str] = Counter()
        while True:
            active = [job for job in active if self._goes_on(job, deaths)]
            unfinished = {job.digest for job in (*waiting, *active)}
            ready = [job for job in waiting if job.after not in unfinished]
            for job in ready[: max(0, self.jobs - len(active))]:
                waiting.remove(job)
                if self._start(job):
                    active.append(job)
            self._measure_one()
            tell(self)
            if not waiting and not active and not self._unmeasured():
                return self.standing()
            if not self._unmeasured():
                time.sleep(POLL)

    def standing(self) -> Standing:
        """How every run stands now, read from its folder."""
        jobs, rows = self.plan
        found = {digest: self._look(job) for digest, job in jobs.items()}
        return Standing(
            self.grid,
            tuple(
                Line(row.label, row.shows, tuple(found[digest] for digest in digests))
                for row, digests in zip(self.grid.rows, rows, strict=True)
            ),
        )

    def _repr_html_(self) -> str:
        try:
            return fragment(self.standing(), Path.cwd())
        except FileNotFoundError as problem:  # nothing was prepared yet
            return f"<p>{escape(self.grid.title)}: {escape(str(problem))}</p>"

    def _place(self, job: Job) -> RunFolder:
        return RunFolder(self.folder / job.digest)

    def _state(self, job: Job) -> str:
        place = self._place(job)
        if job.digest in self._troubles:
            return "failed"
        return Run(place).state if place.recipe.is_file() else "queued"

    def _goes_on(self, job: Job, deaths: Counter[str]) -> bool:
        """Whether a started run is under way; one that died is started again a few times."""
        state = self._state(job)
        if state == "dead" and deaths[job.digest] < RESTARTS:
            deaths[job.digest] += 1
            return self._start(job)
        if state in _ENDED_BADLY:
            self._write_card(job)
        return state in _ACTIVE

    def _start(self, job: Job) -> bool:
        """Starts or resumes a run; False where it cannot be, which its cell then tells."""
        place = self._place(job)
        try:
            if job.after is not None and self._state(self.plan[0][job.after]) != "finished":
                raise RunError(f"it begins with the weights of {job.after}, which has not finished")
            if self._state(job) in ("finished", *_ACTIVE):
                return True  # another board has made it meanwhile
            if place.recipe.is_file():
                self._refuse_another(job)
                with contextlib.suppress(RunBusy):
                    Run(place).resume(self.engine)
            else:
                with contextlib.suppress(RunExists):
                    Run.start(job.recipe, place.path, engine=self.engine)
        except (RunError, RecipeError) as problem:
            self._troubles[job.digest] = str(problem)
            return False
        return True

    def _refuse_another(self, job: Job) -> None:
        """A folder may hold another recipe when somebody extended the run or wrote into it."""
        place = self._place(job)
        if Run(place).recipe.digest() != job.digest:
            raise RecipeError(
                f"{place.path} holds a run of another recipe (was it extended?); move it away"
            )

    def _unmeasured(self) -> list[Job]:
        """Runs of rows whose training has finished and that nobody has measured."""
        jobs, rows = self.plan
        wanted = dict.fromkeys(digest for digests in rows for digest in digests)
        return [
            jobs[digest]
            for digest in wanted
            if digest not in self._troubles
            and self._state(jobs[digest]) == "finished"
            and kept(self._place(jobs[digest]), self.grid.setting) is None
        ]

    def _measure_one(self) -> None:
        for job in self._unmeasured()[:1]:
            try:
                self._refuse_another(job)
                measured(Run(self._place(job)), self.grid.setting)
            except Exception as problem:  # whatever it is, it is this run's, and told in its cell
                self._troubles[job.digest] = f"{type(problem).__name__}: {problem}"
            else:
                self._write_card(job)

    def _write_card(self, job: Job) -> None:
        try:
            write_card(Run(self._place(job)))
        except Exception as problem:  # a table without a card is better than no table
            self._notes[job.digest] = f"no run card: {type(problem).__name__}: {problem}"

    def _look(self, job: Job) -> Trained:
        place, steps = self._place(job), job.recipe.steps
        state = self._state(job)
        last = last_event(place)
        problem = self._troubles.get(job.digest) or self._notes.get(job.digest)
        if problem is None and state in ("failed", "dead"):
            problem = Run(place).problem
        found = kept(place, self.grid.setting) if state == "finished" else None
        if state == "finished" and found is None:
            state = "measuring"
        step = 0 if last is None else last.step
        return Trained(job.recipe.seed, job.digest, place.path, state, step, steps, problem, found)
