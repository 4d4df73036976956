"""A demo as visitors meet it, of two runs of two steps, and odd things to hand in."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from gradio_client import Client

from tests.ports import free_port
from tests.quickstart.conftest import trained
from workbench.setup import ROOT

RUNS = ("uniter-tiny", "vlp-tiny")
_HOMES: list[Path] = []


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """A folder with ``runs`` below it; made once, whichever module asks first."""
    if not _HOMES:
        from workbench.data.datasets.scenes import Scenes
        from workbench.quickstart import scenes as prepared

        made = tmp_path_factory.mktemp("served")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WORKBENCH_HOME", str(made))
            prepared.prepare(Scenes("drawn", "train", 8), progress=False)
            for name in RUNS:
                trained(name, made / "runs" / name)
        _HOMES.append(made)
    return _HOMES[0]


def caller(address: str) -> Client:
    """A client that waits as long as a busy machine needs."""
    return Client(address, verbose=False, httpx_kwargs={"timeout": 120})


class Served:
    """A demo in a process of its own."""

    def __init__(self, address: str, process: psutil.Process, log: Path, seconds: float) -> None:
        self.address = address
        self.process = process
        self.log = log
        self.seconds = seconds
        self.client = caller(address)

    @property
    def alive(self) -> bool:
        return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE

    @property
    def megabytes(self) -> float:
        """What it holds in memory now."""
        return self.process.memory_info().rss / 1e6

    def settled(self, most: float, seconds: float = 20.0) -> float:
        """Its megabytes as soon as they are no more than ``most``, else those at the end."""
        end = time.monotonic() + seconds
        while (now := self.megabytes) > most and time.monotonic() < end:
            time.sleep(0.5)
        return now


@contextlib.contextmanager
def serving(command: list[str], folder: Path, home: Path, log: Path, **more: str) -> Iterator:
    """A demo started by a command in a folder, until the block ends."""
    port = free_port()
    environment = {
        **os.environ,
        "WORKBENCH_HOME": str(home),
        "WORKBENCH_SCENES_SOURCE": "drawn",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(log.parent / "uploads"),
        "HF_HUB_OFFLINE": "1",
        **more,
    }
    began = time.monotonic()
    with log.open("w") as out:
        started = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}/"
    family = [psutil.Process(started.pid)]
    try:
        while f"Demo: {address}" not in log.read_text():
            assert started.poll() is None, log.read_text()
            assert time.monotonic() - began < 120, log.read_text()
            time.sleep(0.1)
        family += family[0].children(recursive=True)
        demo = next(one for one in reversed(family) if "demo.py" in " ".join(one.cmdline()))
        yield Served(address, demo, log, time.monotonic() - began)
    finally:
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        psutil.wait_procs(family, timeout=10)
        started.wait()


def python_demo() -> list[str]:
    return [sys.executable, str(ROOT / "workbench" / "demo.py")]


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes, *parts: bytes) -> bytes:
    """A PNG that announces this size, whatever its compressed pixels hold."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = b"".join(parts) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + body
