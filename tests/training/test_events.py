from __future__ import annotations

import json
import os

import pytest

from workbench.training.errors import RunError
from workbench.training.events import EventReader, EventWriter, last_event, read_events
from workbench.training.folder import RunFolder


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def _steps(events):
    return [(e.attempt, e.step) for e in events if e.kind == "step"]


def test_what_is_written_is_read_back_equal(folder):
    with EventWriter(folder, 1) as writer:
        written = [
            writer.write("start", 0, steps=3),
            writer.write("step", 1, loss=0.1, objective="mlm"),
            writer.write("warning", 1, message="größer\nals\u2028gedacht"),
        ]
    assert read_events(folder) == written == EventReader(folder).read()
    assert written[1]["loss"] == 0.1
    lines = folder.events_file(1).read_bytes().splitlines()
    assert json.loads(lines[1]).keys() == {"time", "step", "kind", "loss", "objective"}


def test_numbers_that_json_cannot_hold_become_null(folder):
    with EventWriter(folder, 1) as writer:
        writer.write("step", 1, loss=float("nan"), gradient_norm=float("inf"))
    assert read_events(folder)[0].facts == {"loss": None, "gradient_norm": None}
    assert b"NaN" not in folder.events_file(1).read_bytes()


def test_of_each_step_the_newest_attempt_counts_and_the_older_one_beyond_it(folder):
    with EventWriter(folder, 1) as first:
        first.write("start", 0)
        for step in range(1, 6):
            first.write("step", step, loss=1.0)
    with EventWriter(folder, 2) as second:
        second.write("start", 2)
        second.write("warning", 2, message="died")
        for step in (3, 4):
            second.write("step", step, loss=2.0)
    events = read_events(folder)
    assert _steps(events) == [(1, 1), (1, 2), (2, 3), (2, 4), (1, 5)]
    assert [e.attempt for e in events if e.kind == "start"] == [1, 2]


def test_since_gives_what_was_written_after_an_event(folder):
    with EventWriter(folder, 1) as writer:
        seen = [writer.write("step", step) for step in (1, 2)][-1]
        writer.write("checkpoint", 2)
        writer.write("step", 3)
    with EventWriter(folder, 2) as writer:
        writer.write("step", 2)
    assert [(e.attempt, e.kind, e.step) for e in read_events(folder, seen)] == [
        (1, "checkpoint", 2),
        (2, "step", 2),
        (1, "step", 3),
    ]


def test_a_torn_last_line_waits_for_its_end_and_garbage_is_passed_over(folder):
    with EventWriter(folder, 1) as writer:
        writer.write("step", 1)
        reader = EventReader(folder)
        assert len(reader.read()) == 1
        whole = b'{"time": 1.0, "step": 2, "kind": "step"}\n'
        with open(folder.events_file(1), "ab", buffering=0) as file:
            file.write(b"\xff not json\n[1]\n{}\n" + whole[:20])
            assert reader.read() == []
            assert _steps(read_events(folder)) == [(1, 1)]
            assert last_event(folder).step == 1
            file.write(whole[20:])
        assert [e.step for e in reader.read()] == [2]
        assert reader.read() == []
    assert last_event(folder).step == 2


def test_the_last_event_is_found_however_long_it_is(folder):
    with EventWriter(folder, 1) as writer:
        writer.write("step", 1)
        writer.write("stop", 1, reason="error", message="missing keys: " + "x" * 200_000)
        with open(folder.events_file(1), "ab") as file:
            file.write(b'{"time": 1, "step": Infinity, "kind": "step"}\n' + b"[" * 70_000)
    assert last_event(folder).kind == "stop"
    assert [e.kind for e in read_events(folder)] == ["step", "stop"]


def test_a_full_disk_is_an_error_that_names_the_file(folder):
    folder.events.mkdir(parents=True)
    os.symlink("/dev/full", folder.events_file(1))
    with (
        EventWriter(folder, 1) as writer,
        pytest.raises(RunError, match=r"No space left.*free some"),
    ):
        writer.write("step", 1)


def test_a_line_cut_short_by_a_full_disk_spoils_no_other(folder, monkeypatch):
    with EventWriter(folder, 1) as writer:
        writer.write("step", 1)
        real = os.write
        monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:10]))
        with pytest.raises(RunError, match=r"the disk is full"):
            writer.write("step", 2)
        monkeypatch.undo()
        writer.write("stop", 2, reason="error")
    assert [e.kind for e in read_events(folder)] == ["step", "stop"]


def test_ranks_are_kept_apart(folder):
    for rank in (0, 1):
        with EventWriter(folder, 1, rank) as writer:
            writer.write("step", 1, loss=float(rank))
    assert [(e.rank, e["loss"]) for e in read_events(folder)] == [(0, 0.0)]
    every = read_events(folder, rank=None)
    assert [(e.rank, e["loss"]) for e in every] == [(0, 0.0), (1, 1.0)]
    assert last_event(folder).rank == 0
    assert every[1].as_json()["rank"] == 1
