"""The launcher without a browser: what it asks its launchpad, what it shows, what it survives."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from tests.widgets import widget_samples as samples
from tests.widgets.launchpad_sample import CHOICE, SampleLaunchpad
from widgets import Launcher
from widgets.runs.launch_words import figures_of, ratios_of


@pytest.fixture
def pad(tmp_path: Path) -> SampleLaunchpad:
    (tmp_path / "runs").mkdir()
    return SampleLaunchpad(tmp_path / "runs")


@pytest.fixture
def made() -> Iterator[Callable[..., Launcher]]:
    """Makes launchers and ends their threads."""
    launchers: list[Launcher] = []

    def make(*arguments: Any, **named: Any) -> Launcher:
        launchers.append(Launcher(*arguments, **named))
        return launchers[-1]

    yield make
    for launcher in launchers:
        launcher.close()


def _until(true: Callable[[], object], seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def _press(launcher: Launcher, **content: Any) -> None:
    launcher.form._handle_custom_msg(content, [])


def test_what_is_chosen_is_looked_at_in_a_thread(pad, made, monkeypatch) -> None:
    launcher = made(pad, choice={"steps": 100})
    assert launcher.form.choice == {**CHOICE, "steps": 100}
    assert launcher.form.seen["command"] == "train --steps 100"
    assert launcher.form.seen["figures"] == [
        ["parameters", "3.21 million"], ["memory", "0.640 GB"], ["time", "1 min 35 s"],
        ["work", "4.10 TFLOP"], ["pairs read", "12,000"],
    ]  # fmt: skip
    gate, look = threading.Event(), pad.look
    monkeypatch.setattr(pad, "look", lambda choice: (gate.wait(5), look(choice))[1])
    before = len(pad.looked)
    for number in range(1, 6):  # as the browser sends while somebody types
        state = {"choice": {**CHOICE, "steps": number}, "revision": number}
        launcher.form.set_state(state)
    assert launcher.form.seen["revision"] == 0, "nobody waited for it"
    gate.set()
    _until(lambda: launcher.form.seen["revision"] == 5)
    assert launcher.form.seen["command"] == "train --steps 5"
    assert len(pad.looked) - before <= 3, "what was overtaken is not looked at"


def test_the_same_choice_again_is_answered_too(pad, made) -> None:
    launcher = made(pad)
    launcher.form.set_state({"revision": 2})  # changed and changed back between two messages
    _until(lambda: launcher.form.seen["revision"] == 2)


def test_what_is_wrong_is_said_by_field(pad, made) -> None:
    launcher = made(pad)
    launcher.form.choice = {**CHOICE, "steps": "many", "objectives": {"mlm": 0, "itm": 0}}
    _until(lambda: launcher.form.seen["problems"])
    assert [p["field"] for p in launcher.form.seen["problems"]] == ["steps", "objectives"]
    assert launcher.sentence() == (
        "System one, tiny, on scenes, engine local. Cannot be started. "
        "Steps: steps must be a whole number above 0, got 'many' Objectives: all ratios are 0"
    )
    launcher.form.to_image()


def test_a_launchpad_that_breaks_does_not_break_the_form(pad, made, monkeypatch) -> None:
    launcher = made(pad)

    def broken(choice: object) -> dict[str, Any]:
        raise KeyError("lost")

    monkeypatch.setattr(pad, "look", broken)
    launcher.form.choice = {**CHOICE, "seed": 3}
    _until(lambda: launcher.form.seen["problems"])
    assert launcher.form.seen["problems"] == [{"field": "", "message": "'lost'"}]


def test_a_start_in_the_browser_shows_the_run(pad, made) -> None:
    launcher = made(pad)
    assert launcher.curve is None and launcher.children == (launcher.form,)
    _press(launcher, request="start", choice={**CHOICE, "steps": 60})
    assert launcher.form.starting
    _until(lambda: not launcher.form.starting)
    assert launcher.form.said == "Started run-001."
    [row] = launcher.form.runs
    assert (row["name"], row["state"], row["step"], row["steps"]) == ("run-001", "running", 30, 60)
    assert launcher.form.shown == [row["folder"]]
    assert launcher.children == (launcher.form, launcher.curve)
    assert launcher.curve is not None and not launcher.curve.buttons
    assert launcher.curve.statuses[0]["step"] == 30


def test_what_fails_is_said_and_nothing_is_lost(pad, made) -> None:
    launcher = made(pad)
    _press(launcher, request="start", choice={**CHOICE, "engine": "ray:nowhere"})
    _until(lambda: launcher.form.problem)
    assert launcher.form.problem == "no cluster answers at that address"
    assert not launcher.form.starting and launcher.form.choice == CHOICE
    folder = launcher.start()
    _press(launcher, request="ask", folder=folder, verb="extend", amount=0)
    _until(lambda: "1 step or more" in launcher.form.problem)
    _press(launcher, request="ask", folder=folder, verb="pause")
    _until(lambda: launcher.form.said == "Asked run-001 to pause.")
    assert launcher.form.problem == "", "what was mended is not complained of"
    _press(launcher, request="ask", folder=folder, verb="delete")
    _until(lambda: "not 'delete'" in launcher.form.problem)


def test_every_button_reaches_the_run(pad, made) -> None:
    launcher = made(pad)
    folder = launcher.start()

    def state() -> str:
        launcher.form.refresh()
        return launcher.form.runs[0]["state"]

    launcher.ask(folder, "checkpoint")
    assert json.loads((Path(folder) / "control.json").read_text()) == {"request": "checkpoint"}
    launcher.ask(folder, "pause")
    assert state() == "paused"
    launcher.ask(folder, "resume")
    assert json.loads((Path(folder) / "control.json").read_text()) == {"request": "continue"}
    launcher.ask(folder, "stop")
    assert state() == "stopped"
    launcher.ask(folder, "extend", 50)
    assert launcher.form.said == "Asked run-001 to extend by 50 steps."


def test_attaching_again_changes_nothing(pad, made, tmp_path: Path) -> None:
    first = samples.write_run(pad.folder / "run-001", 80)
    launcher = made(pad, first)
    curve = launcher.curve
    assert curve is not None and curve.names == ["run-001"]
    launcher.attach(SimpleNamespace(path=first))
    launcher.attach(str(first.parent / "." / "run-001"))
    assert launcher.curve is curve and launcher.form.shown == [str(first)]
    # another run beside it, one that the launchpad does not list, with the same settings
    curve.smoothing = 0.5
    elsewhere = samples.write_run(tmp_path / "elsewhere", 80, seed=2)
    launcher.attach(elsewhere)
    assert launcher.curve is not None and launcher.curve.names == ["run-001", "elsewhere"]
    assert launcher.curve.smoothing == 0.5
    assert [row["name"] for row in launcher.form.runs] == ["elsewhere", "run-001"]
    # ticked off in the browser
    launcher.form.set_state({"shown": []})
    assert launcher.curve is None and launcher.children == (launcher.form,)
    assert made(pad, [first, elsewhere]).curve.names == ["run-001", "elsewhere"]


def test_runs_of_others_appear(pad, made, monkeypatch) -> None:
    launcher = made(pad)
    launcher.form._interval = 0.05
    samples.write_run(pad.folder / "run-009", 40)
    _until(lambda: [row["name"] for row in launcher.form.runs] == ["run-009"])


def test_it_keeps_a_picture_and_a_page(pad, made, tmp_path: Path) -> None:
    launcher = made(pad, samples.write_run(pad.folder / "run-001", 80))
    data = launcher._repr_mimebundle_()
    picture = Image.open(io.BytesIO(data["image/png"]))
    assert launcher.curve is not None
    both = launcher.form.to_image().height + 12 + launcher.curve.to_image().height
    assert picture.size == (900, both)
    assert data["text/plain"].startswith(
        "System one, tiny, on scenes, 200 steps, engine local. Measured just now. "
        "run-001: finished, step 80. run-001 finished, step 80 of 80"
    )
    html = launcher.to_html()
    assert html.count('<script type="module">') == 2
    with pytest.raises(ValueError, match="500 or more"):
        launcher.form.to_image(300)


def test_words_of_a_choice(pad) -> None:
    options = pad.options()
    assert ratios_of(options, CHOICE, {}) == {"mlm": 3.0, "itm": 1.0}
    assert ratios_of(options, CHOICE, {"settled": {"objectives": {"itm": 2.0}}}) == {
        "mlm": 0, "itm": 2.0,
    }  # fmt: skip
    assert ratios_of(options, {**CHOICE, "objectives": {"mlm": 1}}, {}) == {"mlm": 1, "itm": 0}
    assert ratios_of(options, {**CHOICE, "system": "none"}, {}) == {}
    assert figures_of(None) == []
    assert figures_of({"flops": 3.0e19, "parameters": 12_000, "seconds": None}) == [
        ["parameters", "12,000"], ["work", "30 EFLOP"],
    ]  # fmt: skip
