"""Executing notebooks: what a reader sees is kept, what only changes is taken out."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from notebooks.execute import WIDGET_VIEW, cleaned, execute
from tests.footprint import Footprint

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# MiB for a notebook and all that it starts: Binder guarantees 1,024, JupyterLab's server takes 98.
MEMORY = 925


def outputs_after(*outputs: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The outputs of a one-cell notebook once it is cleaned."""
    notebook = new_notebook(cells=[new_code_cell("x", outputs=[copy.deepcopy(o) for o in outputs])])
    return cleaned(notebook).cells[0].outputs


def test_a_widget_leaves_its_picture():
    view = {WIDGET_VIEW: {"model_id": "1"}, "image/png": "iVBO", "text/plain": "Curve()"}
    kept = outputs_after(new_output("display_data", view))
    assert [set(output.data) for output in kept] == [{"image/png", "text/plain"}]


def test_a_widget_without_a_picture_leaves_nothing():
    view = {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "HBox(children=())"}
    assert outputs_after(new_output("display_data", view)) == []


def test_a_progress_bar_leaves_nothing_and_a_warning_stays():
    bar = [new_output("stream", name="stderr", text=f"\r{n}/9 [00:0{n}]") for n in range(3)]
    warning = new_output("stream", name="stderr", text="look out\n")
    assert outputs_after(*bar) == []
    assert [o.text for o in outputs_after(warning)] == ["look out\n"]


def test_printed_lines_are_joined_and_overwritten_ones_go():
    pieces = ("one\n", "10 %\r100 %\n", "last\n")
    printed = [new_output("stream", name="stdout", text=text) for text in pieces]
    assert [o.text for o in outputs_after(*printed)] == ["one\n100 %\nlast\n"]


def test_metadata_is_the_same_after_every_execution():
    notebook = new_notebook(
        metadata={"widgets": {"state": {}}, "language_info": {"name": "python", "version": "9"}}
    )
    cell = new_code_cell(
        "x", metadata={"execution": {"iopub.status.busy": "now"}, "tags": ["keep"]}
    )
    notebook.cells = [cell]
    clean = cleaned(notebook)
    assert set(clean.metadata) == {"kernelspec", "language_info"}
    assert clean.metadata.language_info == {"name": "python"}
    assert clean.cells[0].metadata == {"tags": ["keep"]}


def test_a_notebook_is_executed_where_it_lies(tmp_path):
    source = "import os\nprint(os.getcwd())"
    path = tmp_path / "small.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)
    done = execute(path)
    assert done.cells[0].outputs[0].text.strip() == str(tmp_path.resolve())
    nbformat.validate(done)


@pytest.fixture
def like_binder(monkeypatch):
    """What a session there is told (``binder/start``), but for whose scenes are shown."""
    told = subprocess.check_output([ROOT / "binder" / "start", "env"], text=True)
    for name, _, value in (line.partition("=") for line in told.splitlines()):
        if name != "WORKBENCH_SCENES_SOURCE":  # whichever this checkout has prepared
            monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs_and_shows_a_picture(path, like_binder):
    with Footprint() as footprint:
        done = execute(path)
    assert 200 < footprint.peak < MEMORY, footprint.parts
    shown = [o for cell in done.cells if cell.cell_type == "code" for o in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in shown)
