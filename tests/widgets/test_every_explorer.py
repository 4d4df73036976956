"""What every explorer owes: a picture, a sentence, a page, a table, a state, a docstring to see.

An explorer that ``widgets`` exports is found here by itself and fails until
``explorer_samples.SAMPLES`` makes one of it.
"""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas
import pytest
from PIL import Image

import widgets
from tests.widgets.explorer_samples import SAMPLES, Sample, kind_of, picture_of
from widgets import Panel
from widgets.explorer import Explorer

INNER = ("LaunchForm", "ProbeView")
"""Those that stand inside others."""
SVG = "http://www.w3.org/2000/svg"  # a name that nobody asks a server for
SIX = (
    *("AttentionView", "AttributionView", "GuessView", "LiveCurve", "Neighbourhoods"),
    "RetrievalView",
)
LARGEST_PAGE, LARGEST_PICTURE, LARGEST_NOTEBOOK = 1_500_000, 120_000, 1_000_000


def exported() -> list[str]:
    """The names of the explorers and panels that ``widgets`` offers."""
    found = [(name, getattr(widgets, name)) for name in widgets.__all__]
    return [n for n, one in found if isinstance(one, type) and issubclass(one, Explorer | Panel)]


EVERY = [*exported(), *INNER]


@pytest.fixture(scope="module", params=EVERY)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def sample(name: str) -> Sample:
    assert name in SAMPLES, f"{name} is exported: make one of it in explorer_samples.SAMPLES"
    return SAMPLES[name]


@pytest.fixture(scope="module")
def widget(sample: Sample, tmp_path_factory) -> Iterator[Any]:
    made = sample.make(tmp_path_factory.mktemp("sample"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def bundle(widget: Any) -> dict[str, Any]:
    return _data(widget)


def _data(widget: Any) -> dict[str, Any]:
    made = widget._repr_mimebundle_()
    return made[0] if isinstance(made, tuple) else made


def test_a_saved_notebook_has_its_picture_and_its_sentence(widget, bundle) -> None:
    image = Image.open(io.BytesIO(bundle["image/png"]))
    assert image.size == widget.to_image().size and image.width >= 600
    assert len(bundle["image/png"]) < 200_000
    assert bundle["text/plain"] == widget.sentence()
    assert len(bundle["text/plain"]) > 15 and "Widget" not in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_its_page_is_whole_and_small(widget, tmp_path: Path) -> None:
    page = widget.to_html(tmp_path / "page.html", title="A title")
    assert (tmp_path / "page.html").read_text("utf-8") == page
    assert len(page.encode()) < LARGEST_PAGE
    own = re.sub(r'<meta http-equiv="[^"]*"', "", page).replace(SVG, "")
    assert not re.search(r"https?:|\bimport\s*\(|@import|<link rel=\"style", own)
    assert page.count('<script type="module">') >= 1 and "<title>A title</title>" in page
    states = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert states and all(json.loads(state)["values"] for state in states)


def test_its_code_asks_no_server(widget) -> None:
    for explorer in widget.explorers if isinstance(widget, Panel) else [widget]:
        assert "http" not in str(explorer._esm).replace(SVG, "")
        assert "http" not in str(explorer._css) and "url(" not in str(explorer._css)


def test_its_state_survives_json_and_makes_it_again(name, sample, widget) -> None:
    state = widget.state()
    assert state, f"{name} tells nothing of what is looked at"
    again = kind_of(widget).from_state(json.loads(json.dumps(state)), *sample.given(widget))
    try:
        assert kind_of(again) is kind_of(widget) and again is not widget
        assert json.loads(json.dumps(again.state())) == json.loads(json.dumps(state))
        assert again.sentence() == widget.sentence()
    finally:
        again.close()
    with pytest.raises(ValueError, match="has no zoom_factor"):
        kind_of(widget).from_state({**state, "zoom_factor": 2}, *sample.given(widget))


def test_a_state_can_be_looked_at_again(widget, sample, tmp_path: Path) -> None:
    state = json.loads(json.dumps(widget.state()))
    widget.restore(state)
    assert json.loads(json.dumps(widget.state())) == state
    with pytest.raises(ValueError, match="has no zoom_factor"):
        widget.restore({"zoom_factor": 2})


def test_its_table_has_what_is_shown(widget) -> None:
    table = widget.table()
    assert isinstance(table, pandas.DataFrame) and len(table) > 0
    assert len(set(table.columns)) == len(table.columns) >= 2


def test_its_docstring_shows_it(name: str, widget) -> None:
    path = picture_of(kind_of(widget))
    assert path is not None, f"the docstring of {name} has no '.. image:: ../docs/pictures/…'"
    assert path.parent.name == "pictures" and path.is_file(), f"{path.name} is not there"
    assert path.stat().st_size < LARGEST_PICTURE
    with Image.open(path) as picture:
        assert picture.width >= 600


def test_six_widgets_in_a_saved_notebook_are_small(tmp_path: Path) -> None:
    cells = []
    for number, name in enumerate(SIX, 1):
        folder = tmp_path / name
        folder.mkdir()
        widget = SAMPLES[name].make(folder)
        data = _data(widget)
        png = base64.b64encode(data["image/png"]).decode("ascii")  # as a kernel sends it
        output = nbformat.v4.new_output("display_data", {**data, "image/png": png})
        cells.append(nbformat.v4.new_code_cell(name, outputs=[output], execution_count=number))
        widget.close()
    path = tmp_path / "six.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    nbformat.validate(nbformat.read(path, 4))
    print(f"a notebook of six widgets: {path.stat().st_size:,} bytes")
    assert path.stat().st_size < LARGEST_NOTEBOOK


def test_no_explorer_loads_what_is_heavy() -> None:
    heavy = ("torch", "workbench", "transformers", "sklearn", "umap", "captum", "numba")
    code = (
        "import sys, widgets\n"
        "for name in widgets.__all__: getattr(widgets, name)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    root = Path(widgets.__file__).parents[1]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"


def test_a_new_explorer_cannot_be_forgotten() -> None:
    assert set(EVERY) <= set(SAMPLES), "make one of each in explorer_samples.SAMPLES"
    assert {"AttentionView", "GuessView", "Launcher", "LiveCurve", "Panel"} <= set(exported())
