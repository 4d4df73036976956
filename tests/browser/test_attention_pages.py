"""The attention explorer in a real browser: blocks, mixes, changes, comparisons, many records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.browser.pages import FRAMES, PIXELS, axe_faults, nothing_wrong, ready, sentence
from tests.widgets import widget_samples as samples
from tests.widgets.test_attention_blocks import two_streams
from widgets import AttentionChange, AttentionRecord, AttentionView, LiveAttention, compare

pytestmark = pytest.mark.browser
BLOCKS = {
    "Words to regions": "word_to_region",
    "Regions to words": "region_to_word",
    "Among words": "word_to_word",
    "Among regions": "region_to_region",
}


@pytest.fixture(scope="module")
def record() -> AttentionRecord:
    return samples.attention_record()


def without_columns(record: AttentionRecord):
    """Looks again as if the words and regions of a change could not be seen."""

    def again(change: AttentionChange) -> AttentionRecord:
        attention = record.attention.copy()
        attention[..., [*change.words, *(len(record.words) + r for r in change.regions)]] = 0
        return replace(record, attention=attention / attention.sum(-1, keepdims=True))

    return again


@pytest.fixture(scope="module")
def pages(record, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("attention")
    change = AttentionChange((2,), (3,))
    runs = [(f"step {i}00", samples.attention_record(seed=i)) for i in range(4)]
    shown = {
        "plain": AttentionView(record),
        "streams": AttentionView(two_streams(record), layer=0),
        "changed": AttentionView(record, without_columns(record), change=change, head=1),
        "pair": compare(record, runs[3][1], names=("early", "late")),
        "over": AttentionView.over(runs, layer=2, head=1, word=8),
    }
    for name, widget in shown.items():
        widget.to_html(folder / f"{name}.html")
    # as it is beside a kernel, whose answers do not come here
    text = (folder / "changed.html").read_text("utf-8")
    assert text.count('"live": false') == 1
    (folder / "awake.html").write_text(text.replace('"live": false', '"live": true'), "utf-8")
    return {path.stem: path for path in folder.iterdir()}


def chosen(page, name: str, widget: int = 0):
    return page.evaluate(f"workbenchModels.get('widget-{widget}').get('{name}')")


def bars(page, kind: str) -> list[float]:
    script = "bars => bars.map((bar) => Number(bar.style.transform.match(/[0-9.]+/)[0]))"
    return page.eval_on_selector_all(f"[aria-label={kind}] .wb-chip-bar", script)


def test_every_block_says_what_python_says(open_page, pages, record) -> None:
    watched = open_page(pages["plain"])
    page = ready(watched)
    for text, direction in BLOCKS.items():
        page.click(f"text={text}")
        said = sentence(page)
        region = chosen(page, "region")
        view = AttentionView(record, direction=direction, region=region)
        assert said == view.sentence(), text
        assert (region >= 0) == (text == "Among regions"), "a region to ask about is chosen"
    nothing_wrong(watched)


def test_hovering_stays_within_words_or_regions(open_page, pages, record) -> None:
    watched = open_page(pages["plain"])
    page = ready(watched)
    page.click("text=Among words")
    page.hover("[aria-label=words] [role=option]:has-text('house')")
    assert sentence(page).startswith("“house” attends most to “")
    given = AttentionView(record, direction="word_to_word").weights()[8]
    assert np.corrcoef(bars(page, "words"), given)[0, 1] > 0.999
    assert max(bars(page, "regions")) == 0

    page.click("text=Among regions")
    page.hover("[aria-label=regions] [role=option]:has-text('1 house')")
    assert sentence(page).startswith("Region 1 (house) attends most to region ")
    before = page.evaluate(PIXELS, "canvas.wb-picture")
    area = page.locator("canvas.wb-picture").bounding_box()
    page.mouse.move(area["x"] + 0.845 * area["width"], area["y"] + 0.18 * area["height"])
    assert sentence(page).startswith("Region 2 (sun) attends most to region ")
    assert page.evaluate(PIXELS, "canvas.wb-picture") != before
    area = page.locator("canvas.wb-heat").bounding_box()
    page.mouse.move(area["x"] + area["width"] * 0.5, area["y"] + area["height"] * 0.5)
    assert " · region " in page.text_content(".wb-key"), "the cell under the pointer is told"
    nothing_wrong(watched)


def test_what_a_layer_lacks_is_told_and_hatched(open_page, pages, record) -> None:
    watched = open_page(pages["streams"])
    page = ready(watched)
    view = AttentionView(two_streams(record), layer=0)
    for text, direction in BLOCKS.items():
        page.click(f"text={text}")
        view.direction, view.region = direction, -1
        if text == "Among regions":
            view.region = chosen(page, "region")
        assert sentence(page) == view.sentence(), text
        awake = "mean of 2 heads" if direction.startswith("word") else "mean of 4 heads"
        assert awake in page.text_content(".wb-where"), "heads at rest do not count"
    assert page.locator(".wb-head").first.text_content() == "–"
    label = page.locator(".wb-head").first.get_attribute("aria-label")
    assert label == "text 1, head 0, nothing here"
    assert page.locator(".wb-heads-corner").all_text_contents()[1:] == ["text 1", "co-attention 1"]
    assert page.locator(".wb-added").all_text_contents() == ["[SEP]", "9 cloud"]
    assert page.locator("text=a row of the encoder’s own").count() == 2
    nothing_wrong(watched)


def test_heads_are_mixed_by_keyboard_and_alone_by_a_double_click(open_page, pages, record) -> None:
    watched = open_page(pages["plain"])
    page = ready(watched)
    page.click("text=Mix of heads")
    for head in (0, 2, 3):
        page.focus(f"[aria-label='weight of head {head}']")
        page.keyboard.press("Home")
    page.focus("[aria-label='weight of head 0']")
    page.keyboard.press("ArrowRight")
    assert chosen(page, "head_weights") == [0.05, 1, 0, 0]
    mixed = AttentionView(record, head_weights=[0.05, 1, 0, 0])
    assert sentence(page) == mixed.sentence()
    assert "weighted mix of heads" in page.text_content(".wb-where")
    page.click("text=All alike")
    assert sentence(page) == AttentionView(record).sentence()
    cell = page.locator(".wb-head[aria-label^='layer 1, head 2']")
    cell.dblclick()
    assert (chosen(page, "head"), chosen(page, "head_weights")) == (-1, [0, 0, 1, 0])
    assert sentence(page) == AttentionView(record, layer=1, head=2).sentence()
    assert "only head 2" in page.text_content(".wb-where")
    cell.click(modifiers=["Shift"])
    assert chosen(page, "head_weights") == [], "the same again: all heads"
    nothing_wrong(watched)


def test_the_threshold_hides_what_python_hides(open_page, pages, record) -> None:
    watched = open_page(pages["plain"])
    page = ready(watched)
    page.focus("[aria-label='hide weights below']")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    view = AttentionView(record, threshold=0.3)
    assert sentence(page) == view.sentence()
    assert "above the threshold." in view.sentence()
    assert sum(bar > 0 for bar in bars(page, "regions")) == (view.weights()[3] > 0).sum()
    nothing_wrong(watched)


def test_words_are_played_one_a_second_until_stopped(open_page, pages) -> None:
    watched = open_page(pages["plain"])
    page = ready(watched)
    page.clock.install()
    word = chosen(page, "word")
    page.clock.run_for(2500)
    assert chosen(page, "word") == word, "it does not start by itself"
    page.locator("button:has-text('Play')").click()
    page.mouse.move(5, 5)
    assert chosen(page, "word") == word + 1
    page.clock.run_for(1100)
    assert chosen(page, "word") == word + 2
    page.hover("[aria-label=words] [role=option]:has-text('house')")
    page.clock.run_for(2000)
    assert chosen(page, "word") == word + 2, "it waits for the pointer"
    page.mouse.move(5, 5)
    page.clock.run_for(1000)
    assert chosen(page, "word") == word + 3
    page.locator("button:has-text('Pause')").focus()
    page.keyboard.press("Escape")
    page.clock.run_for(2500)
    assert chosen(page, "word") == word + 3
    assert page.locator("button:has-text('Play')").count() == 1
    nothing_wrong(watched)


def test_statistics_colour_the_heads_and_name_the_best(open_page, pages, record) -> None:
    watched = open_page(pages["plain"])
    page = ready(watched)
    page.select_option("select", "entropy")
    page.wait_for_timeout(60)
    assert "in bits" in page.text_content(".wb-grid-note")
    heads = AttentionView(record).heads().sort_values("entropy", ascending=False)
    first = heads.iloc[0]
    cell = page.locator(f"[aria-label^='layer {first.layer}, head {first['head']},']")
    assert float(cell.text_content()) == pytest.approx(first.entropy, abs=0.006)
    page.click("text=Best heads")
    page.wait_for_timeout(60)
    options = page.locator("[aria-label^='best heads'] [role=option]")
    assert options.first.text_content().startswith(f"layer {first.layer}, head {first['head']}")
    page.focus("[aria-label^='best heads'] [tabindex='0']")
    page.keyboard.press("ArrowDown")
    second = heads.iloc[1]
    assert [chosen(page, "layer"), chosen(page, "head")] == [second.layer, second["head"]]
    nothing_wrong(watched)


def test_a_saved_difference_is_kept_and_the_model_missed(open_page, pages, record) -> None:
    watched = open_page(pages["changed"])
    page = ready(watched)
    view = AttentionView(record, without_columns(record), head=1)
    view.change = {"words": [2], "regions": [3]}
    for text, shown in (("Before", "before"), ("After", "after"), ("Difference", "difference")):
        page.click(f"text='{text}'")
        view.shown = shown
        assert sentence(page) == view.sentence()
    assert "a saved page has no model" in page.text_content(".wb-change")
    assert page.locator("button:has-text('Take away')").is_disabled()
    assert not page.is_visible("button:has-text('Reset')")
    gone = page.locator(".wb-chip.wb-taken").all_text_contents()
    assert gone == ["red", "3 tree"]
    page.hover("[aria-label=words] [role=option]:has-text('yellow')")
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    cells = page.locator(".wb-table tbody tr").first.locator("td").all_text_contents()
    assert cells[2].endswith(" points")
    nothing_wrong(watched)


def test_taking_away_by_pointer_and_by_keyboard(open_page, pages) -> None:
    watched = open_page(pages["awake"])
    page = ready(watched)
    page.click("button:has-text('Reset')")
    assert chosen(page, "change") == {}
    take = page.locator("button:has-text('Take away')")
    take.click()
    page.click("[aria-label=words] [role=option]:has-text('house')")
    page.click("[aria-label=regions] [role=option]:has-text('5 door')")
    page.click(".wb-head[aria-label^='layer 1, head 2']")
    assert chosen(page, "change") == {"words": [8], "regions": [5], "heads": [[1, 2]]}
    page.click("[aria-label=words] [role=option]:has-text('house')")
    assert chosen(page, "change")["words"] == [], "the same again brings it back"
    take.click()
    page.focus("[aria-label=words] [tabindex='0']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.focus(".wb-heads [tabindex='0']")
    page.keyboard.press("Delete")
    page.wait_for_timeout(60)
    assert chosen(page, "change") == {"words": [4], "regions": [5], "heads": [[1, 2], [3, 1]]}
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused.endswith(", taken away")
    assert page.text_content(".wb-taken-said").startswith("Without “lies”, region 5 (door), ")
    page.evaluate("workbenchModels.get('widget-0').set('problem', 'Looking again failed.')")
    page.wait_for_timeout(60)
    assert page.text_content("[role=alert]") == "Looking again failed."
    nothing_wrong(watched)


def test_two_views_go_together_without_a_kernel(open_page, pages, record) -> None:
    watched = open_page(pages["pair"], width=1400)
    page = ready(watched)
    said = page.locator(".wb-sentence")
    boxes = [page.locator(".wb").nth(i).bounding_box() for i in range(3)]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[1]["x"] > boxes[0]["x"] + 500
    assert boxes[2]["y"] > boxes[0]["y"] + 300
    page.locator("[aria-label=words]").nth(1).locator("[role=option]:has-text('house')").hover()
    page.wait_for_timeout(80)
    assert all(text.startswith("“house” ") for text in said.all_text_contents())
    page.mouse.move(5, 5)
    page.locator("[aria-label=regions]").first.locator("[role=option]:has-text('2 sun')").click()
    page.click("text=Regions to words")
    page.locator(".wb-heads").nth(1).locator("[aria-label^='layer 2, head 3']").click()
    page.wait_for_timeout(80)
    late = samples.attention_record(seed=3)
    choice = {"region": 2, "direction": "region_to_word", "layer": 2, "head": 3}
    expected = [AttentionView(one, **choice).sentence() for one in (record, late)]
    expected.append(AttentionView(record, after=late, **choice).sentence())
    page.mouse.move(5, 5)
    page.wait_for_timeout(80)
    assert said.all_text_contents() == expected
    nothing_wrong(watched)


def test_scrubbing_keeps_what_is_asked(open_page, pages, tmp_path) -> None:
    watched = open_page(pages["over"])
    page = ready(watched)
    page.focus("[aria-label=record]")
    for step in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        now = samples.attention_record(seed=step)
        assert sentence(page) == AttentionView(now, layer=2, head=1, word=8).sentence()
        assert page.text_content(".wb-frame-label") == f"step {step}00"
    assert "Layer 2 of 0–3, head 1" in page.text_content(".wb-where")
    for step in (0, 100, 200):
        samples.write_probe(tmp_path, step)
    live = LiveAttention(tmp_path, layer=1, head=2, word=8)
    live.probe.set_state({"step": 100, "following": False})
    live.to_html(tmp_path / "live.html")
    live.close()
    page = ready(open_page(tmp_path / "live.html"))
    assert page.text_content(".wb-frame-label") == "step 100"
    page.focus("[aria-label=record]")
    page.keyboard.press("End")
    last = AttentionRecord.load(tmp_path / "probes" / "step-000200.npz")
    assert sentence(page) == AttentionView(last, layer=1, head=2, word=8).sentence()
    nothing_wrong(watched)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(open_page, axe, pages, dark) -> None:
    for name in ("streams", "awake", "pair", "over"):
        watched = open_page(pages[name], dark)
        page = ready(watched)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.wait_for_timeout(80)
        assert axe_faults(page, axe) == [], name


def test_narrow_pages_do_not_overflow(open_page, pages) -> None:
    for name in ("streams", "awake", "pair", "over"):
        page = ready(open_page(pages[name], width=420))
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.wait_for_timeout(80)
        assert page.evaluate("document.documentElement.scrollWidth") <= 420, name


def test_every_block_of_a_large_record_is_redrawn_within_a_frame(open_page, tmp_path) -> None:
    rng = np.random.default_rng(0)
    small = samples.attention_record(extra_regions=90)
    words = tuple(f"word{i}" for i in range(40))
    attention = rng.gamma(0.3, size=(12, 12, 140, 140)).astype(np.float32) + 1e-6
    large = AttentionRecord.from_arrays(
        words, attention / attention.sum(-1, keepdims=True), small.boxes, small.picture
    )
    AttentionView(large).to_html(tmp_path / "large.html")
    watched = open_page(tmp_path / "large.html")
    page = ready(watched)
    for text in BLOCKS:
        page.click(f"text={text}")
        page.wait_for_timeout(400)
        kind = "regions" if text == "Among regions" else "words"
        redraws, median = page.evaluate(
            FRAMES, [f"[aria-label={kind}] [role=option]", "pointerenter", [[0.5, 0.5]]]
        )
        print(f"12 x 12 heads, 40 words, 100 regions, {text}: median redraw {median:.1f} ms")
        assert redraws == 40
        assert median < 16
    nothing_wrong(watched)
