"""A real JupyterLab for a test: started on a free port, driven in a browser, ended by its process.

Settings, data and run files lie in the given folder: nothing is written into the environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat

from tests.ports import free_port

TOKEN = "workbench-test"
_LAUNCH = (
    "--no-browser",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--expose-app-in-browser",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
)
# Without these a kernel dialog can block the run, and cells out of sight are not in the page.
_SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {
        "autoStartDefaultKernel": True,
        "windowingMode": "none",
    },
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab that serves one folder."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def notebook(self, name: str) -> str:
        """The address that opens a notebook of its folder alone, in a fresh workspace."""
        return f"{self.address}/lab/workspaces/auto-test/tree/{quote(name)}?reset&token={TOKEN}"


@contextlib.contextmanager
def jupyter_lab(
    folder: Path, settings: Path, dark: bool = False, seconds: float = 90
) -> Iterator[Lab]:
    """JupyterLab serving ``folder``, its own files in ``settings``; ended with its kernels.

    Raises ``RuntimeError`` with the server's last words if it does not answer in time.
    """
    port = free_port()
    theme = {"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}
    overrides = {**_SETTINGS, "@jupyterlab/apputils-extension:themes": theme}
    configuration = settings / "config" / "labconfig"
    configuration.mkdir(parents=True, exist_ok=True)
    (configuration / "default_setting_overrides.json").write_text(json.dumps(overrides))
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(settings / "config"),
        "JUPYTER_DATA_DIR": str(settings / "data"),
        "JUPYTER_RUNTIME_DIR": str(settings / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
        "IPYTHONDIR": str(settings / "ipython"),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", *_LAUNCH),
        *(f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    log = settings / "lab.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=folder
        )
    lab = Lab(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_until_it_answers(lab, seconds)
        yield lab
    finally:
        _end(lab)


def write_notebook(path: Path, cells: Iterable[str]) -> None:
    """A notebook of these code cells, none of which has run."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    nbformat.write(notebook, path)


def open_notebook(page: Any, lab: Lab, name: str, seconds: float = 90) -> None:
    """Show a notebook and wait until its kernel is idle."""
    page.goto(lab.notebook(name), timeout=1000 * seconds)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=1000 * seconds)
    wait_for_kernel(page, seconds)


def run_all(page: Any, seconds: float = 120) -> None:
    """Run every cell; returns when the last one is done, raises ``AssertionError`` for an error."""
    until = time.monotonic() + seconds
    while not page.evaluate(_ANY_STARTED):
        assert time.monotonic() < until, "the cells did not start to run"
        # not awaited: the command answers only when the last cell is done
        page.evaluate(
            "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); return 1; }"
        )
        # a kernel whose connection is made anew forgets what it was asked: ask again
        page.wait_for_timeout(3000)
    page.wait_for_function(_ALL_RAN, timeout=1000 * max(1.0, until - time.monotonic()))
    wait_for_kernel(page, seconds)
    failed = page.evaluate(_FAILED)
    assert not failed, failed[0][-2000:]


def cell_picture(page: Any, selector: str, path: Path) -> None:
    """A picture of what ``selector`` finds, scrolled into view and drawn."""
    page.locator(selector).first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    page.locator(selector).first.screenshot(path=path)


_PROMPTS = """[...document.querySelectorAll(".jp-CodeCell")]
    .filter((cell) => cell.querySelector(".cm-content").textContent.trim())
    .map((cell) => cell.querySelector(".jp-InputPrompt").textContent)"""
_ANY_STARTED = f"() => {_PROMPTS}.some((prompt) => !prompt.includes('[ ]'))"
# asked of the notebook, since the page shows an error as it shows any other printed text
_FAILED = """window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell) => cell.model.outputs?.toJSON() ?? []).flat()
    .filter((output) => output.output_type === "error")
    .map((output) => output.traceback.join("\\n"))"""
_ALL_RAN = f"() => {_PROMPTS}.every((prompt) => /[0-9]/.test(prompt)) || {_FAILED}.length > 0"
_READY = """() => {
  const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
  const kernel = context?.session?.kernel;
  return context?.isReady && kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""


def wait_for_kernel(page: Any, seconds: float) -> None:
    """Wait until the kernel of the notebook shown is connected and idle."""
    page.wait_for_function(_READY, timeout=1000 * seconds)


def _wait_until_it_answers(lab: Lab, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{lab.address}/api?token={TOKEN}", timeout=5).close()
            return
        if lab.process.poll() is not None:
            break
        time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not start: {lab.log.read_text(errors='replace')[-2000:]}")


def _end(lab: Lab) -> None:
    # asked first, so that it ends its kernels; a server that does not listen is killed
    with contextlib.suppress(OSError):
        address = f"{lab.address}/api/shutdown?token={TOKEN}"
        urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=10).close()
    try:
        lab.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        lab.process.terminate()
        lab.process.wait(timeout=20)
