from __future__ import annotations

import threading

import pytest

from workbench.training import control
from workbench.training.folder import RunFolder


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def test_a_request_stays_until_it_is_answered(folder):
    assert control.pending(folder) is None
    control.ask(folder, "checkpoint")
    assert [control.pending(folder) for _ in range(2)] == ["checkpoint"] * 2
    control.answered(folder, "checkpoint")
    assert control.pending(folder) is None
    control.answered(folder, "checkpoint")


def test_an_answer_leaves_what_was_asked_since(folder):
    control.ask(folder, "pause")
    control.ask(folder, "stop")
    control.answered(folder, "pause")
    assert control.pending(folder) == "stop"
    assert sorted(path.name for path in folder.path.iterdir()) == [".lock", "control.json"]


@pytest.mark.parametrize(
    ("first", "then", "left"),
    [
        ("checkpoint", "pause", "pause"),
        ("pause", "checkpoint", "pause"),
        ("pause", "continue", "continue"),
        ("continue", "pause", "pause"),
        ("pause", "stop", "stop"),
        ("stop", "pause", "stop"),
        ("stop", "continue", "stop"),
    ],
)
def test_which_of_two_requests_stays(folder, first, then, left):
    control.ask(folder, first)
    control.ask(folder, then)
    assert control.pending(folder) == left


def test_a_stop_is_not_lost_among_others_asked_at_the_same_time(folder):
    for _ in range(20):
        begin = threading.Barrier(4)

        def ask(request, begin=begin):
            begin.wait()
            control.ask(folder, request)

        threads = [
            threading.Thread(target=ask, args=(request,))
            for request in ("stop", "pause", "checkpoint", "continue")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert control.pending(folder) == "stop"
        control.answered(folder, "stop")


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\xfe\x00", b"[]", b'{"request": 7}', b"[" * 100_000, b"7"]
)
def test_what_is_no_request_is_shown_as_it_stands_and_can_be_taken_away(folder, garbage):
    folder.control.write_bytes(garbage)
    found = control.pending(folder)
    assert found is not None
    assert len(found) <= 80
    control.answered(folder, found)
    assert not folder.control.exists()
