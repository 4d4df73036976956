"""A worker killed at a random step and continued ends like one that never was, to the last bit."""

from __future__ import annotations

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from tests.training import four_systems as four
from tests.training.states import differences, final_state, logged, undisturbed
from workbench.training.events import last_event
from workbench.training.folder import RunFolder
from workbench.training.lease import read_lease
from workbench.training.run import Run

STEPS, AFTER = 75, 50
CASES = {
    "uniter": {},
    "vilbert": {},
    "vlp": {},
    "unimo": {"average": 0.9},
    "vlp in two bfloat16 pieces": {"shards": 2, "precision": "bfloat16"},
    "uniter in float16": {"precision": "float16"},
}


def kill_at_a_random_step(name: str, run: Run) -> str:
    """SIGKILL from outside; its keeper starts it again.  Answers how the run ended."""
    step = random.Random(name).randrange(9, 24)
    while (last := last_event(run.folder)) is None or last.step < step:
        assert run.state == "running", run.problem
        time.sleep(0.1)
    os.kill(run.events()[0]["pid"], signal.SIGKILL)
    while run.state == "running":
        time.sleep(0.5)
    return run.state


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Every case killed in processes of its own, and undisturbed in another one."""
    home = tmp_path_factory.mktemp("exact")
    four.prepare(home / "data")
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(CASES)) as threads:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        runs = {}
        calm = undisturbed(
            {
                home / "undisturbed" / name: four.recipe(
                    name.split()[0], home / "data", STEPS, **more
                )
                for name, more in CASES.items()
            }
        )
        try:
            for name, more in CASES.items():
                slow = four.recipe(name.split()[0], home / "data", STEPS, seconds=0.03, **more)
                runs[name] = Run.start(slow, home / "killed" / name)
            waiting = {n: threads.submit(kill_at_a_random_step, n, run) for n, run in runs.items()}
            states = {name: end.result() for name, end in waiting.items()}
            assert calm.wait() == 0
            yield home, states
        finally:
            calm.kill()
            calm.wait()
            for run in runs.values():
                lease = read_lease(run.folder)
                if lease is not None and lease.alive:
                    os.kill(lease.pid, signal.SIGKILL)


@pytest.mark.parametrize("name", CASES)
def test_killed_and_resumed_equals_never_killed(ended, name):
    home, states = ended
    killed, undisturbed = (RunFolder(home / kind / name) for kind in ("killed", "undisturbed"))
    assert states[name] == "finished", Run(killed).problem

    first, second = (e for e in Run(killed).events() if e.kind == "start")
    assert first["pid"] != second["pid"]
    assert 0 < second.step <= STEPS - AFTER
    plan = four.pairs(str(home / "data")).stream
    assert plan.position(second.step).step > 0, "an epoch is not at its beginning"
    assert plan.position(second.step + AFTER).epoch > plan.position(second.step).epoch

    assert logged(killed) == logged(undisturbed)
    assert [row[0] for row in logged(killed)] == list(range(1, STEPS + 1))
    state = final_state(undisturbed)
    assert state["step"] == f"step-{STEPS:06d}"
    assert differences(final_state(killed), state) == []
    assert {"model.safetensors", "training.pt"} <= state.keys()
    assert ("average.safetensors" in state) == ("average" in CASES[name])
    assert state["training.pt"]["optimiser"]["state"]


def test_what_differs_is_found(ended):
    state = final_state(RunFolder(ended[0] / "undisturbed" / "vlp"))
    other = final_state(RunFolder(ended[0] / "undisturbed" / "vlp"))
    assert differences(state, other) == []
    moments = other["training.pt"]["optimiser"]["state"][0]
    next(m for m in moments.values() if isinstance(m, torch.Tensor)).view(-1)[0] += 1e-6
    assert len(differences(state, other)) == 1
