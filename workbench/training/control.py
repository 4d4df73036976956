"""Asking something of a running process: one small file that it looks at once per step.

A request stays until the event that answers it is written, so that one made of a process that was
killed is obeyed by the process that is started in its place.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

from workbench.training.errors import writing
from workbench.training.folder import RunFolder, replace_json
from workbench.training.lock import locked

Request = Literal["stop", "pause", "checkpoint", "continue"]


def ask(folder: RunFolder, request: Request) -> None:
    """Leaves a request; one to stop is never replaced, a checkpoint's replaces no other."""
    with locked(folder):
        waiting = pending(folder)
        if waiting == "stop" or (waiting in ("pause", "continue") and request == "checkpoint"):
            return
        with writing(folder.control):
            replace_json(folder.control, {"request": request})


def pending(folder: RunFolder) -> str | None:
    """The request that is not answered yet; None where there is none.

    Whatever was written there is returned as it stands, for the caller to judge.
    """
    return _read(folder.control)


def answered(folder: RunFolder, request: str) -> None:
    """Takes a request away, and leaves any other that has come in its place."""
    taken = folder.control.with_name(f".{folder.control.name}.answered")
    with writing(folder.control):
        try:
            # Moved first and looked at then: a widget that asks meanwhile waits for no lock.
            os.replace(folder.control, taken)
        except FileNotFoundError:
            return
        if _read(taken) == request:
            taken.unlink()
        else:
            os.replace(taken, folder.control)


def _read(path: Path) -> str | None:
    try:
        text = path.read_bytes()[:4096]
    except FileNotFoundError:
        return None
    try:
        return str(json.loads(text)["request"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return text.decode(errors="replace")[:80]
