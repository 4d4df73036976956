"""The checkpoints that a visitor can choose: those of this machine's runs, and named ones."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from workbench import places
from workbench.quickstart.opened import Opened, open_pretrained, open_run
from workbench.training.errors import RecipeError, RunError
from workbench.training.listing import all_runs

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class CheckpointError(ValueError):
    """A checkpoint that cannot be shown; the message says what to do."""


class Checkpoints:
    """Finished runs below ``runs``, and the ``named`` ones: run folders, model folders, Hub names.

    A visitor may also name a model of the Hub, whose files are weights and numbers and are never
    executed; folders are only those that whoever started the demo has named, because the recipe of
    a run names functions to call.  The ``kept`` opened last stay in memory.
    """

    def __init__(self, named: Sequence[str | Path] = (), kept: int = 6) -> None:
        self.named = tuple(str(name) for name in named)
        self.kept = kept
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """What there is to choose: the named ones, then runs with a checkpoint, newest first."""
        listed = [run for run in all_runs() if run.problem is None and run.step]
        runs = [run.name for run in listed if _shows(run.name)]
        first = [name for name in ("quickstart", "first-look") if name in runs]
        return list(dict.fromkeys([*self.named, *first, *runs]))

    def open(self, name: str) -> Opened:
        """The checkpoint of this name; raises ``CheckpointError`` for one that is not to be had."""
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._open(name)
                while len(self._opened) > self.kept:
                    self._opened.popitem(last=False)
            self._opened.move_to_end(name)
            return self._opened[name]

    def _open(self, name: str) -> Opened:
        try:
            if name in self.names():
                local = Path(name) if name in self.named else places.runs() / name
                if (local / "recipe.json").is_file():
                    return open_run(local)
                if local.is_dir() or HUB_NAME.fullmatch(name):
                    return open_pretrained(name)
            elif HUB_NAME.fullmatch(name):
                return open_pretrained(name)
        except (RunError, RecipeError, ValueError, OSError) as problem:
            raise CheckpointError(f"{name} cannot be opened: {problem}") from problem
        raise CheckpointError(
            f"there is no checkpoint {name[:80]!r} here; choose one of "
            f"{', '.join(self.names()) or '(none: run `make start` first)'}, or give the name of a "
            "model on the Hub as owner/name; folders are named when the demo is started: "
            "workbench serve FOLDER"
        )


def _shows(name: str) -> bool:
    """Whether a run has something to show to a visitor; the blind twins have not."""
    return not name.endswith("-blind") and "-old-" not in name
