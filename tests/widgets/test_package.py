"""What importing costs, and how the JavaScript is put together."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import widgets
from widgets import assets

ROOT = Path(widgets.__file__).parents[1]
VIEWS = sorted(
    path.relative_to(assets.FOLDER).as_posix()
    for path in assets.FOLDER.rglob("*.js")
    if "export default" in path.read_text("utf-8")
)
HEAVY = ("torch", "workbench", "sklearn", "umap", "captum", "transformers")

SVG = "http://www.w3.org/2000/svg"  # a name that nobody asks a server for


def _run(code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout.strip()


def test_importing_loads_neither_torch_nor_the_workbench() -> None:
    code = f"import sys, widgets{{}}; print([m for m in {HEAVY} if m in sys.modules])"
    assert _run(code.format("")) == "[]"
    assert _run(code.format("; from widgets import *")) == "[]"


def test_importing_takes_less_than_a_second() -> None:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        _run("import widgets")
        times.append(time.perf_counter() - began)
    assert min(times) < 1


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(
        AttributeError, match=r"AttentionView, .*Launcher, LiveAttention, LiveCurve, .*Panel"
    ):
        widgets.Projector  # noqa: B018


@pytest.mark.parametrize("view", VIEWS)
def test_modules_stand_alone(view: str) -> None:
    text = assets.module(view)
    assert not re.search(r"^\s*import\b", text, re.MULTILINE)
    exports = re.findall(r"^export .*", text, re.MULTILINE)
    assert len(exports) == 1 and exports[0].startswith("export default ")
    assert "http" not in text.replace(SVG, "")
    assert "innerHTML" not in text
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", text, re.MULTILINE)
    twice = [name for name, count in Counter(names).items() if count > 1]
    assert twice == []


def test_styles_ask_no_server() -> None:
    for name in (*(view.replace(".js", ".css") for view in VIEWS), "page.css"):
        text = assets.style(name)
        assert "http" not in text and "@import" not in text and "url(" not in text


def test_imports_that_cannot_be_joined_are_named(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "view.js").write_text('import * as d3 from "d3";\nexport default {};\n')
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"view\.js: .*d3.* cannot be joined"):
        assets.module("view.js")


def test_a_script_cannot_be_ended_from_inside(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "view.js").write_text('const x = "</SCRIPT>";\nexport default {};\n')
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="would end a <script>"):
        assets.module("view.js")
