"""A session in a real JupyterLab: one click on a found pair brings it into the other explorers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.lab import jupyter_lab, open_notebook, run_all, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
CELLS = (
    "from tests.widgets.session_sample import Made\n"
    "from widgets import Session\n"
    "session = Session(Made())\n"
    "session.attention",
    "session.attribution",
    "session.retrieval",
)
WORDS = tuple(f".wb-{one} [aria-label=words] [role=option]" for one in ("attention", "attribution"))


def test_a_click_on_a_pair_opens_it_in_the_others(open_page, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write_notebook(folder / "session.ipynb", CELLS)
    with jupyter_lab(folder, tmp_path / "jupyter", False) as lab:
        watched = open_page("about:blank", width=1500, height=1200)
        page = watched.page
        open_notebook(page, lab, "session.ipynb")
        run_all(page)
        page.wait_for_selector(".wb-retrieval .wb-answer")
        seen, explained = (page.locator(chips) for chips in WORDS)
        assert seen.count() == explained.count() == 16

        # a word goes together without the kernel
        seen.filter(has_text="house").first.click()
        page.wait_for_selector(".wb-attribution .wb-sentence:text-matches('^“house”')")

        # the second sentence, and the first picture that it finds
        page.locator(".wb-retrieval [aria-label^=questions] [role=option]").nth(1).click()
        page.locator(".wb-retrieval .wb-answer").first.click()
        for chips in WORDS:
            page.wait_for_function(f"document.querySelectorAll('{chips}').length === 12")
        assert "12 words" in page.text_content(".wb-attention .wb-where")
        seen.nth(3).click()
        page.wait_for_selector(".wb-attribution .wb-sentence:text-matches('^“ball”')")
        assert watched.requests == []
        assert watched.errors == []
