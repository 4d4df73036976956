"""The runs that lie below the runs folder, told from the ends of their records alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench import places
from workbench.training.errors import RecipeError, RunError
from workbench.training.events import last_event
from workbench.training.run import Run


@dataclass(frozen=True)
class Listed:
    """A run in a list; ``state`` is "unreadable" where ``problem`` says why."""

    name: str
    folder: str
    state: str
    step: int
    steps: int
    problem: str | None = None


def listed(folder: Path) -> Listed:
    """One run, without reading its whole record."""
    below = folder.is_relative_to(places.runs())
    name = folder.relative_to(places.runs()).as_posix() if below else folder.name
    try:
        run = Run.attach(folder)
        state, last = run.state, last_event(run.folder)
        step = 0 if last is None else last.step
        return Listed(name, str(folder), state, step, run.recipe.steps)
    except (RunError, RecipeError) as problem:
        return Listed(name, str(folder), "unreadable", 0, 0, str(problem))


def all_runs() -> list[Listed]:
    """Every run in the runs folder and in the folders of grids in it, the newest first."""
    files = [file for depth in ("*", "*/*") for file in places.runs().glob(f"{depth}/recipe.json")]
    newest = sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)
    return [listed(file.parent) for file in newest]
