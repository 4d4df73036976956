"""How much memory a notebook takes: that of every process which it and its kernel have started."""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from pathlib import Path

import psutil

from notebooks.execute import execute

MARK = "WORKBENCH_FOOTPRINT"


class Footprint:
    """Watches, while entered, the processes that inherit its mark; ``peak`` is in MiB.

    Counted as PSS, so that pages which several processes share count once; as RSS where the system
    tells no PSS.
    """

    def __init__(self, every: float = 0.25) -> None:
        self.mark, self.every = uuid.uuid4().hex, every
        self.peak, self.parts = 0.0, {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Footprint:
        os.environ[MARK] = self.mark
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        os.environ.pop(MARK, None)
        self._over.set()
        self._thread.join()

    def now(self) -> dict[str, float]:
        """MiB of each process that carries the mark, by its number and command."""
        found = {}
        for process in psutil.process_iter():
            try:
                # this process carries the mark in os.environ, not in what it was started with
                if process.pid != os.getpid() and process.environ().get(MARK) == self.mark:
                    memory = process.memory_full_info()
                    size = getattr(memory, "pss", memory.rss) / 2**20
                    found[f"{process.pid} {' '.join(process.cmdline())[:90]}"] = size
            except (psutil.Error, OSError):
                continue
        return found

    def _watch(self) -> None:
        while not self._over.wait(self.every):
            parts = self.now()
            if sum(parts.values()) > self.peak:
                self.peak, self.parts = sum(parts.values()), parts


if __name__ == "__main__":
    for name in sys.argv[1:]:
        began = time.monotonic()
        with Footprint() as footprint:
            execute(Path(name).resolve())
        seconds = time.monotonic() - began
        print(f"{Path(name).name}: peak {footprint.peak:.0f} MiB, {seconds:.0f} s", flush=True)
        for command, size in sorted(footprint.parts.items(), key=lambda part: -part[1]):
            print(f"    {size:6.0f}  {command}", flush=True)
