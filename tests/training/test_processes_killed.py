"""Several processes under torch's agent under a keeper: whichever of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy_pretraining as toy

from tests.training import four_systems as four
from tests.training.states import differences, final_state, logged
from workbench.training.engines.processes import Processes, agent, around
from workbench.training.events import Event, attempts
from workbench.training.lease import read_lease
from workbench.training.loop import train
from workbench.training.process import identity
from workbench.training.run import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
STEPS, EVERY, PATIENCE = 30, 4, 120.0


def trained_beyond(run: Run, step: int, attempt: int) -> None:
    """Waits until an attempt has done a step."""
    for event in run.follow():
        if event.kind == "step" and event.step > step and event.attempt >= attempt:
            return
    raise AssertionError(f"it ended before step {step}: {run.state}, {run.problem}")


def starts(run: Run) -> list[Event]:
    return [event for event in run.events(rank=None) if event.kind == "start"]


def parent(pid: int) -> int:
    told = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    return int(told.rpartition(")")[2].split()[1])


def gone(pids: set[int]) -> bool:
    """Whether they all end within seconds."""
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        if not any(identity(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_a_rank_the_agent_and_the_keeper_killed_lose_nothing(home):
    four.prepare(home / "data")
    options = {"shards": 2, "checkpoint_every": EVERY}
    slow = four.recipe("unimo", home / "data", STEPS, seconds=0.03, **options)
    run = Run.start(slow, home / "run", engine=Processes(2))
    list(train(four.recipe("unimo", home / "data", STEPS, **options), home / "undisturbed"))

    trained_beyond(run, 6, attempt=1)
    second = next(e["pid"] for e in starts(run) if e.rank == 1)
    os.kill(second, signal.SIGKILL)

    trained_beyond(run, 13, attempt=2)
    os.kill(parent(next(e["pid"] for e in starts(run) if e.attempt == 2)), signal.SIGKILL)

    trained_beyond(run, 19, attempt=3)
    lease = read_lease(run.folder)
    everyone = {e["pid"] for e in starts(run)} | {parent(starts(run)[-1]["pid"]), lease.pid}
    assert sum(identity(pid) is not None for pid in everyone) == 4
    os.kill(lease.pid, signal.SIGKILL)
    assert gone(everyone)
    assert run.wait(PATIENCE) == "dead"

    run.resume()
    assert run.wait(PATIENCE) == "finished", run.problem
    begun = [e for e in starts(run) if e.rank == 0]
    assert [e.attempt for e in begun] == [1, 2, 3, 4]
    assert [e.step > 0 and e.step % EVERY == 0 for e in begun] == [False, True, True, True]
    assert all(e["processes"] == 2 for e in begun)
    undisturbed = Run.attach(home / "undisturbed").folder
    assert logged(run.folder) == logged(undisturbed)
    assert differences(final_state(run.folder), final_state(undisturbed)) == []
    assert gone({e["pid"] for e in starts(run)})


def test_an_error_of_one_process_or_of_all_is_the_end_of_its_run(home):
    of_one = Run.start(toy.recipe(9, unreadable_in=1), home / "one", engine=Processes(2))
    of_all = Run.start(toy.recipe(9, broken_from=3), home / "all", engine=Processes(2))
    assert of_one.wait(PATIENCE) == "failed"
    assert of_one.problem is not None
    assert of_one.problem.startswith("process 1: OSError: [Errno 5] Input/output error")
    assert of_all.wait(PATIENCE) == "failed"
    assert of_all.problem is not None and "step 4, objective" in of_all.problem
    for run in (of_one, of_all):
        assert attempts(run.folder) == [1]
    ends = [e for e in of_one.events(rank=None) if e.kind == "stop"]
    assert sorted((e.rank, "process" in e.facts) for e in ends) == [(0, True), (1, False)]


def test_one_that_comes_late_to_the_second_attempt_is_waited_for():
    """Without TORCH_DISABLE_SHARE_RDZV_TCP_STORE the second attempt meets the first one's ports."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    script = str(Path(__file__).with_name("late.py"))
    ended = subprocess.run(
        [*agent(2), "--max-restarts=1", script],
        env={**os.environ, **around(2), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    assert sorted(ended.stdout.splitlines()) == [f"process {n} hears [2.0] of 2" for n in (0, 1)]
