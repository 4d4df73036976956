"""The guess viewer as a saved page in a real browser."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.pages import PIXELS, axe_faults, nothing_wrong, ready, sentence
from tests.widgets import widget_samples as samples
from tests.widgets.guess_samples import guess_record
from widgets import GuessView
from widgets.page import embedded_json
from widgets.runs.probe_record import guesses_in
from widgets.runs.probe_view import ProbeView

pytestmark = pytest.mark.browser
BLANKS = "[aria-label=sentence] [role=option]"


@pytest.fixture(scope="module")
def record():
    return guess_record()


@pytest.fixture(scope="module")
def guess_page(record, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "guesses.html"
    GuessView(record).to_html(path)
    return path


def lists(page) -> list[list[str]]:
    """The guesses of both columns as they read."""
    columns = page.locator(".wb-guess-list")
    return [
        columns.nth(side).locator(".wb-guess-line > :first-child").all_text_contents()
        for side in (0, 1)
    ]


def test_every_place_reads_as_in_python(open_page, guess_page, record) -> None:
    watched = open_page(guess_page)
    page = ready(watched)
    assert sentence(page) == GuessView(record).sentence()
    view = GuessView(record)
    for index, place in enumerate((0, 1, 2, 3, 4, 5, 6)):
        page.locator(BLANKS).nth(index).click()
        view.place = place
        assert sentence(page) == view.sentence()
        shown = [[text.removeprefix("✓ ") for text in side] for side in lists(page)]
        told = [
            [guess.removeprefix("##") for guess in side]
            for side in record.top[3, :, place].tolist()
        ]
        assert shown == told
        notes = page.locator(".wb-answers .wb-note").all_text_contents()
        assert notes == [view.choice().rank_text(0), view.choice().rank_text(1)]
    page.locator("[aria-label='hidden regions'] [role=option]").nth(1).click()
    view.place = 8
    assert sentence(page) == view.sentence()
    assert page.locator(".wb-condition").all_text_contents() == [
        "with the words",
        "without the words",
    ]
    nothing_wrong(watched)


def test_steps_change_the_guesses(open_page, guess_page, record) -> None:
    watched = open_page(guess_page)
    page = ready(watched)
    page.focus("input[type=range]")
    page.keyboard.press("Home")
    assert sentence(page) == GuessView(record, step=0).sentence()
    assert page.get_attribute("input[type=range]", "aria-valuetext") == "step 0"
    first = page.evaluate(PIXELS, ".wb-course canvas")
    page.keyboard.press("ArrowRight")
    assert sentence(page) == GuessView(record, step=400).sentence()
    assert page.evaluate(PIXELS, ".wb-course canvas") != first
    nothing_wrong(watched)


def test_everything_by_keyboard(open_page, guess_page, record) -> None:
    watched = open_page(guess_page)
    page = ready(watched)
    page.focus(f"{BLANKS}[tabindex='0']")
    assert page.evaluate("document.activeElement.textContent") == "sun"
    page.keyboard.press("Home")
    assert sentence(page) == GuessView(record, place=0).sentence()
    page.keyboard.press("ArrowRight")
    assert sentence(page) == GuessView(record, place=1).sentence()
    assert page.locator(f"{BLANKS}[tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert sentence(page) == GuessView(record, place=8).sentence()
    page.focus("button:has-text('Table')")
    page.keyboard.press("Enter")
    page.wait_for_timeout(60)
    assert page.locator(".wb-table tbody tr").count() == 2, "regions, as one is asked about"
    nothing_wrong(watched)


def test_the_learner_guesses_first(open_page, guess_page, record) -> None:
    watched = open_page(guess_page)
    page = ready(watched)
    page.locator(BLANKS).nth(3).click()
    page.check("text=Hide answers")
    page.click("button:has-text('Table')")
    assert sentence(page).startswith("Which word is hidden here?")
    shown = page.locator(".wb-guess").inner_text()
    assert "house" not in shown.replace("(house)", "") and "Guess first." in shown
    assert page.locator(BLANKS).nth(3).text_content() == "?"
    page.fill("[aria-label='your guess']", "castle")
    page.keyboard.press("Enter")
    assert sentence(page) == GuessView(record, place=3).sentence()
    assert page.text_content(".wb-where").startswith("You said “castle”. · Step 1,200")
    page.locator(BLANKS).nth(0).click()
    assert sentence(page).startswith("Which word"), "another word has its own answer"
    page.click("button:has-text('Show answer')")
    assert sentence(page) == GuessView(record, place=0).sentence()
    nothing_wrong(watched)


def test_a_hidden_region_is_covered(open_page, guess_page) -> None:
    watched = open_page(guess_page)
    page = ready(watched)
    whole = page.evaluate(PIXELS, "canvas.wb-picture")
    area = page.locator("canvas.wb-picture").bounding_box()
    page.mouse.click(area["x"] + 0.845 * area["width"], area["y"] + 0.18 * area["height"])
    assert sentence(page).startswith("Region 2 (sun) is hidden.")
    veiled = page.evaluate(PIXELS, "canvas.wb-picture")
    page.check("text=Hide answers")
    page.wait_for_timeout(60)
    assert sum(page.evaluate(PIXELS, "canvas.wb-picture")) < sum(veiled) < sum(whole)
    names = page.locator("[aria-label='hidden regions'] [role=option]").all_text_contents()
    assert names == ["region 0", "region 2"], "a name would be the answer"
    nothing_wrong(watched)


SET = """(given) => {
  const model = workbenchModels.get("widget-0");
  const { values, bytes } = JSON.parse(given);
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  for (const [name, text] of Object.entries(bytes)) {
    model.set(name, new DataView(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer));
  }
}"""


def test_what_another_explorer_chooses_is_followed(open_page, guess_page, record) -> None:
    watched = open_page(guess_page)
    page = ready(watched)
    for values, place in (({"word": 8}, 3), ({"word": 0}, 3), ({"word": -1, "region": 2}, 8)):
        page.evaluate(SET, json.dumps({"values": values, "bytes": {}}))
        assert sentence(page) == GuessView(record, place=place).sentence()
    nothing_wrong(watched)


def test_another_record_takes_its_place(open_page, guess_page, record) -> None:
    watched = open_page(guess_page)
    page = ready(watched)
    page.locator("[aria-label='hidden regions'] [role=option]").nth(1).click()
    fewer = replace(
        record, places=record.places[:2], truth=record.truth[:2], turns=record.turns[:2],
        kinds=record.kinds[:2], steps=record.steps[:1], top=record.top[:1, :, :2],
        chance=record.chance[:1, :, :2], truth_chance=record.truth_chance[:1, :, :2],
        truth_rank=record.truth_rank[:1, :, :2],
    )  # fmt: skip
    view = GuessView(fewer)
    page.evaluate(SET, embedded_json(view.page_values()))
    assert sentence(page) == view.sentence()
    assert page.locator(BLANKS).count() == 2 and not page.is_visible("input[type=range]")
    nothing_wrong(watched)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(open_page, axe, guess_page, dark) -> None:
    watched = open_page(guess_page, dark)
    page = ready(watched)
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    assert axe_faults(page, axe) == []
    page.check("text=Hide answers")
    page.wait_for_timeout(60)
    assert axe_faults(page, axe) == []
    nothing_wrong(watched)


def test_narrow_pages_do_not_overflow(open_page, guess_page) -> None:
    page = ready(open_page(guess_page, width=420))
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_a_probe_page_tells_the_guesses_without_the_picture(open_page, tmp_path) -> None:
    path = samples.write_probe(tmp_path, 100, blind=True)
    view = ProbeView(name="run", steps=[100], step=100)
    view.show(guesses_in(path), None)
    view.to_html(tmp_path / "probe.html")
    watched = open_page(tmp_path / "probe.html")
    page = ready(watched, ".wb-probe .wb-title")
    rows = page.locator(".wb-probe .wb-table").first.locator("tbody tr").all_text_contents()
    assert rows == ["ball✓ ball 62 %sun 25 %", "ball, without the picturehouse 40 %✓ ball 10 %"]
    nothing_wrong(watched)
