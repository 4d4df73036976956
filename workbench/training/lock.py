"""One at a time: the lock of a run folder, which the system drops when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from workbench.training.errors import writing
from workbench.training.folder import RunFolder


@contextlib.contextmanager
def locked(folder: RunFolder) -> Iterator[None]:
    """Waits until no other process or thread is inside for this folder; held for moments only."""
    path = folder.path / ".lock"
    with writing(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        with writing(path):
            _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    """Waits for the lock of an open file; closing the file, or dying, gives it back."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
