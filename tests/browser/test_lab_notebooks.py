"""Notebooks in a real JupyterLab: every cell runs, the widgets live, no request leaves."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from tests.browser.lab import (
    cell_picture,
    jupyter_lab,
    open_notebook,
    run_all,
    wait_for_kernel,
    write_notebook,
)
from tests.widgets import widget_samples as samples

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Where pictures for a person to look at are kept: SCREENSHOTS=folder pytest tests/browser
SCREENSHOTS = os.environ.get("SCREENSHOTS")

LIVE = re.compile(r"widgets\.(\w+View|Launcher|LiveAttention|LiveCurve|Neighbourhoods|Panel)\(")

SMOKE = (
    "from widgets import AttentionView, LiveAttention, LiveCurve",
    "view = AttentionView('probe.npz', head=1)\nview",
    "curve = LiveCurve('run', interval=0.2)\ncurve",
    "live = LiveAttention('run', interval=0.2)\nlive",
    "import time\ntime.sleep(8 if 'asked' in globals() else 0)\nasked = True",
)
_RUN_LAST_CELL = """() => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.length - 1;
  window.jupyterapp.commands.execute("notebook:run-cell");
  return 1;
}"""


def _pictures(tmp_path: Path) -> Path:
    folder = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def smoke_folder(tmp_path: Path, monkeypatch) -> Path:
    """A notebook with the widgets beside a run that this test keeps alive, and a probe."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    folder = tmp_path / "notebooks"
    folder.mkdir()
    samples.attention_record(extra_regions=10).save(folder / "probe.npz")
    samples.write_run(folder / "run", 1200, 300, reason=None, began=time.time() - 90)
    samples.write_lease(folder / "run")
    samples.write_probe(folder / "run", 0)
    write_notebook(folder / "smoke.ipynb", SMOKE)
    return folder


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_widgets_live_in_jupyterlab(open_page, smoke_folder, tmp_path, dark) -> None:
    with jupyter_lab(smoke_folder, tmp_path / "jupyter", dark) as lab:
        watched = open_page("about:blank", dark, width=1440, height=1100)
        page = watched.page
        open_notebook(page, lab, "smoke.ipynb")
        run_all(page)
        page.wait_for_selector(".wb-attention")
        page.wait_for_selector(".wb-live-curve .wb-chart")
        page.wait_for_selector(".wb-probe .wb-title:has-text('Step 0')")

        # new points arrive while a cell keeps the kernel busy, and nothing is replaced
        page.evaluate(_RUN_LAST_CELL)
        page.wait_for_selector(".jp-InputPrompt:has-text('[*]')")
        page.evaluate("document.querySelector('.wb-chart').dataset.same = 'yes'")
        events = smoke_folder / "run" / "events" / "attempt-0001.rank-0.jsonl"
        done = events.read_text()
        samples.write_run(smoke_folder / "again", 1200, 420, reason=None, began=time.time() - 120)
        later = (smoke_folder / "again" / "events" / events.name).read_text().splitlines()
        new = [line for line in later if json.loads(line)["step"] > 300]
        events.write_text(done + "\n".join(new) + "\n")
        page.wait_for_function(
            "document.querySelector('.wb-run-facts').textContent.includes('420')"
        )
        assert page.get_attribute(".wb-chart >> nth=0", "data-same") == "yes"
        probed = page.locator(".wb-attention").nth(1)
        probed.locator(".wb-where").evaluate("element => { element.dataset.same = 'yes'; }")
        samples.write_probe(smoke_folder / "run", 300)
        page.wait_for_selector(".wb-probe .wb-title:has-text('Step 300')")
        page.wait_for_function(
            "document.querySelectorAll('.wb-where')[1].textContent.includes('step 300')"
        )
        assert probed.locator(".wb-where").get_attribute("data-same") == "yes"
        assert page.locator(".jp-InputPrompt:has-text('[*]')").count() == 1, "it was busy all along"
        wait_for_kernel(page, 60)

        # a request made in the browser reaches the run
        page.click(".wb-live-curve button:has-text('Stop')")
        page.wait_for_function("document.querySelector('.wb-badge').textContent === 'stopping'")
        control = json.loads((smoke_folder / "run" / "control.json").read_text())
        assert control == {"request": "stop"}

        # a choice made in the browser reaches Python, and one made in Python the browser
        page.locator("[aria-label=words] [role=option]:has-text('house')").first.click()
        page.wait_for_function(
            "document.querySelector('.wb-sentence').textContent.startsWith('“house”')"
        )
        page.focus(".wb-probe input[type=range]")
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector(".wb-probe .wb-title:has-text('Step 0')")
        assert not page.is_checked(".wb-probe input[type=checkbox]")
        paper = page.evaluate("getComputedStyle(document.querySelector('.wb')).backgroundColor")
        assert (sum(json.loads(f"[{paper.strip('rgb()')}]")) < 200) == dark

        page.mouse.move(5, 5)
        theme = "dark" if dark else "light"
        pictures = _pictures(tmp_path)
        for name in ("attention", "live-curve", "probe"):
            path = pictures / f"lab_{name}_{theme}.png"
            cell_picture(page, f".wb-{name}", path)
            colours = Image.open(path).convert("RGB").getcolors(1_000_000)
            assert colours is not None and len(colours) > 50, "the widget is blank"
        page.screenshot(path=pictures / f"lab_{theme}.png")
        assert watched.requests == []
        assert watched.errors == []
    assert lab.process.returncode is not None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebook_runs_in_jupyterlab(open_page, tmp_path, monkeypatch, path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("WORKBENCH_HOME", os.environ.get("WORKBENCH_HOME", str(ROOT)))
    monkeypatch.setenv("WORKBENCH_FAST", "1")
    copy = tmp_path / "notebooks" / path.name
    copy.parent.mkdir()
    # without the committed outputs and counts, so that what is seen was done here
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, copy)
    with jupyter_lab(copy.parent, tmp_path / "jupyter") as lab:
        watched = open_page("about:blank", width=1440, height=1100)
        page = watched.page
        open_notebook(page, lab, copy.name)
        run_all(page, seconds=300)
        page.wait_for_timeout(1000)
        boxes = page.locator(".wb").all()
        live = [cell for cell in notebook.cells if LIVE.search(cell.source)]
        assert boxes or not live, "the notebook asks for widgets and none is there"
        stills = page.locator(".jp-OutputArea-output img, .jp-OutputArea-output .js-plotly-plot")
        assert boxes or stills.count(), "the notebook shows nothing"
        for number, still in enumerate(stills.all()):
            still.evaluate("element => element.scrollIntoView({block: 'center'})")
            page.wait_for_timeout(300)
            page.screenshot(path=_pictures(tmp_path) / f"{path.stem}_still_{number}.png")
        for number, box in enumerate(boxes):
            box.scroll_into_view_if_needed()
            page.wait_for_timeout(300)
            box.screenshot(path=_pictures(tmp_path) / f"{path.stem}_{number}.png")
        assert watched.requests == []
        assert watched.errors == []
