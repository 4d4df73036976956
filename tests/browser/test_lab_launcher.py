"""The launcher in a real JupyterLab: choose, start, pause, restart the kernel, go on, stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import jupyter_lab, open_notebook, run_all, wait_for_kernel, write_notebook
from workbench.training.run import Run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SCREENSHOTS = os.environ.get("SCREENSHOTS")

CELLS = (
    "import widgets\nfrom workbench.launchpad.pad import Launchpad\n"
    "from workbench.quickstart import ready\nscenes = ready.prepare_small()",
    "few = {'pictures': 240, 'threads': 1}\n"
    "launcher = widgets.Launcher(Launchpad(), choice=few)\nlauncher",
)
_RESTART = """async () => {
  const context = window.jupyterapp.shell.currentWidget.sessionContext;
  const before = context.session.kernel.id;
  await context.session.kernel.restart();
  return before;
}"""
_CLEAR = (
    "() => { window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs'); return 1; }"
)
_DARK = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
_RATIOS = ".wb-objective input"


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    """Runs of this test alone, beside the data that is prepared already."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    there = Path(os.environ.get("WORKBENCH_HOME", str(ROOT))) / ".cache"
    there.mkdir(exist_ok=True)
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / ".cache").symlink_to(there.resolve())
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    return folder


@pytest.fixture
def pictured(tmp_path: Path) -> Callable[..., None]:
    """Keeps a picture of what is shown, for a person to look at."""
    folder = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page, name: str, selector: str = ".wb-launch") -> None:
        page.locator(selector).first.scroll_into_view_if_needed()
        page.wait_for_timeout(250)
        page.locator(selector).first.screenshot(path=folder / f"launcher_{name}.png")

    return keep


def _notebook(folder: Path) -> str:
    folder.mkdir()
    write_notebook(folder / "launch.ipynb", CELLS)
    return "launch.ipynb"


def _until(true: Callable[[], object], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)


def _reason(page) -> str:
    return page.text_content(".wb-start + .wb-note")


def _fill_ratios(page, *ratios: str) -> None:
    for place, ratio in enumerate(ratios):
        page.locator(_RATIOS).nth(place).fill(ratio)


def _can_start(page) -> None:
    page.wait_for_selector(".wb-start[aria-disabled=false]", timeout=60_000)


def _step(page) -> int:
    facts = page.text_content(".wb-live-curve .wb-run-facts")
    return int(facts.removeprefix("step ").split(" ")[0].replace(",", ""))


