"""The checkpoints that a visitor can choose: those of this machine's runs, and named ones."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from workbench import places
from workbench.front.visitors_models import VisitorsModels
from workbench.quickstart.opened import Opened, open_pretrained, open_run
from workbench.training.errors import RecipeError, RunError
from workbench.training.listing import all_runs

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
FOLDERS = re.compile(r"(?<!\S)/\S*/")
"""The folders before a file's name, which are nobody's business."""

LISTED, LONGEST = 8, 300


class CheckpointError(ValueError):
    """A checkpoint that cannot be shown; the message says what to do."""


class Checkpoints:
    """Finished runs below ``runs``, and the ``named`` ones: run folders, model folders, Hub names.

    A visitor may also name a model of the Hub (see ``VisitorsModels``), whose files are weights and
    numbers and are never executed; folders are only those that whoever started the demo has named,
    because the recipe of a run names functions to call.  The ``kept`` opened last stay in memory,
    in evaluation mode, and any number of threads may ask them.
    """

    def __init__(
        self,
        named: Sequence[str | Path] = (),
        kept: int = 6,
        visitors: VisitorsModels | None = None,
    ) -> None:
        self.named = tuple(str(name) for name in named)
        self.kept = kept
        self.visitors = visitors or VisitorsModels()
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._opening: dict[str, Future[Opened]] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """What there is to choose: the named ones, then runs with a checkpoint, newest first.

        Before other runs those that ``make start`` and ``make demo`` leave.
        """
        listed = [run for run in all_runs() if run.problem is None and run.step]
        runs = [run.name for run in listed if _shows(run.name)]
        first = [name for name in ("quickstart", "first-look") if name in runs]
        four = [name for name in runs if name.startswith("four/")]
        return list(dict.fromkeys([*self.named, *first, *four, *runs]))

    def open(self, name: str | None) -> Opened:
        """The checkpoint of this name; raises ``CheckpointError`` for one that is not to be had.

        Who asks for one that another is opening waits for that one; nobody else waits.
        """
        name = (name or "").strip()
        with self._lock:
            if name in self._opened:
                self._opened.move_to_end(name)
                return self._opened[name]
            mine = name not in self._opening
            opening = self._opening.setdefault(name, Future())
        if mine:
            try:
                opening.set_result(self._open(name))
            except BaseException as problem:
                opening.set_exception(problem)
            with self._lock:
                del self._opening[name]
                if opening.exception() is None:
                    self._opened[name] = opening.result()
                while len(self._opened) > self.kept:
                    self._opened.popitem(last=False)
        return opening.result()

    def _open(self, name: str) -> Opened:
        try:
            if name in self.names():
                named = [Path(name)] if name in self.named else []
                for folder in (*named, places.runs() / name):
                    if (folder / "recipe.json").is_file():
                        return open_run(folder)
                return open_pretrained(name)
            elif HUB_NAME.fullmatch(name):
                # Never by its name alone, which could be that of a folder.
                return replace(open_pretrained(self.visitors.folder(name)), name=name)
        except (RunError, RecipeError, ValueError, OSError) as problem:
            said = FOLDERS.sub("", str(problem))
            raise CheckpointError(
                f"{name} cannot be opened: {said[:LONGEST]}{'…' * (len(said) > LONGEST)}"
            ) from problem
        raise CheckpointError(
            f"there is no checkpoint {name[:80]!r} here; choose one of {self._some()}, or give the "
            "name of a model on the Hub as owner/name; folders are named when the demo is "
            "started: workbench serve FOLDER"
        )

    def _some(self) -> str:
        names = self.names()
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        return ", ".join(names[:LISTED]) + more or "(none: run `make start` first)"


def _shows(name: str) -> bool:
    """Whether a run has something to show to a visitor; the blind twins have not."""
    return not name.endswith("-blind") and "-old-" not in name
