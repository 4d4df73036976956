"""The attribution explorer as a saved page in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.browser.pages import FRAMES, PIXELS, axe_faults, nothing_wrong, ready, sentence
from tests.widgets.attribution_sample import METHODS, attribution_record
from widgets import AttributionView

pytestmark = pytest.mark.browser
WORDS, REGIONS = "[aria-label=words] [role=option]", "[aria-label=regions] [role=option]"


@pytest.fixture(scope="module")
def record():
    return attribution_record()


@pytest.fixture(scope="module")
def attribution_page(record, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "attribution.html"
    AttributionView(record).to_html(path)
    return path


def test_it_opens_on_what_python_shows(open_page, attribution_page, record) -> None:
    watched = open_page(attribution_page)
    page = ready(watched)
    view = AttributionView(record)
    assert page.text_content(".wb-sentence") == view.sentence()
    assert page.text_content(".wb-where") == view.choice().subtitle()
    assert page.get_attribute(".wb-sentence", "aria-live") == "polite"
    assert page.locator(WORDS).count() == 16 and page.locator(REGIONS).count() == 10
    assert page.locator(".wb-method").count() == 5
    told = page.locator(WORDS).nth(3).get_attribute("aria-label")
    assert told == f"ball, {view.choice().number(3)}"
    nothing_wrong(watched)


def test_hovering_tells_every_method_and_leaving_restores(
    open_page, attribution_page, record
) -> None:
    watched = open_page(attribution_page)
    page = ready(watched)
    before = page.evaluate(PIXELS, "canvas.wb-method-bars")
    pinned = sentence(page)
    page.hover(f"{WORDS}:has-text('house')")
    assert sentence(page) == AttributionView(record, word=8).sentence()
    assert page.evaluate(PIXELS, "canvas.wb-method-bars") != before
    assert "house: input +" in page.text_content(".wb-strip + .wb-note")
    area = page.locator("canvas.wb-picture").bounding_box()
    page.mouse.move(area["x"] + 0.845 * area["width"], area["y"] + 0.18 * area["height"])
    assert sentence(page) == AttributionView(record, region=2).sentence()
    page.hover(".wb-where")
    assert sentence(page) == pinned
    assert page.evaluate(PIXELS, "canvas.wb-method-bars") == before
    nothing_wrong(watched)


def test_bars_and_layers_answer_the_pointer(open_page, attribution_page, record) -> None:
    page = ready(open_page(attribution_page))
    page.hover("canvas.wb-method-bars", position={"x": 300, "y": 2.5 * 18})
    assert sentence(page).startswith("“ball”:"), "the third row that is not fixed"
    page.hover("canvas.wb-strip", position={"x": 140, "y": 90})
    assert sentence(page).startswith("“[CLS]”:")
    page.click("canvas.wb-method-bars", position={"x": 300, "y": 2.5 * 18})
    page.hover(".wb-where")
    assert sentence(page) == AttributionView(record, word=3).sentence(), "a click keeps the row"


def test_the_method_is_chosen_by_select_and_by_button(open_page, attribution_page, record) -> None:
    watched = open_page(attribution_page)
    page = ready(watched)
    page.locator(".wb-attribution select").select_option("occlusion")
    assert sentence(page) == AttributionView(record, method=1).sentence()
    assert page.locator(".wb-method[aria-pressed=true]").text_content() == "occlusion"
    first = page.evaluate(PIXELS, "canvas.wb-picture")
    page.click(".wb-method:has-text('last-layer attention')")
    assert sentence(page) == AttributionView(record, method=4).sentence()
    assert page.evaluate(PIXELS, "canvas.wb-picture") != first
    assert not page.is_visible("text=against the answer"), "attention speaks against nothing"
    assert page.locator(".wb-attribution select").input_value() == "4"
    page.uncheck("text=Leave out sentence marks")
    assert sentence(page) == AttributionView(record, method=4, hide_special=False).sentence()
    bars = page.evaluate(PIXELS, "canvas.wb-method-bars")
    page.check("text=Sort by the chosen method")
    page.wait_for_timeout(60)
    assert page.evaluate(PIXELS, "canvas.wb-method-bars") != bars
    nothing_wrong(watched)


def test_everything_by_keyboard(open_page, attribution_page) -> None:
    watched = open_page(attribution_page)
    page = ready(watched)
    assert page.locator(f"{WORDS}[tabindex='0']").count() == 1
    page.focus(f"{WORDS}[tabindex='0']")
    page.keyboard.press("ArrowRight")
    assert sentence(page).startswith("“a”:")
    page.keyboard.press("End")
    assert sentence(page).startswith("“[SEP]”:")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert sentence(page).startswith("Region 1 (house):")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Escape")
    assert sentence(page).startswith("By integrated gradients")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert sentence(page).startswith("By occlusion")
    nothing_wrong(watched)


def test_tables_agree_with_python(open_page, attribution_page, record) -> None:
    watched = open_page(attribution_page)
    page = ready(watched)
    view = AttributionView(record)
    cells = page.locator(".wb-agreement tbody tr").first.locator("td").all_text_contents()
    rho = view.agreement().to_numpy()[0, 1:]
    assert [float(cell) for cell in cells[1:]] == pytest.approx(rho.tolist(), abs=0.0051)
    last = page.locator(".wb-agreement tbody tr").last.locator("td").first.text_content()
    assert float(last) == pytest.approx(view.choice().agreement[1, 4, 0], abs=0.0051)
    areas = page.locator(".wb-areas tbody tr").nth(1).locator("td").all_text_contents()
    assert [float(one) for one in areas] == pytest.approx(list(view.areas().iloc[1]), abs=0.0051)
    assert page.locator(".wb-areas .wb-best-area").count() == 2
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    row = page.locator(".wb-table tbody tr").nth(3).locator("th, td").all_text_contents()
    choice = view.choice()
    ranks = [str(choice.ranks(method)[3]) for method in range(5)]
    numbers = [choice.number(3, method) for method in range(5)]
    assert row == ["ball", "word", *sum(zip(numbers, ranks, strict=True), ())]
    assert page.locator(".wb-table tbody tr").count() == 26
    nothing_wrong(watched)


def test_a_record_with_little_in_it_is_a_small_page(open_page, record, tmp_path) -> None:
    evil = "<img src=x onerror=document.title='broken'>"
    small = replace(
        record, words=(*record.words[:2], evil, *record.words[3:]), methods=(evil,), question=evil,
        values=record.values[:1], deltas=np.empty(0), shares=None, deletion=None, insertion=None,
        layers=None, layer_names=(), baseline=float("nan"),
    )  # fmt: skip
    AttributionView(small).to_html(tmp_path / "small.html", title="safe")
    watched = open_page(tmp_path / "small.html")
    page = ready(watched)
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    assert page.title() == "safe" and page.locator("main img").count() == 0
    assert page.locator("canvas:visible").count() == 3, "the picture, one method, its bars"
    assert not page.is_visible(".wb-agreement") and not page.is_visible(".wb-strip")
    nothing_wrong(watched)


def test_a_large_record_is_redrawn_within_a_frame(open_page, tmp_path) -> None:
    AttributionView(attribution_record(extra_regions=90)).to_html(tmp_path / "large.html")
    watched = open_page(tmp_path / "large.html")
    page = ready(watched)
    for chips in (WORDS, REGIONS):
        redraws, median = page.evaluate(FRAMES, [chips, "pointerenter", [[0.5, 0.5]]])
        print(f"5 methods, 116 rows: median redraw {median:.1f} ms")
        assert redraws == 40 and median < 16
    nothing_wrong(watched)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(open_page, axe, attribution_page, dark) -> None:
    watched = open_page(attribution_page, dark)
    page = ready(watched)
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    assert axe_faults(page, axe) == []
    color = page.evaluate("getComputedStyle(document.querySelector('.wb')).backgroundColor")
    paper = [int(part) for part in color.strip("rgb()").split(",")]
    assert max(paper) < 40 if dark else min(paper) > 240
    nothing_wrong(watched)


@pytest.mark.parametrize("width", [420, 760])
def test_narrow_pages_do_not_overflow(open_page, attribution_page, width) -> None:
    page = ready(open_page(attribution_page, width=width))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    edge = page.evaluate("document.querySelector('.wb-agreement').getBoundingClientRect().right")
    assert edge <= width - 16, "the table of agreement stays inside"
    assert page.locator(".wb-method").count() == len(METHODS)
