"""The explorers as saved pages in a real browser: pointer, keyboard, spoken text, dark, offline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.pages import FRAMES, PIXELS, axe_faults, nothing_wrong, ready, sentence
from tests.widgets import widget_samples as samples
from tests.widgets.launchpad_sample import CHOICE, SampleLaunchpad
from widgets import AttentionView, Launcher, LiveAttention, LiveCurve, Panel

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def record():
    return samples.attention_record()


@pytest.fixture(scope="module")
def attention_page(record, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "attention.html"
    AttentionView(record).to_html(path)
    return path


@pytest.fixture(scope="module")
def curve_page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    runs = [samples.write_run(folder / "quickstart", 400, measured=100)]
    runs.append(samples.write_run(folder / "smaller", 400, 250, seed=3, reason="stopped"))
    curve = LiveCurve(runs)
    curve.to_html(folder / "curve.html")
    curve.close()
    return folder / "curve.html"


@pytest.fixture(scope="module")
def launch_pages(tmp_path_factory) -> dict[str, Path]:
    """The launcher as saved pages: of a choice that can be started, and of one that cannot."""
    folder = tmp_path_factory.mktemp("pages")
    pad = SampleLaunchpad(folder / "runs")
    run = samples.write_run(pad.folder / "run-001", 120, 60, reason="stopped")
    samples.write_run(pad.folder / "run-002", 120, seed=2)
    pages = {}
    for name, changes in (("good", {}), ("bad", {"steps": 0, "objectives": {"mlm": 0}})):
        launcher = Launcher(pad, run, choice={**CHOICE, **changes})
        pages[name] = folder / f"{name}.html"
        launcher.to_html(pages[name])
        launcher.close()
    return pages


@pytest.fixture(scope="module")
def probe_page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for step in (0, 100):
        samples.write_probe(folder, step)
    live = LiveAttention(folder)
    live.to_html(folder / "probe.html")
    live.close()
    return folder / "probe.html"


def test_it_opens_on_what_python_shows(open_page, attention_page, record) -> None:
    watched = open_page(attention_page)
    page = ready(watched)
    assert page.text_content(".wb-sentence") == AttentionView(record).sentence()
    assert page.get_attribute(".wb-sentence", "aria-live") == "polite"
    assert "ball" in page.get_attribute("canvas.wb-picture", "aria-label")
    assert page.locator("[role=gridcell]").count() == 4 * 5
    assert page.locator("[role=gridcell][aria-selected=true]").get_attribute("aria-label") == (
        page.locator("[role=gridcell]").nth(19).get_attribute("aria-label")
    )
    nothing_wrong(watched)


def test_hovering_a_word_lights_its_region_and_leaving_restores(open_page, attention_page) -> None:
    watched = open_page(attention_page)
    page = ready(watched)
    before, pinned = page.evaluate(PIXELS, "canvas.wb-picture"), sentence(page)
    page.hover("[aria-label=words] [role=option]:has-text('house')")
    assert sentence(page).startswith("“house” attends most to region 1 (house)")
    assert page.evaluate(PIXELS, "canvas.wb-picture") != before
    page.hover(".wb-where")
    assert sentence(page) == pinned
    assert page.evaluate(PIXELS, "canvas.wb-picture") == before
    nothing_wrong(watched)


def test_hovering_the_picture_weighs_the_words(open_page, attention_page) -> None:
    watched = open_page(attention_page)
    page = ready(watched)
    area = page.locator("canvas.wb-picture").bounding_box()
    page.mouse.move(area["x"] + 0.845 * area["width"], area["y"] + 0.18 * area["height"])
    assert sentence(page).startswith("Region 2 (sun) is attended to most by “")
    bars = page.eval_on_selector_all(
        "[aria-label=words] .wb-chip-bar",
        "bars => bars.map((bar) => Number(bar.style.transform.match(/[0-9.]+/)[0]))",
    )
    strongest = samples.WORDS[bars.index(max(bars))]
    assert strongest in ("yellow", "sun", "##shine")
    # where boxes overlap the smaller one is meant: the small ball inside the ball
    page.mouse.move(area["x"] + 0.22 * area["width"], area["y"] + 0.75 * area["height"])
    assert sentence(page).startswith("Region 7 (ball)")
    nothing_wrong(watched)


def test_the_heat_map_answers_the_pointer(open_page, attention_page) -> None:
    page = ready(open_page(attention_page))
    area = page.locator("canvas.wb-heat").bounding_box()
    page.mouse.move(
        area["x"] + area["width"] * 0.5, area["y"] + 20 + 8.5 * (area["height"] - 22) / 16
    )
    assert sentence(page).startswith("“house”")
    page.mouse.down()
    page.mouse.up()
    page.hover(".wb-where")
    assert sentence(page).startswith("“house”"), "a click keeps the word"


def test_everything_by_keyboard(open_page, attention_page) -> None:
    watched = open_page(attention_page)
    page = ready(watched)
    page.focus("[aria-label=words] [tabindex='0']")
    assert page.evaluate("document.activeElement.textContent") == "ball"
    page.keyboard.press("ArrowRight")
    assert sentence(page).startswith("“lies”")
    page.keyboard.press("Home")
    assert sentence(page).startswith("“[CLS]”")
    page.keyboard.press("End")
    assert sentence(page).startswith("“[SEP]”")
    assert page.locator("[aria-label=words] [tabindex='0']").count() == 1

    page.keyboard.press("Tab")  # to what colours the heads
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    page.keyboard.press("Tab")  # to the layers and heads
    assert page.evaluate("document.activeElement.getAttribute('role')") == "gridcell"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(60)
    assert "Layer 2 of 0–3, head 1" in page.text_content(".wb-where")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    for stop in ("SUMMARY", "SUMMARY", "INPUT", "SPAN"):  # best heads, mix, threshold, the regions
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == stop
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert sentence(page).startswith("Region 2 (sun)")
    page.keyboard.press("Escape")
    assert sentence(page).startswith("“[SEP]”")
    nothing_wrong(watched)


def test_direction_hiding_and_table_agree_with_python(open_page, attention_page, record) -> None:
    watched = open_page(attention_page)
    page = ready(watched)
    page.check("text=Hide special tokens")
    expected = AttentionView(record, hide_special=True)
    assert sentence(page) == expected.sentence()
    assert not page.is_visible("[aria-label=words] >> text='[CLS]'")
    page.click("text=Regions to words")
    expected.direction = "region_to_word"
    assert sentence(page) == expected.sentence()
    assert not page.is_visible(".wb-table")
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    cells = page.locator(".wb-table tbody tr").first.locator("td").all_text_contents()
    row = expected.table().query("word == 'ball'").sort_values("weight").iloc[-1]
    assert cells[0] == str(row.region) and cells[1] == row.label
    assert float(cells[2].rstrip(" %")) == pytest.approx(100 * row.weight, abs=0.3)
    assert page.locator(".wb-table tbody tr").count() == 10
    nothing_wrong(watched)


def test_words_are_text_and_never_markup(open_page, record, tmp_path) -> None:
    evil = "<img src=x onerror=document.title='broken'>"
    words = (*record.words[:2], evil, *record.words[3:])
    changed = replace(record, words=words, labels=(evil, *record.labels[1:]), title=evil)
    AttentionView(changed).to_html(tmp_path / "evil.html", title="safe")
    watched = open_page(tmp_path / "evil.html")
    page = ready(watched)
    page.click("button:has-text('Table')")
    page.wait_for_timeout(100)
    assert page.title() == "safe"
    assert page.locator("main img").count() == 0
    assert page.locator("[aria-label=words] [role=option]").nth(2).text_content() == evil
    nothing_wrong(watched)


def test_a_large_record_is_redrawn_within_a_frame(open_page, tmp_path) -> None:
    large = samples.attention_record(layers=12, heads=12, extra_regions=90)
    AttentionView(large, layer=11).to_html(tmp_path / "large.html")
    watched = open_page(tmp_path / "large.html")
    page = ready(watched)
    redraws, median = page.evaluate(
        FRAMES, ["[aria-label=words] [role=option]", "pointerenter", [[0.5, 0.5]]]
    )
    print(f"12 layers x 12 heads, 100 regions: median redraw {median:.1f} ms")
    assert redraws == 40
    assert median < 16
    nothing_wrong(watched)


def test_curves_answer_pointer_and_keyboard(open_page, curve_page) -> None:
    watched = open_page(curve_page)
    page = ready(watched, ".wb-badge")
    assert page.locator(".wb-badge").all_text_contents() == ["finished", "stopped"]
    assert page.locator(".wb-chart").count() == 9, "five losses, two metrics, speed and rate"
    assert page.locator("button:visible").all_text_contents() == ["Table"]
    slider = page.locator("[role=slider]")
    assert slider.get_attribute("aria-valuemax") == "400"
    now = slider.get_attribute("aria-valuetext")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    page.wait_for_timeout(60)
    assert slider.get_attribute("aria-valuenow") == "40"
    assert slider.get_attribute("aria-valuetext").startswith("step 40: ")
    page.keyboard.press("Escape")
    page.wait_for_timeout(60)
    assert slider.get_attribute("aria-valuetext") == now
    first = page.locator(".wb-chart").first
    shown = first.locator(".wb-chart-values").text_content()
    first.hover(position={"x": 60, "y": 60})
    page.wait_for_timeout(60)
    assert first.locator(".wb-chart-values").text_content() != shown
    assert "finished" in page.text_content("[role=status]")
    nothing_wrong(watched)


def test_curve_controls_change_the_drawing(open_page, curve_page) -> None:
    watched = open_page(curve_page)
    page = ready(watched, ".wb-badge")
    plain = page.evaluate(PIXELS, ".wb-chart canvas")
    page.check("text=Logarithmic losses")
    page.wait_for_timeout(60)
    logarithmic = page.evaluate(PIXELS, ".wb-chart canvas")
    assert logarithmic != plain
    page.check("text=Details")
    page.wait_for_timeout(60)
    titles = page.locator(".wb-chart-title > :first-child").all_text_contents()
    assert titles[9:] == [
        "tokens per second", "padding, %", "waiting for data, %", "gradient norm",
        "memory, GB", "CPU use, %",
    ]  # fmt: skip
    page.focus("input[type=range]")
    page.keyboard.press("Home")
    page.wait_for_timeout(60)
    assert page.evaluate(PIXELS, ".wb-chart canvas") != logarithmic
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    assert page.locator(".wb-table tbody tr").count() == 30
    nothing_wrong(watched)


@pytest.mark.parametrize("which", ["attention_page", "curve_page"])
def test_dark_follows_the_reader(open_page, which, request) -> None:
    path = request.getfixturevalue(which)
    paper = {}
    for dark in (False, True):
        page = ready(open_page(path, dark), ".wb-badge" if "curve" in which else ".wb-sentence")
        color = page.evaluate("getComputedStyle(document.querySelector('.wb')).backgroundColor")
        paper[dark] = [int(part) for part in color.strip("rgb()").split(",")]
        selector = ".wb-chart canvas" if "curve" in which else "canvas.wb-heat"
        assert any(page.evaluate(PIXELS, selector))
    assert min(paper[False]) > 240 and max(paper[True]) < 40


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(open_page, axe, record, curve_page, tmp_path, dark) -> None:
    AttentionView(record).to_html(tmp_path / "attention.html")
    for path, element in ((tmp_path / "attention.html", ".wb-sentence"), (curve_page, ".wb-badge")):
        watched = open_page(path, dark)
        page = ready(watched, element)
        page.click("button:has-text('Table')")
        page.wait_for_timeout(60)
        assert axe_faults(page, axe) == []


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_in_the_launcher(open_page, axe, launch_pages, probe_page, dark) -> None:
    for path in (*launch_pages.values(), probe_page):
        watched = open_page(path, dark)
        page = ready(watched, ".wb-title")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert axe_faults(page, axe) == []
        nothing_wrong(watched)


def test_a_launcher_page_can_be_read_but_not_used(open_page, launch_pages) -> None:
    watched = open_page(launch_pages["good"])
    page = ready(watched, ".wb-badge")
    assert page.get_by_label("Masked language").input_value() == "3"
    assert page.get_by_label("Steps", exact=True).is_disabled()
    assert not page.is_visible(".wb-start")
    assert page.locator(".wb-run-row button:visible").count() == 0
    assert page.text_content(".wb-code") == "train --steps 200"
    page.click("[aria-label='Copy: Command line']")
    page.wait_for_timeout(100)
    assert "Command line" in page.text_content(".wb-said-last")
    figures = page.locator(".wb-figures li").all_text_contents()
    assert figures[:2] == ["parameters3.21 million", "memory0.640 GB"]
    nothing_wrong(watched)


def test_what_is_wrong_stands_at_its_field(open_page, launch_pages) -> None:
    watched = open_page(launch_pages["bad"])
    page = ready(watched, ".wb-badge")
    steps = page.get_by_label("Steps", exact=True)
    assert steps.get_attribute("aria-invalid") == "true"
    fault = page.locator(f"#{steps.get_attribute('id')}-fault")
    assert fault.text_content() == "steps must be a whole number above 0, got 0"
    assert fault.get_attribute("id") in steps.get_attribute("aria-describedby").split()
    assert page.text_content(".wb-group .wb-fault") == "all ratios are 0"
    assert page.text_content(".wb-start + .wb-note") == "To be mended: Steps, Objectives."
    assert page.get_by_label("Seed").get_attribute("aria-invalid") is None
    nothing_wrong(watched)


def test_a_probe_page_tells_guesses_and_pairs(open_page, probe_page) -> None:
    watched = open_page(probe_page)
    page = ready(watched, ".wb-probe .wb-title")
    assert page.text_content(".wb-probe .wb-title") == "Step 100"
    assert page.text_content(".wb-guessed strong") == "[MASK]"
    rows = page.locator(".wb-probe .wb-table").first.locator("tbody tr").all_text_contents()
    assert rows == ["ball✓ ball 62 %sun 25 %"]
    assert page.locator(".wb-fits .wb-own").all_text_contents() == ["2.50", "1.50", "-0.750"]
    assert page.locator(".wb-fits .wb-best-fit").all_text_contents() == ["2.50", "1.50", "1"]
    assert not page.is_visible(".wb-probe input[type=range]"), "a page holds one probe"
    nothing_wrong(watched)


def test_narrow_pages_do_not_overflow(
    open_page, attention_page, curve_page, launch_pages, probe_page
) -> None:
    for path, element in (
        (attention_page, ".wb-sentence"),
        (curve_page, ".wb-badge"),
        (launch_pages["bad"], ".wb-badge"),
        (launch_pages["good"], ".wb-badge"),
        (probe_page, ".wb-title"),
    ):
        page = ready(open_page(path, width=420), element)
        assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_a_panel_page_holds_both(open_page, record, tmp_path) -> None:
    curve = LiveCurve(samples.write_run(tmp_path / "quickstart", 100))
    Panel(AttentionView(record), curve).to_html(tmp_path / "panel.html", title="Both")
    curve.close()
    watched = open_page(tmp_path / "panel.html")
    page = ready(watched, ".wb-badge")
    assert page.locator(".wb").count() == 2
    assert page.title() == "Both"
    nothing_wrong(watched)