def test_a_run_is_launched_steered_and_taken_hold_of_again(
    open_page, axe, tmp_path, home, pictured
) -> None:
    folder = tmp_path / "notebooks"
    name = _notebook(folder)
    run: Run | None = None
    with jupyter_lab(folder, tmp_path / "jupyter") as lab:
        watched = open_page("about:blank", width=1440, height=1800)
        page = watched.page
        try:
            open_notebook(page, lab, name)
            run_all(page, seconds=300)
            page.wait_for_selector(".wb-launch")

            # choosing: another system brings its own objectives, a mix of nothing is explained
            page.get_by_label("System").select_option("vlp")
            page.wait_for_function("document.querySelectorAll('.wb-objective').length === 2")
            page.get_by_label("System").select_option("uniter")
            page.get_by_label("Size").select_option("tiny")
            page.wait_for_function("document.querySelectorAll('.wb-objective').length === 5")
            _fill_ratios(page, "0", "0", "0", "0", "0")
            fault = page.locator(".wb-group .wb-fault")
            fault.wait_for(timeout=60_000)
            assert "all ratios are 0" in fault.text_content()
            described = page.locator(_RATIOS).first.get_attribute("aria-describedby")
            assert fault.get_attribute("id") in described.split()
            assert page.get_attribute(".wb-start", "aria-disabled") == "true"
            assert "Objectives" in _reason(page)
            page.click(".wb-start", force=True)
            pictured(page, "invalid")
            _fill_ratios(page, "2", "1")
            page.get_by_label("Steps", exact=True).fill("1000")
            _can_start(page)
            assert not fault.is_visible()
            command = page.text_content(".wb-code")
            assert "--objectives mlm=2,itm=1" in command and "--steps 1000" in command
            assert not list((home / "runs").glob("*")), "nothing was started while it was wrong"

            # keys mean what they mean in a form, not what they mean to the notebook
            cells = page.locator(".jp-Cell").count()
            page.get_by_label("Precision").focus()
            page.keyboard.press("b")
            page.get_by_label("Fast").focus()
            page.keyboard.press("Space")
            page.keyboard.press("Space")
            assert page.locator(".jp-Cell").count() == cells
            _can_start(page)
            pictured(page, "chosen")

            # started by keyboard; points arrive, and nothing is replaced
            page.locator(".wb-start").focus()
            page.keyboard.press("Enter")
            page.wait_for_selector(".wb-live-curve .wb-chart", timeout=60_000)
            [path] = (home / "runs").iterdir()
            run = Run.attach(path)
            _until(lambda: _step(page) > 5, 90, "points arrive")
            page.evaluate("document.querySelector('.wb-chart').dataset.same = 'yes'")
            seen = _step(page)
            _until(lambda: _step(page) > seen + 5, 60, "more points arrive")
            assert page.get_attribute(".wb-chart >> nth=0", "data-same") == "yes"
            assert page.locator(".wb-live-curve button:visible").all_text_contents() == ["Table"]

            page.click(f"[aria-label='Pause: {path.name}']")
            paused = page.locator(".wb-run-row .wb-badge", has_text="paused")
            paused.wait_for(timeout=60_000)
            assert run.state == "paused"
            page.wait_for_selector(".wb-live-curve .wb-badge:has-text('paused')")
            held = _step(page)
            pictured(page, "paused", ".jp-OutputArea-output:has(.wb-launch)")

            # the kernel goes, the run stays, and the same notebook takes hold of it again
            page.evaluate(_RESTART)
            wait_for_kernel(page, 90)
            page.evaluate(_CLEAR)
            assert run.state == "paused"
            run_all(page, seconds=120)
            page.wait_for_selector(".wb-launch")
            assert page.locator(".wb-live-curve").count() == 0
            page.locator(f".wb-run-row:has-text('{path.name}') input[type=checkbox]").check()
            page.wait_for_selector(".wb-live-curve .wb-chart", timeout=60_000)
            page.wait_for_function(
                "document.querySelector('.wb-live-curve .wb-run-facts').textContent !== ''"
            )
            assert _step(page) == held
            page.click(f"[aria-label='Resume: {path.name}']")
            _until(lambda: _step(page) > held, 60, "it goes on")

            before = set((path / "checkpoints").iterdir())
            page.click(f"[aria-label='Checkpoint now: {path.name}']")
            _until(lambda: set((path / "checkpoints").iterdir()) - before, 60, "a checkpoint")
            page.click(f"[aria-label='Stop: {path.name}']")
            page.wait_for_selector(".wb-run-row .wb-badge:has-text('stopped')", timeout=60_000)
            assert run.wait(30.0) == "stopped"
            assert page.locator(f"[aria-label='Extend: {path.name}']").is_visible()
            assert page.text_content(".wb-said-last").startswith(f"Asked {path.name} to stop")
            page.wait_for_selector(".wb-live-curve .wb-badge:has-text('stopped')")
            pictured(page, "stopped_curve", ".wb-live-curve")

            # what cannot be done is said, and nothing is lost
            page.locator(".wb-amount").first.fill("0")
            page.click(f"[aria-label='Extend: {path.name}']")
            page.wait_for_selector(".wb-launch [role=alert]:visible", timeout=60_000)
            assert "1 step or more" in page.text_content(".wb-launch [role=alert]")
            pictured(page, "light")
            page.evaluate(_DARK, "JupyterLab Dark")
            page.wait_for_timeout(500)
            paper = "getComputedStyle(document.querySelector('.wb-launch')).backgroundColor"
            assert max(int(c) for c in page.evaluate(paper).strip("rgb()").split(",")) < 60
            pictured(page, "dark")
            pictured(page, "dark_curve", ".wb-live-curve")
            page.evaluate(axe)
            for part in (".wb-launch", ".wb-live-curve"):
                found = page.evaluate(f"async () => (await axe.run('{part}')).violations")
                assert [(f["id"], f["nodes"][0]["html"][:120]) for f in found] == []
            assert watched.requests == []
            assert watched.errors == []
        except BaseException:
            page.screenshot(path=(Path(SCREENSHOTS) if SCREENSHOTS else tmp_path) / "failed.png")
            raise
        finally:
            if run is not None and run.state in ("running", "paused"):
                run.stop()
                run.wait(30.0)
