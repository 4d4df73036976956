"""The retrieval browser as a saved page in a real browser: pointer, keyboard, filters, offline."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.browser.pages import axe_faults, nothing_wrong, ready, sentence
from tests.widgets.retrieval_sample import retrieval_run
from widgets import RetrievalView
from widgets.core.retrieval import DIRECTIONS
from widgets.retrieval import message

pytestmark = pytest.mark.browser
IMAGE = DIRECTIONS[1]
CARDS = ".wb-found [role=listbox]"


@pytest.fixture(scope="module")
def run():
    return retrieval_run()


@pytest.fixture(scope="module")
def other():
    return retrieval_run("smaller", seed=3, skill=0.9)


@pytest.fixture(scope="module")
def both(run, other, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "retrieval.html"
    RetrievalView(run, other).to_html(path)
    return path


@pytest.fixture(scope="module")
def alone(run, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "retrieval.html"
    RetrievalView(run).to_html(path)
    return path


def ranks_shown(page, group: int = 0) -> list[int]:
    texts = page.locator(CARDS).nth(group).locator(".wb-rank").all_text_contents()
    return [int(text.strip("✓✗ ")) for text in texts]


def test_it_opens_on_what_python_shows(open_page, both, run, other) -> None:
    watched = open_page(both)
    page = ready(watched)
    view = RetrievalView(run, other)
    assert page.text_content(".wb-sentence") == view.sentence()
    for row, one in zip(page.locator(".wb-recall tbody tr").all(), (run, other), strict=True):
        cells = row.locator("td").all_text_contents()
        shares = [
            f"{100 * one.recall(depth, way):.0f} %" for way in DIRECTIONS for depth in (1, 5, 10)
        ]
        assert cells[:3] + cells[4:7] == shares
    for group, one in enumerate((run, other)):
        found = view.choice().candidates(one, 8)
        assert ranks_shown(page, group) == [candidate.rank for candidate in found]
        cards = page.locator(CARDS).nth(group).locator("[role=option]")
        for place, candidate in enumerate(found):
            label = cards.nth(place).text_content()
            assert run.pictures[candidate.index] in label and ("right" in label) == candidate.own
    assert page.locator(".wb-query").count() == 15
    nothing_wrong(watched)


def test_pictures_are_drawn_and_boxes_can_be_shown(open_page, alone, run) -> None:
    watched = open_page(alone)
    page = ready(watched)
    widths = page.eval_on_selector_all(".wb-cards img", "all => all.map((one) => one.naturalWidth)")
    assert widths and set(widths) == {160}
    assert not page.is_visible(".wb-cards .wb-box")
    page.check("text=Boxes")
    page.wait_for_timeout(60)
    assert page.is_visible(".wb-cards .wb-box >> nth=0")
    title = page.locator(".wb-cards [role=option]").first.get_attribute("title")
    first = RetrievalView(run).choice().first(run).index
    assert title == f"{run.pictures[first]}: {', '.join(run.labels_of[first])}"
    box = page.locator(".wb-cards .wb-box").first.bounding_box()
    frame = page.locator(".wb-cards .wb-thumb").first.bounding_box()
    assert (box["x"] - frame["x"]) / frame["width"] == pytest.approx(0.08, abs=0.02)
    nothing_wrong(watched)


def test_what_an_answer_lacks_is_marked_when_pointed_at(open_page, alone, run) -> None:
    page = ready(open_page(alone))
    first, *others = RetrievalView(run).choice().candidates(run, 8)
    words = lambda index: [run.texts[0][a:b] for a, b in run.lacks(0, index)]  # noqa: E731
    marks = ".wb-question .wb-missed"
    assert page.locator(marks).all_text_contents() == words(first.index)
    page.locator(f"{CARDS} [role=option]").nth(7).hover()
    page.wait_for_timeout(60)
    assert page.locator(marks).all_text_contents() == words(others[-1].index)
    place = next(n for n, one in enumerate(others) if one.own)
    page.locator(f"{CARDS} [role=option]").nth(place + 1).hover()
    page.wait_for_timeout(60)
    assert page.locator(marks).count() == 0
    page.hover(".wb-where")
    page.wait_for_timeout(60)
    assert page.locator(marks).all_text_contents() == words(first.index)


def test_a_click_opens_a_pair_and_escape_lets_go(open_page, both, run, other) -> None:
    watched = open_page(both)
    page = ready(watched)
    found = RetrievalView(run, other).choice().candidates(run, 8)
    page.locator(f"{CARDS} [role=option]").nth(2).click()
    expected = RetrievalView(run, other, opened=[0, found[2].index])
    assert sentence(page) == expected.sentence()
    chosen = page.locator(".wb-found [aria-selected=true]").all()
    assert len(chosen) == 2, "the same pair in both models' answers"
    page.keyboard.press("Escape")
    assert sentence(page) == RetrievalView(run, other).sentence()
    nothing_wrong(watched)


def test_everything_by_keyboard(open_page, alone, run) -> None:
    watched = open_page(alone)
    page = ready(watched)
    page.focus(".wb-queries [tabindex='0']")
    page.keyboard.press("ArrowDown")
    assert sentence(page) == RetrievalView(run, query=1).sentence()
    page.keyboard.press("End")
    assert sentence(page) == RetrievalView(run, query=14).sentence()
    assert page.locator(".wb-queries [tabindex='0']").count() == 1
    page.keyboard.press("Tab")  # to the answers
    assert page.evaluate("document.activeElement.closest('.wb-found') !== null")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "Open:" not in sentence(page), "moving along opens nothing"
    page.keyboard.press("Enter")
    third = RetrievalView(run, query=14).choice().candidates(run, 8)[2]
    assert sentence(page) == RetrievalView(run, query=14, opened=[14, third.index]).sentence()
    assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    nothing_wrong(watched)


def test_turning_asks_for_the_same_pair_the_other_way(open_page, both, run, other) -> None:
    watched = open_page(both)
    page = ready(watched)
    page.locator(".wb-query").nth(5).click()
    page.click("text=Image to text >> nth=0")
    picture = int(run.owner[5])
    expected = RetrievalView(run, other, direction=IMAGE, query=picture)
    assert sentence(page) == expected.sentence()
    assert page.locator(".wb-query").count() == 10
    found = expected.choice().candidates(run, 8)
    lines = page.locator(CARDS).first.locator(".wb-answer-text").all_text_contents()
    assert lines == [run.texts[one.index] for one in found]
    lost = page.locator(CARDS).first.locator(".wb-missed").all_text_contents()
    assert lost == [run.texts[one.index][a:b] for one in found
                    for a, b in run.lacks(one.index, picture)]  # fmt: skip
    nothing_wrong(watched)


def test_filters_and_search_agree_with_python(open_page, both, run, other) -> None:
    page = ready(open_page(both))
    for name in ("hits", "misses", "near_misses", "first_only", "second_only"):
        page.select_option("select", name)
        page.wait_for_timeout(60)
        shown = RetrievalView(run, other, filter=name).choice().shown
        visible = page.locator(".wb-query:visible .wb-query-text").all_text_contents()
        assert visible == [run.texts[query] for query in shown], name
        assert page.text_content(".wb-count").startswith(f"{len(shown) or 'None'} of 15")
        assert f"({len(shown)})" in page.locator("select option:checked").text_content()
    page.select_option("select", "all")
    page.fill("input[type=search]", "SUN ball")
    page.wait_for_timeout(60)
    shown = RetrievalView(run, search="sun ball").choice().shown
    assert page.locator(".wb-query:visible").count() == len(shown) > 0
    assert sentence(page).startswith(f"“{run.texts[shown[0]]}”")
    page.fill("input[type=search]", "zebra")
    page.wait_for_timeout(60)
    assert "change the filter or the search" in page.text_content(".wb-count")


def test_rewritten_captions_and_table_agree_with_python(open_page, both, run, other) -> None:
    watched = open_page(both)
    page = ready(watched)
    [probe] = RetrievalView(run, other).choice().probes(run)
    assert page.text_content(".wb-rewritten .wb-kept") == run.texts[0][slice(*probe.before)]
    assert page.text_content(".wb-rewritten .wb-changed") == probe.sentence[slice(*probe.after)]
    verdicts = page.locator(".wb-rewritten [role=img]").all()
    wins = [probe.wins, RetrievalView(run, other).choice().probes(other)[0].wins]
    told = ["original wins" if won else "rewritten wins" for won in wins]
    assert [one.get_attribute("aria-label") for one in verdicts] == told
    share, count = run.probe_shares()["name"]
    assert (
        f"object {100 * share:.0f} % of {count}"
        in page.locator(".wb-shares p").first.text_content()
    )
    page.select_option("select", "misses")
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    table = RetrievalView(run, other, filter="misses").table()
    rows = page.locator(".wb-table-frame tbody tr")
    assert rows.count() == len(table)
    cells = rows.last.locator("td").all_text_contents()
    last = table.iloc[-1]
    assert [cells[0], cells[3]] == [str(last["rank"]), str(last["rank (smaller)"])]
    assert cells[1].removeprefix("✓ ") == last["first"]
    nothing_wrong(watched)


def test_words_are_text_and_never_markup(open_page, run, tmp_path) -> None:
    evil = "<img src=x onerror=document.title='broken'>"
    changed = replace(
        run,
        model=evil,
        title=evil,
        texts=(evil + "x" * 12, *run.texts[1:]),
        pictures=(evil, *run.pictures[1:]),
        labels=(evil, *run.labels[1:]),
    )
    RetrievalView(changed, query=0).to_html(tmp_path / "evil.html", title="safe")
    watched = open_page(tmp_path / "evil.html")
    page = ready(watched)
    page.click("button:has-text('Table')")
    page.click("text=Image to text >> nth=0")
    page.wait_for_timeout(100)
    assert page.title() == "safe"
    assert page.locator("main img[onerror]").count() == 0
    nothing_wrong(watched)


def test_first_answers_alone_read_like_all_of_them(open_page, tmp_path, monkeypatch) -> None:
    large = retrieval_run(copies=12, skill=0.3)
    query = int(large.text_ranks.argmax())
    assert large.text_ranks[query] > 100
    said = RetrievalView(large, query=query).sentence()
    monkeypatch.setattr(message, "MOST_SCORES", 1000)
    view = RetrievalView(large, query=query)
    view.to_html(tmp_path / "large.html")
    watched = open_page(tmp_path / "large.html")
    page = ready(watched)
    assert sentence(page) == said
    assert ranks_shown(page) == [*range(1, 8), large.text_ranks[query]]
    page.click("text=Image to text >> nth=0")
    page.wait_for_timeout(60)
    picture = int(large.owner[query])
    found = RetrievalView(large, direction=IMAGE, query=picture).choice().candidates(large, 8)
    assert ranks_shown(page) == [one.rank for one in found]
    nothing_wrong(watched)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(open_page, axe, both, dark) -> None:
    watched = open_page(both, dark)
    page = ready(watched)
    page.check("text=Boxes")
    page.click("button:has-text('Table')")
    page.locator(f"{CARDS} [role=option]").nth(1).click()
    page.wait_for_timeout(80)
    assert axe_faults(page, axe) == []
    page.click("text=Image to text >> nth=0")
    page.wait_for_timeout(80)
    assert axe_faults(page, axe) == []


def test_narrow_pages_do_not_overflow(open_page, both) -> None:
    page = ready(open_page(both, width=420))
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    page.click("text=Image to text >> nth=0")
    page.wait_for_timeout(60)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_a_page_without_pictures_or_details_works(open_page, tmp_path) -> None:
    rng = np.random.default_rng(0)
    from widgets import RetrievalRun

    bare = RetrievalRun("bare", ("a", "b", "c"), ("x", "y", "z"), np.arange(3), rng.random((3, 3)))
    html = RetrievalView(bare).to_html(tmp_path / "bare.html")
    watched = open_page(tmp_path / "bare.html")
    page = ready(watched)
    assert sentence(page) == RetrievalView(bare).sentence()
    assert page.locator(".wb-cards .wb-no-thumb").all_text_contents()[0] in ("x", "y", "z")
    assert not page.is_visible(".wb-rewritten") and not page.is_visible("text=Boxes")
    state = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert state is not None
    assert len(base64.b64decode(json.loads(state[1])["bytes"]["scores"])) == 36
    nothing_wrong(watched)
