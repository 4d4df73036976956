"""Where everything of a run lies: one folder, its file names, and how files are replaced."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from workbench import places
from workbench.training.errors import RunError


@dataclass(frozen=True)
class RunFolder:
    """The names of the files of one run; asking for a name creates nothing."""

    path: Path

    @classmethod
    def holding_a_run(cls, folder: str | Path) -> RunFolder:
        """The folder at this path, or of this name (``grid/cell``) below ``runs``.

        Raises ``RunError`` where there is no ``recipe.json``, naming the runs that there are.
        """
        path = Path(folder).expanduser()
        if not path.exists() and (places.runs() / path).is_dir():
            path = places.runs() / path
        found = cls(path.absolute())
        if not found.recipe.is_file():
            known = sorted(p.parent.name for p in places.runs().glob("*/recipe.json"))
            listing = f"runs in {places.runs()}: {', '.join(known)}" if known else "no run exists"
            raise RunError(f"{path} holds no run: recipe.json was expected there; {listing}")
        return found

    @classmethod
    def for_new_run(cls, name: str, folder: str | Path | None = None) -> RunFolder:
        """The folder given, or the next free ``runs/NAME-001``, ``-002``, ... (not created)."""
        if folder is not None:
            return cls(Path(folder).expanduser().absolute())
        taken = [
            int(match[1])
            for path in places.runs().glob(f"{glob.escape(name)}-*")
            if (match := re.fullmatch(re.escape(name) + r"-(\d+)", path.name))
        ]
        return cls(places.runs() / f"{name}-{max(taken, default=0) + 1:03d}")

    @property
    def recipe(self) -> Path:
        """The resolved recipe, with versions and the data's fingerprint."""
        return self.path / "recipe.json"

    @property
    def lease(self) -> Path:
        """Who is training here now."""
        return self.path / "lease.json"

    @property
    def control(self) -> Path:
        """What somebody asks of the running process."""
        return self.path / "control.json"

    @property
    def events(self) -> Path:
        """One file of events per attempt and rank."""
        return self.path / "events"

    @property
    def probes(self) -> Path:
        """Attention records of the fixed probe batch."""
        return self.path / "probes"

    @property
    def checkpoints(self) -> Path:
        """One folder per kept step."""
        return self.path / "checkpoints"

    @property
    def log(self) -> Path:
        """What the training process printed."""
        return self.path / "log.txt"

    def events_file(self, attempt: int, rank: int = 0) -> Path:
        """The events of one process of one attempt."""
        return self.events / f"attempt-{attempt:04d}.rank-{rank}.jsonl"


def replace_file(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Puts a whole new file in place of ``path``, or, when writing fails, leaves it as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def replace_json(path: Path, value: Any) -> None:
    """``replace_file`` with a value written as JSON."""
    text = json.dumps(value, indent=2, allow_nan=False) + "\n"
    replace_file(path, lambda file: file.write(text.encode()))


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(path: Path) -> None:
    """Makes names in a folder survive a power cut, where the system offers that."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
