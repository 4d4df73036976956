"""What a board's numbers come to, checked against numbers worked out by hand; how it is written."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from tests.ablations.samples import MEASURES, standing
from workbench.ablations.page import page, progress
from workbench.ablations.report import as_json, markdown
from workbench.ablations.standing import META_SUM, Cell


def test_mean_and_standard_deviation():
    cell = Cell((10.0, 14.0, None))
    assert cell.mean == 12.0
    assert cell.spread == pytest.approx(8**0.5)  # ((10-12)² + (14-12)²) / (2-1)
    assert str(cell) == "12.0 ± 2.8" and str(Cell((3.14159,))) == "3.1" and str(Cell(())) == "–"


def test_meta_sum_is_the_sum_of_the_columns_that_count():
    """U18; its Table 3 adds up like this too: 67.03 + 61.74 + 65.55 + 51.02 + 68.73 = 314.07."""
    full, _, partly, failed, waiting = standing().lines
    # names 40 and 50, fits 60 and 64 count; R@1 10 and 30 does not
    assert full.meta_sum(MEASURES).values == pytest.approx((100.0, 114.0))
    assert full.meta_sum(MEASURES).mean == pytest.approx(107.0)
    assert full.meta_sum(MEASURES).spread == pytest.approx(98**0.5)
    # the other seed is still training: it counts nowhere
    assert partly.meta_sum(MEASURES).values == (pytest.approx(110.0), None)
    assert str(partly.meta_sum(MEASURES)) == "110.0"
    assert failed.meta_sum(MEASURES).known == waiting.meta_sum(MEASURES).known == ()


def test_a_column_that_cannot_be_asked_leaves_no_sum():
    found = {"measures": {"names": 0.5, "fits": None, "image": 0.1, "objectives": {}}}
    one = standing().lines[0]
    run = dataclasses.replace(one.runs[0], found=found)
    line = dataclasses.replace(one, runs=(run,))
    assert line.cell(MEASURES[0]).mean == 50.0 and line.meta_sum(MEASURES).mean is None
    zero = {"measures": {"names": 0.0, "fits": 0.0, "image": 0.1, "objectives": {}}}
    run = dataclasses.replace(run, found=zero)
    assert dataclasses.replace(one, runs=(run,)).meta_sum(MEASURES).mean == 0.0


def test_the_best_of_each_column():
    assert standing().best() == {
        "names": {1},
        "fits or not": {0},
        "image R@1": {0},
        META_SUM: {1},
    }, "row 2 is greater, but one of its seeds is missing"
    alone = dataclasses.replace(standing(), lines=standing().lines[:1])
    assert not any(alone.best().values())
    other = standing().lines[1]
    level = dataclasses.replace(standing(), lines=(other, dataclasses.replace(other, label="x")))
    assert not any(level.best().values())
    tied = dataclasses.replace(level, lines=(standing().lines[0], *level.lines))
    assert tied.best()["names"] == {1, 2}
    control = dataclasses.replace(MEASURES[0], ranked=False)
    grid = dataclasses.replace(standing().grid, measures=(control, *MEASURES[1:]))
    unranked = dataclasses.replace(standing(), grid=grid).best()
    assert not unranked["names"] and unranked[META_SUM] == {1}


def test_markdown_marks_the_best_and_tells_of_failures():
    text = markdown(standing())
    assert (
        "| all | 45.0 ± 7.1 | **62.0 ± 2.8** | **20.0 ± 14.1** | 107.0 ± 9.9 | everything |" in text
    )
    assert "| half | 55.0 | 55.0 | 20.0 | 110.0 |" in text
    assert "| broken | – | – | – | – |" in text
    assert "seed 1 `11bb` running 120/300" in text
    assert "seed 0 `00cc` failed: ValueError: a share \\| of 2.0" in text
    assert "| all | mlm | 1.500 ± 0.707 | 61.0 ± 1.4 |" in text
    assert "| all | seed 0 `00aa`, seed 1 `11aa` | 1,000,000 | 11.0 ± 1.4 |" in text


def test_json_holds_every_number(tmp_path):
    told = json.loads(json.dumps(as_json(standing()), allow_nan=False))
    first, _, second, third, _ = told["rows"]
    assert first["cells"][META_SUM]["values"] == pytest.approx([100.0, 114.0])
    assert second["cells"]["names"]["values"] == [pytest.approx(55.0), None]
    assert third["runs"][0]["problem"].startswith("ValueError")
    assert first["runs"][1]["found"]["measures"]["names"] == 0.5
    assert told["columns"]["names"] == "names restored (in Meta-Sum)"


def test_cards_are_linked_relative_to_the_page(tmp_path):
    found = standing(tmp_path / "runs" / "board")
    card = found.lines[0].runs[1].folder / "card.html"
    card.parent.mkdir(parents=True)
    card.write_text("a card")
    for beside, address in (
        (tmp_path / "runs" / "board", "11aa/card.html"),
        (tmp_path / "docs", "../runs/board/11aa/card.html"),
    ):
        assert f'href="{address}" title="run card of seed 1">50.0</a>' in page(found, beside)
        assert f"[seed 1 `11aa`]({address})" in markdown(found, beside)
        assert "00aa/card.html" not in page(found, beside)


def test_a_page_renews_itself_while_something_can_happen():
    text = page(standing(), Path())
    assert "location.reload()" in text and "&lt;b&gt;" in text and "<b>bold" not in text
    assert progress(standing()) == "10 runs: 5 finished, 1 running, 2 failed, 2 queued."
    over = dataclasses.replace(standing(), lines=standing().lines[:1])
    assert "<script" not in page(over, Path())
