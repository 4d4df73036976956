from __future__ import annotations

import io
from dataclasses import replace

from workbench.training.events import Event
from workbench.training.progress import Progress, clock, short, show


def _step(step, objective="mlm", loss=2.0):
    facts = {"objective": objective, "loss": loss, "pairs": 10, "seconds": 0.25}
    return Event(100.0 + step / 2, step, "step", facts)


def _told(step, rank=0, **facts):
    """A step as it is told today, by one of several processes."""
    facts = {"tokens": 300, "data_seconds": 0.01, **facts}
    return replace(_step(step), facts={**_step(step).facts, **facts}, rank=rank)


def test_the_line_says_how_far_how_well_how_fast_and_how_long():
    progress = Progress(200)
    assert progress.line() == "step 0/200  0 %"
    for step in range(1, 51):
        progress.note(_step(step, "mlm" if step % 2 else "itm", 2.0 if step % 2 else 0.5))
    assert progress.line() == "step 50/200  25 %  itm 0.5  mlm 2  40 pairs/s  1:15 left"


def test_losses_are_smoothed_and_a_loss_that_is_no_number_is_passed_over():
    progress = Progress(10)
    for step, loss in enumerate((2.0, 1.0, None), 1):
        progress.note(_step(step, loss=loss))
    assert progress.losses == {"mlm": 1.9}


def test_a_later_attempt_starts_the_clock_anew():
    progress = Progress(10)
    progress.note(_step(1))
    progress.note(_step(2))
    progress.note(Event(9e9, 2, "start", {}))
    assert progress.seconds_left is None


def test_clocks():
    assert [clock(seconds) for seconds in (0.0, 65.0, 7203.4)] == ["0:00", "1:05", "2:00:03"]


def _a_run():
    start = {"attempt": 2, "recipe": "toy", "parameters": 4250, "device": "cpu"}
    yield Event(0.0, 1, "start", start | {"precision": "float32"}, attempt=2)
    yield Event(0.0, 1, "warning", {"message": "attempt 1 died"})
    for step in range(2, 41):
        yield _step(step)
    yield Event(0.0, 40, "checkpoint", {"path": "checkpoints/step-000040"})
    yield Event(0.0, 40, "stop", {"reason": "stopped", "message": "asked to stop"})


def test_a_file_gets_few_lines_and_a_terminal_one_that_changes():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    file, terminal = io.StringIO(), Terminal()
    last = show(_a_run(), 40, file)
    assert last.kind == "stop"
    lines = file.getvalue().splitlines()
    assert lines[:2] == [
        "attempt 2 of toy from step 1: 4,250 parameters, cpu, float32",
        "step 1: warning: attempt 1 died",
    ]
    assert lines[-3].startswith("step 40/40  100 %  mlm 2  40 pairs/s")
    assert lines[-2:] == [
        "step 40: checkpoint checkpoints/step-000040",
        "step 40: stopped: asked to stop",
    ]
    assert len(lines) < 10
    show(_a_run(), 40, terminal)
    assert "\r\x1b[Kstep 40/40" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[Kstep 40: stopped: asked to stop\n")


def test_a_step_that_trains_several_objectives_shows_each():
    progress = Progress(10)
    facts = {"objective": "itm+mlm", "loss": 3.0, "losses": {"itm": 0.5, "mlm": 2.5}}
    progress.note(Event(100.0, 1, "step", {**facts, "pairs": 10, "seconds": 0.25}))
    assert progress.losses == {"itm": 0.5, "mlm": 2.5}


def test_speed_in_tokens_and_the_wait_for_data():
    progress = Progress(200)
    for step in range(1, 51):
        progress.note(_told(step))
    line = "step 50/200  25 %  mlm 2  40 pairs/s  1.2k tokens/s  data 4 %  1:15 left"
    assert progress.line() == line
    assert progress.line(len(line)) == line
    assert progress.line(len(line) - 1) == line.replace("  data 4 %", "")
    assert progress.line(40) == "step 50/200  25 %  mlm 2  1:15 left"
    assert progress.line(12) == "step 50/200 "


def test_the_first_of_several_processes_speaks_for_all():
    progress = Progress(200)
    for step in range(1, 51):
        progress.note(_told(step))
        progress.note(_told(step + 100, rank=1, pairs=20, losses={"mlm": 9.0}))
    assert (progress.step, progress.pairs_per_second) == (50, 40)
    assert progress.losses == {"mlm": 2.0}


def test_only_the_first_process_announces_itself():
    start = {"attempt": 1, "recipe": "toy", "parameters": 10, "device": "cpu"}
    events = [
        Event(0.0, 0, "start", start | {"precision": "float32"}, rank=rank) for rank in (0, 1)
    ]
    out = io.StringIO()
    show([*events, Event(0.0, 0, "warning", {"message": "slow"}, rank=1)], 10, out)
    assert [line.split(" ")[0] for line in out.getvalue().splitlines()] == ["attempt", "step"]


def test_large_speeds_are_told_in_few_digits():
    assert [short(n) for n in (0.4, 41.0, 999.4, 999.6, 9_840.0, 1_234_567.0)] == [
        "0", "41", "999", "1k", "9.84k", "1.23M",
    ]  # fmt: skip
