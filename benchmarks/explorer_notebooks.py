"""Explorers in notebooks: from the end of a cell to its picture in a JupyterLab, and file sizes."""

from __future__ import annotations

import os
import statistics
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from benchmarks import explorer_samples as samples
from benchmarks.browser_timing import opened, painted
from notebooks.execute import cleaned
from tests.browser.lab import jupyter_lab, open_notebook, wait_for_kernel

ROOT = Path(__file__).parents[1]
_RUN_CELL = """(number) => {
  const notebook = window.jupyterapp.shell.currentWidget;
  const kernel = notebook.sessionContext.session.kernel;
  window.finished = null;
  const listen = (_, message) => {
    const asked = message.parent_header.msg_type === "execute_request";
    if (!asked || message.content.execution_state !== "idle") return;
    window.finished = Date.parse(message.header.date) - performance.timeOrigin;
    kernel.iopubMessage.disconnect(listen);
  };
  kernel.iopubMessage.connect(listen);
  notebook.content.activeCellIndex = number;
  window.jupyterapp.commands.execute("notebook:run-cell");
  return performance.now();
}"""
"""Answers when the cell was started; ``finished`` is when the kernel, by its clock, was done."""


def in_jupyterlab(browser: Any, folder: Path, rounds: int) -> list[tuple[str, str, str]]:
    """Milliseconds from the end of a cell until what it showed is seen, and from its start."""
    folder = folder / "lab"
    folder.mkdir()
    samples.attention_record().save(folder / "attention.npz")
    samples.table().save(folder / "points.npz")
    cells = [samples.PREPARE, *samples.SHOWN]
    _write(folder / "explorers.ipynb", cells)
    os.environ["PYTHONPATH"] = str(ROOT)
    after: list[list[float]] = [[] for _ in samples.SHOWN]
    whole: list[list[float]] = [[] for _ in samples.SHOWN]
    for number in range(rounds):
        with jupyter_lab(folder, folder / f"jupyter-{number}") as lab, opened(browser) as page:
            open_notebook(page, lab, "explorers.ipynb")
            for cell in range(len(cells)):
                began = page.evaluate(_RUN_CELL, cell)
                page.wait_for_function("window.finished !== null", timeout=120_000)
                if cell:
                    seen = painted(page, f"drawn {cell}")
                    after[cell - 1].append(seen - page.evaluate("window.finished"))
                    whole[cell - 1].append(seen - began)
                wait_for_kernel(page, 60)
    (view, points, peer), (view_all, points_all, peer_all) = (
        [f"{statistics.median(one):.0f}" for one in times] for times in (after, whole)
    )
    view_is, points_are = "attention explorer (plotly: one head)", "20,000 points"
    return [
        (f"JupyterLab: {view_is}, from its cell's end, ms", view, peer),
        (f"JupyterLab: {view_is}, from its cell's start, ms", view_all, peer_all),
        (f"JupyterLab: {points_are}, from its cell's end, ms", points, ""),
        (f"JupyterLab: {points_are}, from its cell's start, ms", points_all, ""),
    ]


def sizes(folder: Path) -> list[tuple[str, str, str]]:
    """Kilobytes of a saved notebook with six explorers, as this workbench saves and by default."""
    folder = folder / "six"
    folder.mkdir()
    lines = samples.six(folder)
    found = []
    for keep in (False, True):
        path = folder / "six.ipynb"
        _write(path, lines)
        os.environ["PYTHONPATH"] = str(ROOT)
        client = NotebookClient(
            nbformat.read(path, as_version=4),
            timeout=300,
            resources={"metadata": {"path": str(folder)}},
            store_widget_state=keep,
        )
        done = client.execute()
        nbformat.write(done if keep else cleaned(done), path)
        found.append(path.stat().st_size / 1000)
    return [
        ("a saved notebook with six explorers, kB", f"{found[0]:,.0f}", ""),
        ("the same with widget state, as others save it, kB", f"{found[1]:,.0f}", ""),
    ]


def _write(path: Path, sources: list[str]) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    notebook.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python"
    }  # fmt: skip
    nbformat.write(notebook, path)
