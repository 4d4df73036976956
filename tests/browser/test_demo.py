"""The demo as visitors meet it: every tab asked in Chromium, on a desk and on a telephone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.front.desk import Served, home, serving  # noqa: F401
from workbench.setup import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENSHOTS = os.environ.get("SCREENSHOTS")
TABS = ("Look inside", "Fill the blank", "Does it match?", "Find", "Caption", "Compare")
SEEN = 40_000
"""Milliseconds within which a busy machine shows an answer."""


@pytest.fixture(scope="module")
def demo(home, tmp_path_factory) -> Iterator[Served]:  # noqa: F811
    """The very command of the README, typed in another folder than the checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    file = os.path.relpath(ROOT / "workbench" / "demo.py", folder)  # gradio takes no other
    command = [str(Path(sys.executable).with_name("gradio")), file]
    with serving(command, folder, home, folder / "log") as served:
        yield served


@pytest.fixture(params=[("desk", 1280, False), ("telephone", 390, True)], ids=lambda p: p[0])
def visit(request, demo, open_page, tmp_path):
    """The open page with the explorer drawn, and a function that keeps a picture of it."""
    name, width, dark = request.param
    watched = open_page(demo.address, dark, width=width, height=900)
    watched.page.set_default_timeout(SEEN)
    frame = watched.page.frame_locator("iframe[data-workbench]").first
    frame.locator(".wb-sentence").wait_for()
    folder = Path(SCREENSHOTS) if SCREENSHOTS else tmp_path

    def keep(tab: str) -> Path:
        watched.page.wait_for_timeout(600)
        path = folder / f"demo_{tab.lower().replace(' ', '-').strip('?')}_{name}.png"
        watched.page.screenshot(path=path, full_page=True)
        return path

    watched.keep = keep
    return watched


def opened(page, tab: str):
    """The panel of a tab, chosen as a visitor does: from the bar, or from its menu."""
    button = page.get_by_role("tab", name=tab, exact=True).locator("visible=true")
    if not button.count():
        page.locator(".overflow-menu > button").first.click()
        button = page.locator(".overflow-dropdown button").get_by_text(tab, exact=True)
    button.first.click()
    panel = page.locator("[role=tabpanel]:visible")
    panel.wait_for()
    return panel


def choose(page, checkpoint: str) -> None:
    page.get_by_label("Checkpoint", exact=True).first.click()
    page.get_by_role("option", name=checkpoint, exact=True).click()


def nothing_wrong(watched) -> None:
    page = watched.page
    assert watched.requests == []
    assert watched.errors == []
    assert page.locator(".toast-body.error").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_the_explorer_is_there_and_lives(visit):
    page = visit.page
    frame = page.frame_locator("iframe[data-workbench]").first
    word = frame.locator("[aria-label=words] [role=option]").nth(2)
    word.click()
    said = word.text_content().strip()
    frame.locator(f".wb-sentence:has-text('“{said}”')").wait_for()
    high = page.locator("iframe[data-workbench]").first.bounding_box()["height"]
    inner = frame.locator("body").evaluate("body => body.scrollHeight")
    assert high >= inner, "the frame shows all of the explorer"
    drawn = Image.open(visit.keep("Look inside")).convert("RGB").getcolors(10_000_000)
    assert drawn is not None and len(drawn) > 500, "the page is blank"
    nothing_wrong(visit)


def test_a_picked_picture_is_looked_at_at_once(visit):
    page = visit.page
    before = page.locator("iframe[data-workbench]").first.get_attribute("srcdoc")
    page.locator("button[aria-label*=Thumbnail]").nth(1).click()
    page.wait_for_function(
        "before => document.querySelector('iframe[data-workbench]').srcdoc !== before", arg=before
    )
    nothing_wrong(visit)


def test_an_uploaded_picture_gets_regions(visit, tmp_path):
    page = visit.page
    Image.radial_gradient("L").convert("RGB").save(tmp_path / "mine.png")
    regions = page.locator("img[alt='']:visible, .image-frame img:visible").last
    before = regions.get_attribute("src")
    page.locator("button[aria-label*=emove], button[aria-label*=lear]").first.click()
    page.locator("input[type=file]").first.set_input_files(str(tmp_path / "mine.png"))
    page.wait_for_function(
        "before => [...document.querySelectorAll('.image-frame img')].length > 1 && "
        "[...document.querySelectorAll('.image-frame img')].at(-1).src !== before",
        arg=before,
    )


def test_every_tab_answers(visit):
    page = visit.page
    choose(page, "uniter-tiny")
    panel = opened(page, "Fill the blank")
    panel.get_by_role("button", name="Guess", exact=True).click()
    panel.locator("iframe[data-workbench]").wait_for()
    visit.keep("Fill the blank")

    panel = opened(page, "Does it match?")
    panel.get_by_text("Beside the gallery").wait_for()
    before = panel.locator(".html-container").first.inner_text()
    panel.get_by_label("Sentence, to be changed").fill("a key.")
    page.wait_for_function(
        "before => [...document.querySelectorAll('[role=tabpanel] .html-container')]"
        ".filter(e => e.offsetParent).every(e => e.innerText !== before)",
        arg=before,
    )
    visit.keep("Does it match?")

    panel = opened(page, "Find")
    panel.get_by_role("button", name="Find pictures for the sentence").click()
    panel.locator("button[aria-label*=Thumbnail]").first.wait_for()
    panel.get_by_role("button", name="Find sentences for the picture").click()
    panel.locator("table").first.wait_for()
    visit.keep("Find")

    panel = opened(page, "Compare")
    panel.get_by_role("button", name="Compare", exact=True).click()
    panel.locator("iframe[data-workbench]").first.wait_for()
    visit.keep("Compare")
    nothing_wrong(visit)


def test_a_captioner_writes_and_others_say_why_not(visit):
    page = visit.page
    choose(page, "uniter-tiny")
    panel = opened(page, "Caption")
    panel.get_by_role("button", name="Write a caption").click()
    page.locator(".toast-body.error:has-text('not trained to write')").wait_for()
    page.locator(".toast-close").first.click()
    choose(page, "vlp-tiny")
    panel.get_by_role("button", name="Write a caption").click()
    panel.get_by_text("greedy", exact=False).first.wait_for()
    visit.keep("Caption")
    nothing_wrong(visit)
