"""Runs of a name and a recipe: found where they are finished, else started or gone on with."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from workbench import places
from workbench.training.errors import RunError
from workbench.training.events import EventReader
from workbench.training.progress import Progress, clock
from workbench.training.recipe import Recipe
from workbench.training.run import Run


def started(recipe: Recipe, name: str) -> Run:
    """The run of this name and recipe, started or resumed unless it runs or has finished."""
    folder = places.runs() / name
    if (folder / "recipe.json").is_file() and Run.attach(folder).recipe != recipe:
        _set_aside(folder)
    if not (folder / "recipe.json").is_file():
        return Run.start(recipe, folder)
    run = Run.attach(folder)
    if run.state not in ("running", "finished"):
        run.resume()
    return run


def ended_well(run: Run) -> Run:
    """The same run once it has finished; raises ``RunError`` when it ended in another way."""
    if run.wait() != "finished":
        raise RunError(
            f"{run.path} is {run.state}{': ' + run.problem if run.problem else ''}; its log is "
            f"{run.folder.log}; the same command goes on from the last checkpoint"
        )
    return run


def side_by_side(
    recipes: Mapping[str, Recipe], *, at_once: int = 2, every: float = 5.0
) -> dict[str, Run]:
    """The runs of these names, ``at_once`` at a time, in this order, until all have finished.

    Says every ``every`` seconds how far they are (on a terminal four times a second, in one line).
    Raises ``RunError`` when one ends in another way; the others go on by themselves.
    """
    waiting, training = dict(recipes), {}
    done: dict[str, Run] = {}
    every = 0.25 if sys.stdout.isatty() else every
    said = time.monotonic()
    while waiting or training:
        while waiting and len(training) < at_once:
            name = next(iter(waiting))
            recipe = waiting.pop(name)
            training[name] = _Watched(started(recipe, name))
        for name, one in list(training.items()):
            if one.over:
                done[name] = ended_well(training.pop(name).run)
                _say(f"{name}: {done[name].recipe.steps} steps done", last=True)
        if training and time.monotonic() - said >= every:
            said = time.monotonic()
            _say("   ".join(f"{name} {one.told()}" for name, one in training.items()))
        time.sleep(0.1 if training else 0)
    return {name: done[name] for name in recipes}


class _Watched:
    """A run and how far it is."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._reader, self._progress = EventReader(run.folder), Progress(run.recipe.steps)

    @property
    def over(self) -> bool:
        return self.run.state not in ("running", "paused")

    def told(self) -> str:
        """``320/1000 1:20 left``."""
        for event in self._reader.read():
            self._progress.note(event)
        left = self._progress.seconds_left
        far = f"{self._progress.step}/{self._progress.steps}"
        return far if left is None else f"{far} {clock(left)} left"


def _say(text: str, last: bool = False) -> None:
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="\n" if last else "", flush=True)
    else:
        print(text, flush=True)


def _set_aside(folder: Path) -> None:
    """Rename a run of another recipe (the small one of ``FAST=1``, say); nothing is deleted."""
    number = next(n for n in count(1) if not folder.with_name(f"{folder.name}-old-{n}").exists())
    aside = folder.rename(folder.with_name(f"{folder.name}-old-{number}"))
    print(f"\n{folder} held a run of another recipe; it is {aside.name} now", flush=True)
