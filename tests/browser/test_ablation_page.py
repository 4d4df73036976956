"""A board's page in a real browser: read as a table, in the dark, on a narrow screen, offline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ablations.samples import standing
from workbench.ablations.page import page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    found = standing(folder)
    for line in found.lines[:3]:
        for run in line.runs:
            run.folder.mkdir()
            (run.folder / "card.html").write_text("<title>the card</title>")
    (folder / "sample.html").write_text(page(found, folder), "utf-8")
    return folder / "sample.html"


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_an_accessible_table(open_page, saved, axe, dark):
    watched = open_page(saved, dark=dark, width=1200)
    tab = watched.page
    assert tab.get_by_role("rowheader", name="half of it").count() == 1
    assert tab.get_by_role("columnheader").all_inner_texts()[-2:] == ["Meta-Sum", "Runs"]
    assert tab.get_by_role("progressbar", name="seed 1, steps done").get_attribute("value") == "120"
    tab.evaluate(axe)
    found = "async () => (await axe.run()).violations.map((v) => [v.id, v.nodes[0].html])"
    wrong = tab.evaluate(found)
    assert not wrong, json.dumps(wrong)
    assert not watched.requests and not watched.errors


def test_a_number_leads_to_its_card_by_keyboard(open_page, saved):
    tab = open_page(saved).page
    tab.locator("td a").first.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/00aa/card.html")
    assert tab.title() == "the card"


def test_a_failure_tells_why_and_a_narrow_page_scrolls_the_table_alone(open_page, saved):
    tab = open_page(saved, width=420).page
    why = tab.locator("summary").first
    why.click()
    assert "a share | of 2.0" in tab.locator("pre").first.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate("(f => f.scrollWidth > f.clientWidth)(document.querySelector('.frame'))")
