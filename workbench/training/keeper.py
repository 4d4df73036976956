"""``python -m workbench.training.keeper FOLDER COMMAND...``: starts a killed worker again.

It holds the run's lease while workers come and go.  A worker that has said how it ended, well or
with an error, is not started again; one that was killed is, from the newest checkpoint, but for
three times in a row without a step done between.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from workbench.training.events import last_event
from workbench.training.folder import RunFolder
from workbench.training.lease import release
from workbench.training.parentage import KEEPER, end_with_parent, launcher

RESTARTS = 3
"""So many times in a row a worker may be killed before its first step."""

PAUSE = 1.0
"""Seconds before it is started again."""


def keep(folder: RunFolder, command: Sequence[str]) -> int:
    """Runs ``command FOLDER`` until it ends by itself; its exit status."""
    child: subprocess.Popen[bytes] | None = None
    stopping = False

    def pass_on(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True
        if child is not None and child.poll() is None:
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    around = os.environ | {KEEPER: str(os.getpid())}
    linux = sys.platform == "linux"
    in_vain, reached = 0, _step(folder)
    while True:
        child = subprocess.Popen(
            [*command, str(folder.path)], env=around, preexec_fn=end_with_parent if linux else None
        )
        status = child.wait()
        if status == 0 or stopping:
            return abs(status)
        step = _step(folder)
        in_vain = 0 if step > reached else in_vain + 1
        reached = max(reached, step)
        how = f"with status {status}" if status > 0 else f"by signal {-status}"
        said = f"training ended {how} after step {step}"
        # What ends by itself without a step done does so again; torch's agent has tried already.
        if in_vain and status > 0:
            print(f"{said}, without a step done; not started again", flush=True)
            return status
        if in_vain >= RESTARTS:
            print(
                f"{said}, {in_vain} times in a row without a step done; not started again",
                flush=True,
            )
            return 128 - status
        print(f"{said}; starting it again", flush=True)
        time.sleep(PAUSE)
        if stopping:
            return 128 - status


def _step(folder: RunFolder) -> int:
    last = last_event(folder)
    return 0 if last is None else last.step


if __name__ == "__main__":
    place = RunFolder(Path(sys.argv[1]))
    ended = keep(place, sys.argv[2:])
    release(place, launcher())
    sys.exit(ended)
