"""A Ray cluster of one head on this machine, with a token, in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.ports import free_ports
from workbench.training.engines.ray_jobs import Jobs
from workbench.training.errors import RunError
from workbench.training.parentage import end_with_parent

TOKEN = "0123456789abcdef0123456789abcdef"

TRIES = 3
"""A head gives its own start up after half a minute, which a busy machine may need."""


@contextlib.contextmanager
def ray_head(log: Path) -> Iterator[str]:
    """The address of its dashboard; in the end it and all that it started are ended by number.

    Clients find the token in RAY_AUTH_TOKEN, which the caller sets.
    """
    # Not below the test's folder: the paths of the sockets in it may not be long.
    place = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    head, address = _start(place, log)
    try:
        tries = 1
        while not _ready(head, address):
            assert tries < TRIES, log.read_text()
            tries += 1
            _end(head)
            head, address = _start(place, log)
        yield address
    finally:
        _end(head)
        shutil.rmtree(place, ignore_errors=True)


def _start(place: str, log: Path) -> tuple[psutil.Popen, str]:
    port, *others = free_ports(3)
    environment = os.environ | {
        "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN,
        "CUDA_VISIBLE_DEVICES": "",
        # Nobody takes this machine away; a process less for each start of workers.
        "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
        # Of the tests' own modules the cluster is told by the run alone.
        "PYTHONPATH": "",
    }
    command = [
        sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block",
        "--port=0", "--dashboard-host=127.0.0.1", f"--dashboard-port={port}",
        f"--dashboard-agent-listen-port={others[0]}", f"--ray-client-server-port={others[1]}",
        "--min-worker-port=0", "--max-worker-port=0", "--include-dashboard=true",
        "--num-cpus=2", "--num-gpus=0", "--object-store-memory=80000000", f"--temp-dir={place}",
    ]  # fmt: skip
    with open(log, "ab") as output:
        head = psutil.Popen(
            command,
            env=environment,
            cwd=place,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    return head, f"http://127.0.0.1:{port}"


def _ready(head: psutil.Popen, address: str) -> bool:
    """Waits until it takes jobs, which comes after answering; False when it has ended."""
    while head.poll() is None:
        with contextlib.suppress(RunError):
            Jobs(address).submit(f"ready-{time.time_ns()}", "true", {})
            return True
        time.sleep(0.3)
    return False


def _end(head: psutil.Popen) -> None:
    """By their numbers, for a head that is asked to end takes half a minute for it."""
    family = [head]
    with contextlib.suppress(psutil.NoSuchProcess):
        head.suspend()
        family += head.children(recursive=True)
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family, timeout=10)
