"""Following a run folder while it is written: torn lines, attempts, states, requests."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.widgets import widget_samples as samples
from widgets.runs.run_reader import RunReader, ask, pending
from widgets.runs.run_status import lease_is_live, status_of


def _event(step: int, loss: float | None = 1.0, objective: str = "masked_language") -> str:
    return json.dumps(
        {"time": 100.0 + step, "step": step, "kind": "step", "objective": objective, "loss": loss,
         "learning_rate": 1e-3, "pairs": 8, "seconds": 0.5}
    )  # fmt: skip


def _events(folder: Path, attempt: int = 1, rank: int = 0) -> Path:
    (folder / "events").mkdir(parents=True, exist_ok=True)
    return folder / "events" / f"attempt-{attempt:04d}.rank-{rank}.jsonl"


def test_only_new_points_are_answered_and_a_torn_line_waits(tmp_path: Path) -> None:
    path = _events(tmp_path)
    line = _event(3)
    path.write_text(f"{_event(1)}\n{_event(2)}\n{line[:20]}")
    reader = RunReader(tmp_path)
    assert [point.step for point in reader.poll()] == [1, 2]
    assert reader.poll() == []
    with open(path, "a") as file:
        file.write(line[20:])
    assert reader.poll() == []
    with open(path, "a") as file:
        file.write("\n")
    assert [point.step for point in reader.poll()] == [3]
    assert [point.step for point in reader.points()] == [1, 2, 3]
    assert reader.points()[0].pairs_per_second == 16


def test_lines_that_are_no_events_are_skipped(tmp_path: Path) -> None:
    lines = ["not json", "[1, 2]", '{"kind": "step", "step": "two"}', '{"kind": "step"}', _event(4)]
    _events(tmp_path).write_bytes(("\n".join(lines) + "\n").encode() + b"\xff\xfe\n")
    assert [point.step for point in RunReader(tmp_path).poll()] == [4]


def test_the_highest_attempt_wins_each_step(tmp_path: Path) -> None:
    first = "".join(_event(step, 1.0) + "\n" for step in range(1, 7))
    _events(tmp_path, 1).write_text(first)
    reader = RunReader(tmp_path)
    reader.poll()
    _events(tmp_path, 2).write_text(_event(3, 9.0) + "\n" + _event(4, 9.0) + "\n")
    assert [(point.step, point.loss) for point in reader.poll()] == [(3, 9.0), (4, 9.0)]
    with open(_events(tmp_path, 1), "a") as file:  # a late line of the attempt that was given up
        file.write(_event(4, 5.0) + "\n" + _event(7, 5.0) + "\n")
    reader.poll()
    losses = {point.step: point.loss for point in reader.points()}
    assert losses == {1: 1, 2: 1, 3: 9, 4: 9, 5: 1, 6: 1, 7: 5}


def test_other_ranks_are_not_counted_twice(tmp_path: Path) -> None:
    _events(tmp_path).write_text(_event(1) + "\n")
    _events(tmp_path, 1, 1).write_text(_event(1) + "\n" + _event(2) + "\n")
    assert [point.step for point in RunReader(tmp_path).poll()] == [1]


def test_missing_numbers_are_gaps(tmp_path: Path) -> None:
    path = _events(tmp_path)
    path.write_text(_event(1, None) + '\n{"kind": "step", "step": 2, "objective": "x"}\n')
    loss = [point.loss for point in RunReader(tmp_path).poll()]
    assert all(value != value for value in loss)


def _together(step: int, **losses: float | None) -> str:
    """A step that trained several objectives at once, as the training loop writes it."""
    event = json.loads(_event(step, sum(loss or 0.0 for loss in losses.values())))
    return json.dumps({**event, "objective": "+".join(losses), "losses": losses})


def test_a_step_of_several_objectives_gives_each_its_point(tmp_path: Path) -> None:
    path = _events(tmp_path)
    lines = [_event(1, 4.0, "mlm"), _together(2, itm=0.5, mlm=3.0), _together(3, mlm=2.5, itm=None)]
    path.write_text("\n".join(lines) + "\n")
    reader = RunReader(tmp_path)
    new = reader.poll()
    assert reader.series == ["mlm", "itm"]
    assert [(p.step, p.series) for p in new] == [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1)]
    assert [p.loss for p in new[:4]] == [4.0, 3.0, 0.5, 2.5] and math.isnan(new[4].loss)
    assert reader.points() == new
    assert status_of(reader, 0.0).losses == {"mlm": 2.5, "itm": 0.5}
    with open(path, "a") as file:
        file.write(_together(4, itm=0.25) + "\n")
    reader.poll()
    assert [p.loss for p in reader.points() if p.series == 1 and p.step != 3] == [0.5, 0.25]


def test_a_later_attempt_takes_all_points_of_a_step(tmp_path: Path) -> None:
    _events(tmp_path, 1).write_text(_together(1, a=1.0, b=1.0, c=1.0) + "\n")
    reader = RunReader(tmp_path)
    reader.poll()
    _events(tmp_path, 2).write_text(_together(1, d=2.0) + "\n")
    reader.poll()
    assert [(p.attempt, p.series, p.loss) for p in reader.points()] == [(2, 3, 2.0)]


def test_losses_that_are_no_record_leave_the_total(tmp_path: Path) -> None:
    event = json.loads(_event(1, 2.0, "mlm"))
    lines = [json.dumps({**event, "losses": odd, "step": n}) for n, odd in enumerate(({}, 3, None))]
    _events(tmp_path).write_text("\n".join(lines) + "\n")
    reader = RunReader(tmp_path)
    assert [point.loss for point in reader.poll()] == [2.0] * 3
    assert reader.series == ["mlm"]


def _state(folder: Path) -> str:
    reader = RunReader(folder)
    reader.poll()
    return status_of(reader, 0.9).state


def test_states(tmp_path: Path) -> None:
    assert _state(tmp_path / "nothing") == "waiting"
    assert _state(samples.write_run(tmp_path / "a", 20)) == "finished"
    assert _state(samples.write_run(tmp_path / "b", 20, 9, reason="stopped")) == "stopped"
    assert _state(samples.write_run(tmp_path / "c", 20, 9, reason="error")) == "failed"
    silent = samples.write_run(tmp_path / "d", 20, 9, reason=None)
    assert _state(silent) == "dead"
    samples.write_lease(silent)
    assert _state(silent) == "running"


def test_a_lease_without_its_process_is_dead(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    folder = samples.write_run(tmp_path / "a", 20, 9, reason=None)
    samples.write_lease(folder, child.pid)
    child.wait()
    assert _state(folder) == "dead"


@pytest.mark.skipif(sys.platform != "linux", reason="zombies are told apart through /proc")
def test_a_zombie_is_dead(tmp_path: Path) -> None:
    folder = samples.write_run(tmp_path / "a", 20, 9, reason=None)
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    until = time.monotonic() + 10
    while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    samples.write_lease(folder, child.pid)
    assert _state(folder) == "dead"
    child.wait()


def test_a_later_process_with_the_same_number_is_not_the_run(tmp_path: Path) -> None:
    samples.write_lease(tmp_path)
    lease = json.loads((tmp_path / "lease.json").read_text())
    assert lease_is_live(lease)
    assert not lease_is_live({**lease, "process": "another-boot/12345"})
    elsewhere = {**lease, "host": "another-machine"}
    assert lease_is_live(elsewhere)
    assert not lease_is_live({**elsewhere, "heartbeat": time.time() - 3600})


def test_a_new_attempt_is_running_although_the_last_one_stopped(tmp_path: Path) -> None:
    folder = samples.write_run(tmp_path / "a", 20, 9, reason="stopped")
    samples.write_lease(folder, attempt=2)
    assert _state(folder) == "running"


def test_a_paused_run_lives_and_its_pause_is_no_pace(tmp_path: Path) -> None:
    folder = samples.write_run(tmp_path / "a", 300, 100, reason=None)
    samples.write_lease(folder)
    [path] = folder.glob("events/*")
    steps = path.read_text().splitlines()
    pause = {"time": 1_750_000_030.0, "step": 100, "kind": "pause"}
    path.write_text("\n".join([*steps, json.dumps(pause)]) + "\n")
    assert _state(folder) == "paused"
    reader = RunReader(folder)
    reader.poll()
    assert status_of(reader, 0.9).sentence().startswith("a is paused, step 100 of 300; losses:")
    ask(folder, "pause")  # the run leaves it there until it goes on
    assert status_of(reader, 0.9).request == ""
    ask(folder, "continue")
    assert status_of(reader, 0.9).request == "continue"
    later = [json.loads(line) for line in steps[90:]]
    for n, event in enumerate(later, 101):
        event.update(time=1_750_009_000.0 + 0.29 * n, step=n)
    with open(path, "a") as file:
        file.write(json.dumps({**pause, "kind": "continue"}) + "\n")
        file.write("".join(json.dumps(event) + "\n" for event in later))
    reader.poll()
    status = status_of(reader, 0.9)
    assert status.state == "running"
    left = 300 - later[-1]["step"]
    assert status.seconds_left == pytest.approx(left * 0.29, rel=0.02)
    # its process went away while it was paused
    (folder / "lease.json").unlink()
    assert _state(folder) == "dead"


def test_what_is_measured_now_and_then(tmp_path: Path) -> None:
    folder = samples.write_run(tmp_path / "a", 100, measured=50)
    reader = RunReader(folder)
    reader.poll()
    names = ["validation masked_language", "validation accuracy", "memory, GB", "CPU use, %"]
    assert reader.measures == names, "what a machine does not have is left out"
    assert [(m.step, names[m.series]) for m in reader.new_measures()[:3]] == [
        (50, names[0]), (50, names[1]), (50, names[2]),
    ]  # fmt: skip
    assert reader.new_measures() == []
    by_name = {names[m.series]: m.value for m in reader.measured() if m.step == 100}
    assert by_name["memory, GB"] == pytest.approx(1.2)
    assert by_name["CPU use, %"] == pytest.approx(97)
    # a later attempt goes over them again
    events = samples.measures(100, 100, 0.0)
    events[0]["metrics"] = {"accuracy": 0.25}
    path = _events(folder, 2)
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    reader.poll()
    assert {names[m.series] for m in reader.measured() if m.step == 100} == set(names[1:])
    assert [m.value for m in reader.measured() if m.series == 1 and m.step == 100] == [0.25]


def test_facts_of_a_step_that_all_its_points_share(tmp_path: Path) -> None:
    event = {**json.loads(_event(1)), "tokens": 100, "data_seconds": 0.1, "padding": 0.03,
             "gradient_norm": 2.5}  # fmt: skip
    _events(tmp_path).write_text(json.dumps(event) + "\n")
    reader = RunReader(tmp_path)
    [point] = reader.poll()
    assert (point.tokens_per_second, point.gradient_norm) == (200, 2.5)
    assert (point.waiting, point.padding) == (pytest.approx(20), pytest.approx(3))
    assert status_of(reader, 0.9).facts() == [
        "step 1", "16 pairs/s", "200 tokens/s", "20 % waiting for data",
    ]  # fmt: skip


def test_time_left_and_message(tmp_path: Path) -> None:
    folder = samples.write_run(tmp_path / "a", 1000, 400, reason=None)
    samples.write_lease(folder)
    with open(_events(folder), "a") as file:
        warning = {"time": 1, "step": 400, "kind": "warning", "message": "the probe failed"}
        file.write(json.dumps(warning) + "\n")
    reader = RunReader(folder)
    reader.poll()
    status = status_of(reader, 0.9)
    assert status.seconds_left == pytest.approx(600 * 0.29, rel=0.01)
    assert status.pairs_per_second == pytest.approx(64 / 0.28, rel=0.1)
    assert status.message == "the probe failed"
    assert set(status.losses) == set(samples.OBJECTIVES)
    assert status.sentence().startswith("a is running, step 400 of 1,000, 2 min 54 s left; losses:")


def test_requests(tmp_path: Path) -> None:
    assert pending(tmp_path) == ""
    ask(tmp_path, "checkpoint")
    assert json.loads((tmp_path / "control.json").read_text()) == {"request": "checkpoint"}
    ask(tmp_path, "stop")
    ask(tmp_path, "checkpoint")
    assert pending(tmp_path) == "stop", "a stop must not be taken back by a checkpoint"
    assert [path.name for path in tmp_path.iterdir()] == ["control.json"]
    (tmp_path / "control.json").unlink()
    ask(tmp_path, "pause")
    ask(tmp_path, "checkpoint")
    assert pending(tmp_path) == "pause", "a pause writes a checkpoint anyway"
    ask(tmp_path, "continue")
    assert pending(tmp_path) == "continue"
    ask(tmp_path, "stop")
    ask(tmp_path, "pause")
    assert pending(tmp_path) == "stop", "nor by a pause"
    with pytest.raises(ValueError, match="'checkpoint', 'continue', not 'sleep'"):
        ask(tmp_path, "sleep")
    with pytest.raises(OSError):
        ask(tmp_path / "nowhere", "stop")
