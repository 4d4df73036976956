"""The live curve without a browser: what it sends, what it writes, what it draws."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from tests.widgets import widget_samples as samples
from widgets import AttentionView, LiveCurve, Panel
from widgets.runs.curve_charts import charts_of
from widgets.runs.curve_messages import MEASURE_NUMBERS, POINT_NUMBERS


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return samples.write_run(tmp_path_factory.mktemp("runs") / "quickstart", 300)


@pytest.fixture
def made() -> Iterator[Callable[..., LiveCurve]]:
    """Makes live curves and ends their threads."""
    curves: list[LiveCurve] = []

    def make(*arguments: Any, **named: Any) -> LiveCurve:
        curves.append(LiveCurve(*arguments, **named))
        return curves[-1]

    yield make
    for curve in curves:
        curve.close()


def _rows(packed: bytes) -> np.ndarray:
    return np.frombuffer(packed, "<f4").reshape(-1, POINT_NUMBERS)


def _append(folder: Path, count: int, first: int) -> None:
    rng = np.random.default_rng(1)
    with open(folder / "events" / "attempt-0001.rank-0.jsonl", "a") as file:
        for step in range(first, first + count):
            event = samples.step_event(step, 300, "masked_language", rng, 1_750_000_000.0)
            file.write(json.dumps(event) + "\n")


def test_a_browser_that_joins_gets_every_point(run: Path, made) -> None:
    state = made(run).get_state()
    rows = _rows(state["snapshot"])
    assert state["snapshot_count"] == len(rows) == 300
    assert list(rows[:, 1]) == list(range(1, 301))
    assert set(rows[:, 3]) == set(range(len(state["series"]))) == set(range(5))
    assert rows[0, 11] == 0 and rows[-1, 11] == pytest.approx(299 * 0.29, rel=1e-3)


def test_only_new_points_are_sent(tmp_path: Path, made, monkeypatch) -> None:
    folder = samples.write_run(tmp_path / "r", 300, 100, reason=None)
    samples.write_lease(folder)
    sent: list[tuple[dict, list[bytes]]] = []
    monkeypatch.setattr(LiveCurve, "send", lambda self, c, buffers=None: sent.append((c, buffers)))
    curve = made(folder, interval=0.2)
    _append(folder, 7, 101)
    until = time.monotonic() + 5
    while not sent and time.monotonic() < until:
        time.sleep(0.05)
    [(content, buffers)] = sent
    assert content == {"kind": "points", "start": 100}
    assert list(_rows(buffers[0])[:, 1]) == list(range(101, 108))
    assert curve.statuses[0]["step"] == 107
    curve.update()
    assert len(sent) == 1, "nothing new, nothing sent"
    curve._handle_custom_msg({"request": "history"}, [])
    assert sent[-1][0] == {"kind": "history", "start": 107}
    assert len(_rows(sent[-1][1][0])) == 107


def test_buttons_leave_requests(tmp_path: Path, made) -> None:
    folder = samples.write_run(tmp_path / "r", 300, 100, reason=None)
    samples.write_lease(folder)
    curve = made(folder)
    curve._handle_custom_msg({"request": "checkpoint", "run": 0}, [])
    assert json.loads((folder / "control.json").read_text()) == {"request": "checkpoint"}
    assert curve.statuses[0]["request"] == "checkpoint"
    curve._handle_custom_msg({"request": "stop", "run": 0}, [])
    assert json.loads((folder / "control.json").read_text()) == {"request": "stop"}
    with pytest.raises(ValueError, match="run 3 was given; there are runs 0 to 0"):
        curve.stop(3)


def test_a_run_is_paused_and_goes_on(tmp_path: Path, made) -> None:
    folder = samples.write_run(tmp_path / "r", 300, 100, reason=None)
    samples.write_lease(folder)
    curve = made(folder)
    curve._handle_custom_msg({"request": "pause", "run": 0}, [])
    assert json.loads((folder / "control.json").read_text()) == {"request": "pause"}
    (folder / "control.json").unlink()
    with open(folder / "events" / "attempt-0001.rank-0.jsonl", "a") as file:
        file.write('{"time": 1, "step": 100, "kind": "pause"}\n')
    curve.update()
    assert curve.statuses[0]["state"] == "paused"
    curve.go_on()
    assert curve.statuses[0]["request"] == "continue"


def test_what_is_measured_now_and_then_is_sent_once(tmp_path: Path, made, monkeypatch) -> None:
    folder = samples.write_run(tmp_path / "r", 300, 100, reason=None, measured=50)
    sent: list[list[bytes]] = []
    monkeypatch.setattr(LiveCurve, "send", lambda self, c, buffers=None: sent.append(buffers))
    curve = made(folder, interval=100)
    state = curve.get_state()
    assert state["snapshot_count"] == 100 + 2 * 4
    rows = np.frombuffer(state["measured"], "<f4").reshape(-1, MEASURE_NUMBERS)
    assert list(rows[:4, 1]) == [50] * 4 and rows[6, 4] == pytest.approx(1.2)
    events = folder / "events" / "attempt-0001.rank-0.jsonl"
    with open(events, "a") as file:
        for event in samples.measures(150, 300, 0.0):
            file.write(json.dumps(event) + "\n")
    curve.update()
    [[points, measured]] = sent
    assert points == b"" and len(measured) == 4 * 4 * MEASURE_NUMBERS
    plain = curve.to_image()
    curve.set_state({"details": True})
    assert curve.to_image().height > plain.height
    [reader] = curve._readers
    named = (curve.series, [reader.points()], curve.measures, [reader.measured()])
    titles = [chart.title for chart in charts_of(*named, details=True)][5:]
    assert titles == [
        "validation masked language", "validation accuracy", "pairs per second", "learning rate",
        "tokens per second", "padding, %", "waiting for data, %", "gradient norm",
        "memory, GB", "CPU use, %",
    ]  # fmt: skip
    assert [chart.title for chart in charts_of(*named)][5:] == titles[:4]


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path, made) -> None:
    curve = made(tmp_path / "not-there-yet")
    assert curve.statuses[0]["state"] == "waiting"
    curve.stop()
    assert curve.problem.startswith("cannot ask not-there-yet to stop:")


def test_long_runs_are_thinned_for_the_browser_only(tmp_path: Path, made) -> None:
    folder = samples.write_run(tmp_path / "long", 12_000)
    curve = made(folder)
    assert len(curve.table()) == 12_000
    rows = _rows(curve.get_state("snapshot")["snapshot"])
    assert 5 * 1500 < len(rows) <= 5 * 2000
    assert rows[-1, 1] == 12_000


def test_the_table_is_what_was_logged(run: Path, made) -> None:
    table = made(run).table()
    logged = [json.loads(line) for line in next(run.glob("events/*")).read_text().splitlines()]
    steps = [event for event in logged if event["kind"] == "step"]
    assert list(table.loss) == [event["loss"] for event in steps]
    assert list(table.objective) == [event["objective"] for event in steps]
    assert set(table.run) == {"quickstart"}


def test_runs_may_be_handles_and_several(run: Path, tmp_path: Path, made) -> None:
    other = samples.write_run(tmp_path / "other", 300, seed=2)
    curve = made([SimpleNamespace(path=run), str(other)])
    assert curve.names == ["quickstart", "other"]
    assert set(_rows(curve.get_state()["snapshot"])[:, 0]) == {0, 1}
    # the same name means the same curve, although the runs met their objectives in another order
    table = curve.table()
    first = {run: list(dict.fromkeys(part.objective)) for run, part in table.groupby("run")}
    assert first["quickstart"] != first["other"]
    assert len(curve.series) == 5
    for bad in ([], 3, [run, 4]):
        with pytest.raises(ValueError, match="a run folder or a list"):
            made(bad)


def test_bad_settings_are_refused(run: Path, made) -> None:
    with pytest.raises(ValueError, match=r"0\.2 s or more"):
        made(run, interval=0.05)
    with pytest.raises(TraitError):
        made(run, smoothing=1.5)


def test_state_survives_json(run: Path, made) -> None:
    curve = made(run, smoothing=0.5, logarithmic=True)
    again = LiveCurve.from_state(json.loads(json.dumps(curve.state())))
    again.close()
    assert again.state() == curve.state()
    with pytest.raises(ValueError, match="has no colour"):
        LiveCurve.from_state({"runs": str(run), "colour": "red"})


def test_saved_notebooks_get_a_small_picture(run: Path, made) -> None:
    curve = made(run)
    data, _ = curve._repr_mimebundle_()
    picture = Image.open(io.BytesIO(data["image/png"]))
    assert picture.size[0] == 900 and len(data["image/png"]) < 80_000
    assert data["text/plain"].startswith("quickstart finished, step 300 of 300; losses: ")
    curve.set_state({"logarithmic": True})
    assert (np.asarray(curve.to_image()) != np.asarray(picture.convert("RGB"))).any()
    with pytest.raises(ValueError, match="500 or more"):
        curve.to_image(200)


def test_pictures_of_runs_with_little_in_them(tmp_path: Path, made) -> None:
    for name, done in (("empty", 0), ("one", 1), ("two", 2)):
        folder = samples.write_run(tmp_path / name, 50, done, reason=None)
        image = np.asarray(made(folder).to_image())
        assert (image[-3:] == 255).all() and image.min() < 100
    assert np.asarray(made(tmp_path / "nowhere").to_image()).min() < 100


def test_a_step_of_several_objectives_is_one_point_of_speed(tmp_path: Path, made) -> None:
    folder = samples.write_run(tmp_path / "one", 60)
    both = samples.write_run(tmp_path / "both", 60)
    [path] = both.glob("events/*")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    for event in events:
        if event["kind"] == "step":
            event["losses"] = {"words": event["loss"], "pairs": event["loss"] / 2}
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    curve = made(both)
    assert curve.series == ["words", "pairs"]
    assert len(_rows(curve.get_state()["snapshot"])) == 120
    table = curve.table()
    assert list(table.objective[:4]) == ["words", "pairs"] * 2
    assert list(table.loss[1::2]) == [loss / 2 for loss in table.loss[::2]]
    [points] = [reader.points() for reader in curve._readers]
    drawn = {chart.title: chart.curves[0] for chart in charts_of(curve.series, [points])}
    assert [len(steps) for steps, _ in drawn.values()] == [60, 60, 60, 60]
    alone = made(folder)
    assert curve.statuses[0]["seconds_left"] == alone.statuses[0]["seconds_left"]
    assert np.asarray(curve.to_image()).min() < 100


def test_a_page_holds_the_whole_run_and_no_live_buttons(run: Path, made) -> None:
    html = made(run).to_html()
    state = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert state is not None
    values = json.loads(state[1])
    assert values["values"]["live"] is False
    assert len(values["bytes"]["snapshot"]) >= 300 * 32
    assert not re.search(r"https?://", html)
    assert len(html) < 150_000


def test_a_panel_keeps_the_pictures(run: Path, made, tmp_path: Path) -> None:
    view = AttentionView(samples.attention_record())
    curve = made(run)
    panel = Panel(view, curve)
    data = panel._repr_mimebundle_()
    picture = Image.open(io.BytesIO(data["image/png"]))
    assert picture.width == 900
    assert picture.height == view.to_image().height + 12 + curve.to_image().height
    assert "ball" in data["text/plain"] and "quickstart finished" in data["text/plain"]
    panel.to_html(tmp_path / "panel.html")
    html = (tmp_path / "panel.html").read_text("utf-8")
    assert html.count('<script type="module">') == 2
    side_by_side = Panel(view, curve, columns=2).to_image(1300)
    assert side_by_side.width == 644 * 2 + 12
    with pytest.raises(ValueError, match="a widget and a column"):
        Panel()
