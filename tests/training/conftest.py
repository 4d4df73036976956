"""Runs on the CPU in one folder per test, with the toy model where other processes find it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Runs go to ``tmp_path/runs``; what a failed test leaves running is ended by its number."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    yield tmp_path
    from workbench.training.folder import RunFolder
    from workbench.training.lease import read_lease

    for path in tmp_path.rglob("lease.json"):
        lease = read_lease(RunFolder(path.parent))
        if lease is not None and lease.alive and lease.pid != os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(lease.pid, signal.SIGKILL)
