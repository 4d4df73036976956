"""A process that must not outlive the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.training.process import identity

LAUNCHER = "WORKBENCH_LAUNCHER"
"""Environment variable: the token of the lease that a process holds for its workers."""

KEEPER = "WORKBENCH_KEEPER"
"""Environment variable: the number of the process without which none that it started goes on."""

SHARDED = "WORKBENCH_SHARDED"
"""Environment variable: 1 where each process is to keep a share of the model only."""

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """From now on this process is killed when its parent ends, however that ends.

    On Linux by the kernel; elsewhere a thread looks every half second.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def end_with_keeper() -> None:
    """``end_with_parent``, also where the parent is not the keeper but was started by it.

    A process that is already an orphan, because what started it ended first, ends now.
    """
    end_with_parent()
    if not keeper():
        return
    if sys.platform != "linux":
        threading.Thread(target=_watch_alive, args=(keeper(),), daemon=True).start()
    elif keeper() not in _ancestors():
        print("the process that started this one has ended, so it does too", flush=True)
        os._exit(1)


def launcher() -> str:
    """The token of the lease that another process holds for this one; empty where there is none."""
    return os.environ.get(LAUNCHER, "")


def keeper() -> int:
    """The number of the process that keeps this one; 0 where there is none."""
    given = os.environ.get(KEEPER, "")
    return int(given) if given.isdigit() else 0


def _ancestors() -> Iterator[int]:
    """Parent, parent's parent and so on, by number."""
    pid = os.getppid()
    while pid > 1:
        yield pid
        try:
            told = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return
        pid = int(told.rpartition(")")[2].split()[1])


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _watch_alive(keeper: int) -> None:
    known = identity(keeper)
    while known is not None and identity(keeper) == known:
        time.sleep(0.5)
    os._exit(1)
