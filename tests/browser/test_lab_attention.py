"""The attention explorer beside a real kernel: looking again, and views that go together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser.lab import jupyter_lab, open_notebook, run_all, write_notebook
from tests.widgets import widget_samples as samples

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
CELLS = (
    """from dataclasses import replace
from widgets import AttentionRecord, AttentionView, compare
first, second = AttentionRecord.load("first.npz"), AttentionRecord.load("second.npz")
def again(change):
    if change.regions:
        raise RuntimeError("no such luck")
    attention = first.attention.copy()
    attention[..., list(change.words)] = 0
    return replace(first, attention=attention / attention.sum(-1, keepdims=True))
AttentionView(first, again, word=3)""",
    "pair = compare(first, second, names=('early', 'late'))\npair",
)
_SAID = """import json
open("said.json", "w").write(json.dumps([view.sentence() for view in pair.explorers]))"""
_EXECUTE = """(code) => {
  const { context } = window.jupyterapp.shell.currentWidget;
  return context.sessionContext.session.kernel.requestExecute({ code }).done.then(() => 1);
}"""


def test_the_kernel_is_asked_for_changes_only(open_page, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    folder = tmp_path / "notebooks"
    folder.mkdir()
    samples.attention_record().save(folder / "first.npz")
    samples.attention_record(seed=4).save(folder / "second.npz")
    write_notebook(folder / "attention.ipynb", CELLS)
    with jupyter_lab(folder, tmp_path / "jupyter", False) as lab:
        watched = open_page("about:blank", width=1700, height=1200)
        page = watched.page
        open_notebook(page, lab, "attention.ipynb")
        run_all(page)
        page.wait_for_function("document.querySelectorAll('.wb-attention').length === 4")
        views = page.locator(".wb-attention")
        view = views.first
        view.locator("button:has-text('Take away')").click()
        view.locator("[aria-label=words] [role=option]:has-text('house')").click()
        page.wait_for_selector(".wb-sentence:has-text('Without “house”: ')")
        view.locator("[aria-label=regions] [role=option]:has-text('5 door')").click()
        page.wait_for_selector(".wb-message:has-text('RuntimeError: no such luck')")
        assert view.locator(".wb-sentence").text_content().startswith("Without “house”: ")
        view.locator("button:has-text('Reset')").click()
        page.mouse.move(5, 5)
        page.wait_for_selector(".wb-sentence:text-matches('^“ball” attends most')")
        assert not view.locator(".wb-message").is_visible()

        words = views.nth(2).locator("[aria-label=words]")
        words.locator("[role=option]:has-text('under')").hover()
        page.wait_for_function(
            "[...document.querySelectorAll('.wb-sentence')].slice(1)"
            ".every((one) => one.textContent.startsWith('“under” '))"
        )
        words.locator("[role=option]:has-text('yellow')").click()
        views.nth(1).locator("text=Regions to words").click()
        page.mouse.move(5, 5)
        page.wait_for_function(
            "[...document.querySelectorAll('.wb-sentence')].slice(1)"
            ".every((one) => /^“yellow” (is attended|gets)/.test(one.textContent))"
        )
        said = [views.nth(number).locator(".wb-sentence").text_content() for number in (1, 2, 3)]
        page.wait_for_timeout(500)  # what was linked is told to the kernel behind it
        page.evaluate(_EXECUTE, _SAID)
        assert json.loads((folder / "said.json").read_text()) == said
        assert watched.errors == [] and watched.requests == []
