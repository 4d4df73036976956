"""A command on a run folder, started so that it outlives whoever starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from workbench.training.errors import writing
from workbench.training.folder import RunFolder
from workbench.training.lease import launch
from workbench.training.parentage import LAUNCHER

_DETACHED = 0x00000208  # Windows: no console, a process group of its own


def launch_kept(
    folder: RunFolder, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> None:
    """Starts ``command FOLDER`` under a keeper, in a session of its own, and gives it the lease.

    What it prints goes to the run's log.  Raises ``RunBusy`` while the lease is held.
    """
    keeper = [sys.executable, "-P", "-m", "workbench.training.keeper", str(folder.path)]
    # -P and the parent's own path: the worker finds the same modules, whatever its folder.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    around = {**os.environ, **(environment or {}), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}

    def start(token: str) -> int:
        with writing(folder.log):
            folder.log.touch()
        with open(folder.log, "ab") as log:
            process = subprocess.Popen(
                [*keeper, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=around | {LAUNCHER: token},
                start_new_session=True,
                creationflags=_DETACHED if sys.platform == "win32" else 0,
            )
        # Somebody has to take note of its end, or it stays in the process table.
        threading.Thread(target=process.wait, daemon=True).start()
        return process.pid

    launch(folder, start)
