"""The neighbourhood explorer as a saved page in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.pages import PIXELS, axe_faults, nothing_wrong, ready, sentence
from tests.widgets import neighbourhood_sample as sample
from widgets import Neighbourhoods, figure_four
from widgets.core.scatter import on_screen, shares_in, square_extent, view_around

pytestmark = pytest.mark.browser

DRAG = """async ([selector, steps]) => {
  const canvas = document.querySelector(selector);
  const wait = window.requestAnimationFrame.bind(window);
  const spent = [];
  window.requestAnimationFrame = (draw) => wait((now) => {
    const began = performance.now();
    draw(now);
    spent.push(performance.now() - began);
  });
  const area = canvas.getBoundingClientRect();
  const send = (name, x, y) => canvas.dispatchEvent(new PointerEvent(name, {
    clientX: area.left + x * area.width, clientY: area.top + y * area.height, bubbles: true,
  }));
  send("pointerdown", 0.5, 0.5);
  for (let i = 1; i <= steps; i++) {
    send("pointermove", 0.5 + 0.2 * Math.sin(i / 6), 0.5 + 0.1 * Math.cos(i / 5));
    await new Promise((done) => wait(() => wait(done)));
  }
  send("pointerup", 0.5, 0.5);
  window.requestAnimationFrame = wait;
  return [spent.length, spent.sort((a, b) => a - b)[Math.floor(spent.length / 2)]];
}"""
"""How often a panel was redrawn while it was dragged, and the median milliseconds of its script."""

MARKS = ".wb-scatter-marks"


@pytest.fixture(scope="module")
def tables():
    return sample.tables()


@pytest.fixture(scope="module")
def saved(tables, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "neighbourhoods.html"
    Neighbourhoods(tables, "toucan").to_html(path)
    return path


def at(page, panel: int, x: float, y: float) -> tuple[float, float]:
    """A place of a panel in pixels of the page."""
    area = page.locator(MARKS).nth(panel).bounding_box()
    return area["x"] + x * area["width"], area["y"] + y * area["height"]


def place_of(view: Neighbourhoods, panel: int, point: int) -> tuple[float, float]:
    """Where a point stands in a panel that shows everything, as shares."""
    flat = view._projections()[panel].positions.ravel().tolist()
    x, y = shares_in(flat, square_extent(flat)).reshape(-1, 2)[point]
    return float(x), float(y)


def view_around_centre(view: Neighbourhoods, panel: int) -> list[float]:
    """The centre and its neighbours in a panel, moved so that the centre is where it is first."""
    points = [view.centre, *view.neighbours()[panel][0].tolist()]
    first, own = place_of(view, 0, view.centre), place_of(view, panel, view.centre)
    places = [place_of(view, panel, point) for point in points]
    return [value - own[i] + first[i] for place in places for i, value in enumerate(place)]


def names_in(page, panel: int) -> list[str]:
    return page.locator(".wb-near-list").nth(panel).locator(".wb-near-name").all_text_contents()


def test_it_opens_on_what_python_shows(open_page, saved, tables) -> None:
    watched = open_page(saved)
    page = ready(watched)
    view = Neighbourhoods(tables, "toucan")
    assert sentence(page) == view.sentence()
    rows = view.table()
    for panel, model in enumerate(view.models):
        own = rows[rows.model == model]
        assert names_in(page, panel) == own.name.tolist()
        far = page.locator(".wb-near-list").nth(panel).locator(".wb-note.wb-number")
        shown = [float(text) for text in far.all_text_contents()]
        assert shown == pytest.approx(own.distance.tolist(), abs=6e-4)
    axes = page.locator(".wb-axes").all_text_contents()
    assert axes[0].startswith(f"→ axis 1 · {view.explained[-3][0] * 100:.0f} %")
    agreed = page.locator(".wb-agreement tbody tr").first.locator("td").all_text_contents()
    mean = view.agreement()["words first – both"].mean()
    assert agreed[1:] == [f"{mean * 100:.0f} %", "6 %"]
    nothing_wrong(watched)


def test_search_layers_kinds_and_numbers_agree_with_python(open_page, saved, tables) -> None:
    watched = open_page(saved)
    page = ready(watched)
    page.fill("[role=combobox]", "foo")
    assert page.locator("[role=listbox] .wb-found-one").first.text_content().startswith("“foot”")
    page.keyboard.press("Enter")
    view = Neighbourhoods(tables, "foot")
    assert sentence(page) == view.sentence()
    page.focus("[aria-label=layer]")
    page.keyboard.press("Home")
    view.layer = 0
    assert sentence(page) == view.sentence()
    page.click(".wb-segments label:has-text('Regions')")
    view.kind = "region"
    assert sentence(page) == view.sentence()
    page.focus("[aria-label=neighbours]")
    page.keyboard.press("ArrowLeft")
    view.k = 7
    assert sentence(page) == view.sentence()
    assert page.locator(".wb-near-list").first.locator("[role=option]").count() == 7
    page.click("button:has-text('Table')")
    page.wait_for_timeout(60)
    first = page.locator(".wb-table-frame tbody tr").first
    row = view.table().iloc[0]
    assert first.locator("td").all_text_contents()[:2] == ["1", row["name"]]
    nothing_wrong(watched)


def test_pointing_at_a_point_tells_of_it_in_every_panel(open_page, saved, tables) -> None:
    watched = open_page(saved)
    page = ready(watched)
    view = Neighbourhoods(tables, "toucan")
    alone = view.find("the")
    before = [page.evaluate(PIXELS, f".wb-panel:nth-child({i}) {MARKS}") for i in (1, 2, 3)]
    page.mouse.move(*at(page, 1, *place_of(view, 1, alone)))
    page.wait_for_timeout(80)
    card = page.locator(".wb-panel").nth(1).locator(".wb-card")
    assert card.is_visible() and card.locator("strong").text_content() == "the"
    assert "a sentence with the" in card.text_content()
    after = [page.evaluate(PIXELS, f".wb-panel:nth-child({i}) {MARKS}") for i in (1, 2, 3)]
    assert all(one != other for one, other in zip(before, after, strict=True)), "linked hover"
    page.mouse.down()
    page.mouse.up()
    view.centre = alone
    assert sentence(page) == view.sentence(), "a click makes it the centre"
    nothing_wrong(watched)


def test_lasso_box_and_shift_select_and_filters_keep_the_points(open_page, saved, tables) -> None:
    watched = open_page(saved)
    page = ready(watched)
    view = Neighbourhoods(tables, "toucan")
    page.click("text=Box")
    x, y = place_of(view, 0, view.find("foot"))
    page.mouse.move(*at(page, 0, x - 0.015, y - 0.015))
    page.mouse.down()
    page.mouse.move(*at(page, 0, x + 0.015, y + 0.015), steps=3)
    page.mouse.up()
    page.wait_for_timeout(80)
    said = page.text_content(".wb-chosen span")
    assert "selected: " in said and "foot" in said
    few = int(said.split()[0])
    page.click("text=Lasso")
    path = [(x2, y2) for x2, y2 in ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99))]
    page.keyboard.down("Shift")
    page.mouse.move(*at(page, 2, *path[0]))
    page.mouse.down()
    for place in path[1:]:
        page.mouse.move(*at(page, 2, *place), steps=2)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.wait_for_timeout(80)
    assert page.text_content(".wb-chosen span").startswith("129 selected: foot"), "shift adds"
    assert few < 20
    page.click(".wb-segments label:has-text('Words')")  # a lasso holds only what is shown
    page.mouse.move(*at(page, 2, *path[0]))
    page.mouse.down()
    for place in path[1:]:
        page.mouse.move(*at(page, 2, *place), steps=2)
    page.mouse.up()
    page.wait_for_timeout(80)
    assert page.text_content(".wb-chosen span").startswith("39 selected: toucan, parrot, heron")
    page.click("button:has-text('Clear')")
    page.wait_for_timeout(60)
    assert page.text_content(".wb-chosen span") == "Nothing selected"
    nothing_wrong(watched)


def test_a_filtered_point_keeps_its_own_name_and_picture(open_page, saved, tables) -> None:
    """What stands under the pointer is the same thing whatever else was filtered away."""
    watched = open_page(saved)
    page = ready(watched)
    view = Neighbourhoods(tables, "toucan")
    points = view.space.points
    last = max(
        i for i, n in enumerate(points.names) if n == "bridge" and points.kinds[i] == "region"
    )
    where = place_of(view, 0, last)
    tile = "document.querySelectorAll('.wb-card .wb-tile')[0].style.backgroundPosition"
    seen = []
    for step in (None, ".wb-segments label:has-text('Regions')", "concept"):
        if step == "concept":
            page.select_option("label:has-text('Concept') select", "=bridge")
        elif step:
            page.click(step)
        page.mouse.move(*at(page, 0, 0.99, 0.99))
        page.mouse.move(*at(page, 0, *where))
        page.wait_for_timeout(80)
        card = page.locator(".wb-panel").first.locator(".wb-card")
        seen.append((card.locator("strong").text_content(), page.evaluate(tile)))
    assert seen[0][0] == "bridge" and seen == [seen[0]] * 3
    scale = 48 / view.side
    number = int(points.thumbnail[last])
    x = number % view.sheet_columns * view.side * scale
    y = number // view.sheet_columns * view.side * scale
    assert seen[0][1] == f"-{x:g}px -{y:g}px"
    nothing_wrong(watched)


def test_everything_by_keyboard(open_page, saved, tables) -> None:
    watched = open_page(saved)
    page = ready(watched)
    page.focus(f".wb-panel:nth-child(1) {MARKS}")
    whole = page.evaluate(PIXELS, ".wb-scatter-points")
    before = sentence(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(60)
    spoken = page.text_content(".wb-unseen")
    assert spoken.split(",")[0] in {*tables[0].names} and ("word" in spoken or "region" in spoken)
    page.keyboard.press(" ")
    page.wait_for_timeout(60)
    assert page.text_content(".wb-chosen span") == f"1 selected: {spoken.split(',')[0]}"
    page.keyboard.press("Enter")
    assert sentence(page) != before
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_timeout(60)
    closer = page.evaluate(PIXELS, ".wb-scatter-points")
    assert closer != whole
    page.keyboard.press("0")
    page.wait_for_timeout(60)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_timeout(60)
    assert page.text_content(".wb-chosen span") == "Nothing selected"
    page.keyboard.press("Tab")  # to the list below the panel
    assert page.evaluate("document.activeElement.getAttribute('role')") == "option"
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.querySelector('.wb-near-name').textContent")
    page.keyboard.press("Enter")
    assert sentence(page).startswith("Nearest to ") and second in sentence(page).split(":")[0]
    nothing_wrong(watched)


def test_the_wheel_zooms_and_neighbours_come_into_sight_in_every_panel(
    open_page, saved, tables
) -> None:
    watched = open_page(saved)
    page = ready(watched)
    before = page.evaluate(PIXELS, ".wb-scatter-points")
    page.mouse.move(*at(page, 0, 0.6, 0.6))
    page.mouse.wheel(0, -1)
    page.wait_for_timeout(80)
    assert page.evaluate(PIXELS, ".wb-scatter-points") == before, "the page scrolls meanwhile"
    page.focus(f".wb-panel:nth-child(1) {MARKS}")
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(80)
    zoomed = page.evaluate(PIXELS, ".wb-scatter-points")
    assert zoomed != before
    page.mouse.down()
    page.mouse.move(*at(page, 0, 0.7, 0.4), steps=4)
    page.mouse.up()
    page.wait_for_timeout(80)
    assert page.evaluate(PIXELS, ".wb-scatter-points") != zoomed, "dragging moves"
    page.click("button:has-text('Reset')")
    page.wait_for_timeout(80)
    assert page.evaluate(PIXELS, ".wb-scatter-points") == before
    page.click("button:has-text('To the neighbours')")
    page.wait_for_timeout(80)
    assert page.evaluate(PIXELS, ".wb-scatter-points") != before
    view = Neighbourhoods(tables, "toucan")
    shares = [view_around_centre(view, panel) for panel in range(3)]
    x, y, zoom = view_around([value for panel in shares for value in panel], range(27))
    where = [on_screen(shares[0][axis], middle, zoom) for axis, middle in enumerate((x, y))]
    for panel in range(3):  # the centre stands at the same place in every panel
        page.mouse.move(*at(page, panel, *where))
        page.wait_for_timeout(60)
        card = page.locator(".wb-panel").nth(panel).locator(".wb-card strong")
        assert card.text_content() == "toucan" and card.is_visible()
    nothing_wrong(watched)


def test_shading_shows_agreement_and_thumbnails_can_go(open_page, saved) -> None:
    page = ready(open_page(saved))
    before = page.evaluate(PIXELS, ".wb-scatter-points")
    page.check("text=Shade by agreement")
    page.wait_for_timeout(80)
    shaded = page.evaluate(PIXELS, ".wb-scatter-points")
    assert shaded[0] - shaded[2] > before[0] - before[2] + 0.2, "the warm scale of agreement"
    assert page.locator(".wb-near-list .wb-tile").count() > 0
    page.uncheck("text=Thumbnails")
    page.wait_for_timeout(80)
    assert page.locator(".wb-near-list .wb-tile").count() == 0


def test_figure_four_as_a_page(open_page, tables, tmp_path) -> None:
    view = figure_four(tables, "hamburger", k=5)
    view.to_html(tmp_path / "four.html")
    watched = open_page(tmp_path / "four.html")
    page = ready(watched)
    assert sentence(page) == view.sentence()
    assert page.locator(".wb-panel").count() == 3
    assert page.locator("select:disabled").count() == 2, "a page holds one projection"
    page.fill("[role=combobox]", "toucan")
    page.keyboard.press("Enter")
    assert "axes of the neighbourhood of hamburger" in page.text_content(".wb-where")
    nothing_wrong(watched)


def test_twenty_thousand_points_are_moved_within_a_frame(open_page, tmp_path) -> None:
    Neighbourhoods(sample.many(), 7).to_html(tmp_path / "many.html")
    watched = open_page(tmp_path / "many.html")
    page = ready(watched)
    page.focus(f".wb-panel:nth-child(1) {MARKS}")
    page.keyboard.press("+")
    page.wait_for_timeout(100)
    redraws, median = page.evaluate(DRAG, [MARKS, 40])
    print(f"20,000 points: median redraw on pan {median:.1f} ms")
    assert redraws >= 40
    assert median < 16
    page.fill("[role=combobox]", "word19999")
    page.keyboard.press("Enter")
    page.wait_for_timeout(80)
    assert "this page holds the neighbours of the point" in page.text_content(".wb-near")
    nothing_wrong(watched)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(open_page, axe, saved, dark) -> None:
    page = ready(open_page(saved, dark=dark))
    page.fill("[role=combobox]", "a")
    page.click("button:has-text('Table')")
    page.click("button:has-text('Select the neighbours')")
    page.wait_for_timeout(80)
    assert axe_faults(page, axe) == []
    paper = page.evaluate("getComputedStyle(document.querySelector('.wb')).backgroundColor")
    assert (max(int(part) for part in paper.strip("rgb()").split(",")) < 40) == dark


def test_names_are_text_and_never_markup(open_page, tables, tmp_path) -> None:
    evil = "<img src=x onerror=document.title='broken'>"
    changed = [
        replace(table, names=(evil, *table.names[1:]), groups=(evil, *table.groups[1:]))
        for table in tables
    ]
    Neighbourhoods(changed, 0).to_html(tmp_path / "evil.html", title="safe")
    watched = open_page(tmp_path / "evil.html")
    page = ready(watched)
    page.fill("[role=combobox]", "img")
    page.click("button:has-text('Table')")
    page.wait_for_timeout(100)
    assert page.title() == "safe" and page.locator("main img").count() == 0
    assert evil in sentence(page)
    nothing_wrong(watched)


def test_narrow_pages_do_not_overflow(open_page, saved) -> None:
    watched = open_page(saved, width=420)
    page = ready(watched)
    page.click("button:has-text('Table')")
    page.wait_for_timeout(80)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    nothing_wrong(watched)
