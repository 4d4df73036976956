"""Asking something of a running process: one small file that it looks at once per step."""

from __future__ import annotations

import json
from typing import Literal

from workbench.training.errors import writing
from workbench.training.folder import RunFolder, replace_json

Request = Literal["stop", "pause", "checkpoint", "continue"]


def ask(folder: RunFolder, request: Request) -> None:
    """Leaves a request; one to stop is never replaced, one to pause not by a checkpoint's."""
    pending = _pending(folder)
    if pending == "stop" or (pending == "pause" and request == "checkpoint"):
        return
    with writing(folder.control):
        replace_json(folder.control, {"request": request})


def take_request(folder: RunFolder) -> str | None:
    """The pending request, which is thereby taken away; None where there is none.

    Whatever was written there is returned as it stands, for the caller to judge.
    """
    request = _pending(folder)
    if request is not None:
        folder.control.unlink(missing_ok=True)
    return request


def _pending(folder: RunFolder) -> str | None:
    try:
        text = folder.control.read_text()
    except FileNotFoundError:
        return None
    try:
        return str(json.loads(text)["request"])
    except (ValueError, KeyError, TypeError):
        return text[:80]
