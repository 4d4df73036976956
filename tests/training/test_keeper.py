"""What the keeper starts again and what it leaves, on workers that do nothing but die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from workbench.training import keeper
from workbench.training.events import attempts
from workbench.training.folder import RunFolder
from workbench.training.parentage import KEEPER
from workbench.training.process import identity

WORKER = """
import json, os, signal, sys
from pathlib import Path
from workbench.training.events import EventWriter, attempts
from workbench.training.folder import RunFolder
folder = RunFolder(Path(sys.argv[2]))
attempt = max(attempts(folder), default=0) + 1
step, status = json.loads(sys.argv[1])[attempt - 1]
with EventWriter(folder, attempt) as events:
    if step is not None:
        events.write("step", step)
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No pause between two starts, and the signals of this process as they were afterwards."""
    monkeypatch.setattr(keeper, "PAUSE", 0.0)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def kept(folder: RunFolder, *ends: tuple[int | None, int]) -> tuple[int, int]:
    """Keeps a worker that does each step (None: none) and ends with each status in turn.

    The keeper's exit status, and how often it started the worker.
    """
    status = keeper.keep(folder, [sys.executable, "-c", WORKER, json.dumps(ends)])
    return status, len(attempts(folder))


KILLED = -signal.SIGKILL


def test_a_worker_that_has_ended_by_itself_is_not_started_again(home):
    assert kept(RunFolder(home / "well"), (3, 0)) == (0, 1)


def test_killed_before_its_first_step_it_is_given_up_in_the_end(home, capfd):
    assert kept(RunFolder(home / "run"), *[(None, KILLED)] * 5) == (128 + 9, 3)
    said = capfd.readouterr().out
    assert "by signal 9 after step 0, 3 times in a row without a step done; not started" in said


def test_a_step_done_between_two_kills_counts_anew(home):
    ends = [(1, KILLED), (None, KILLED), (1, KILLED), (2, KILLED), (2, KILLED), (3, 0)]
    assert kept(RunFolder(home / "run"), *ends) == (0, 6)


def test_what_fails_by_itself_is_started_again_only_when_it_had_done_something(home, capfd):
    assert kept(RunFolder(home / "never"), (None, 1), (1, 0)) == (1, 1)
    # torch's agent ends so when it has started its processes often enough.
    assert kept(RunFolder(home / "run"), (5, 1), (9, 1), (9, 1), (9, 0)) == (1, 3)
    assert "with status 1 after step 9, without a step done" in capfd.readouterr().out


def test_asked_to_end_it_passes_that_on_and_starts_nothing_again(home):
    folder = RunFolder(home / "run")
    folder.path.mkdir()
    waiting = "import sys, time; print(sys.argv[1], flush=True); time.sleep(60)"
    command = [sys.executable, "-m", "workbench.training.keeper", str(folder.path)]
    with subprocess.Popen(
        [*command, sys.executable, "-c", waiting], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline().strip() == str(folder.path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10.0) == signal.SIGTERM


def test_asked_to_end_between_two_starts_it_starts_nothing_again(home, monkeypatch):
    monkeypatch.setattr(keeper, "PAUSE", 0.5)
    seen, real = [], time.sleep

    def sleep(seconds):
        seen.append(seconds)
        os.kill(os.getpid(), signal.SIGTERM)
        real(seconds)

    monkeypatch.setattr(keeper.time, "sleep", sleep)
    assert kept(RunFolder(home / "run"), (1, KILLED), (2, 0)) == (128 + 9, 1)
    assert seen == [0.5]


ORPHAN = """
import os, subprocess, sys
from workbench.training.parentage import end_with_keeper
if len(sys.argv) == 1:
    # A process that was started by the keeper's child, which ends before it could look.
    subprocess.Popen([sys.executable, "-c", sys.stdin.read(), "late"])
else:
    import time
    time.sleep(0.5)
    end_with_keeper()
    print("still here", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_orphan_notices_that_it_is_one():
    around = os.environ | {KEEPER: str(os.getpid())}
    ended = subprocess.run(
        [sys.executable, "-c", ORPHAN], input=ORPHAN, env=around, capture_output=True, text=True
    )
    assert "has ended, so it does too" in ended.stdout and "still here" not in ended.stdout
    kept = subprocess.run(
        [sys.executable, "-c", ORPHAN, "late"], env=around, capture_output=True, text=True
    )
    assert kept.stdout == "still here\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers look for themselves")
def test_the_keepers_child_ends_with_it(home):
    folder = RunFolder(home / "run")
    folder.path.mkdir()
    command = [sys.executable, "-m", "workbench.training.keeper", str(folder.path)]
    worker = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with subprocess.Popen(
        [*command, sys.executable, "-c", worker], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert identity(child) is not None
        process.kill()
        process.wait()
    until = time.monotonic() + 10
    while identity(child) is not None and time.monotonic() < until:
        time.sleep(0.02)
    assert identity(child) is None
