"""Runs in real processes of their own; each start costs an import of torch."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
import toy_pretraining as toy

from workbench import places
from workbench.training import control, record
from workbench.training.engines.processes import Processes
from workbench.training.errors import RunBusy, RunError, RunExists
from workbench.training.folder import RunFolder
from workbench.training.lease import read_lease
from workbench.training.listing import all_runs
from workbench.training.load import load_model
from workbench.training.loop import advance, train
from workbench.training.optimisation import Optimisation, Schedule
from workbench.training.recipe import Call
from workbench.training.run import Run

PATIENCE = 60.0


def _facts(run):
    return [(e.step, e["objective"], e["loss"], e["gradient_norm"]) for e in run.events()
            if e.kind == "step"]  # fmt: skip


def _until(run, step):
    """Follows a run until it has done this step."""
    for event in run.follow():
        if event.kind == "step" and event.step >= step:
            return event
    raise AssertionError(f"the run ended before step {step}: {run.state}, {run.problem}")


@pytest.fixture
def uninterrupted(home):
    """Losses and final weights of the same thirty steps done in this process."""
    list(train(toy.recipe(30), home / "uninterrupted"))
    run = Run.attach(home / "uninterrupted")
    return _facts(run), run.load().state_dict()


def _same_end(run, uninterrupted):
    facts, weights = uninterrupted
    assert _facts(run) == facts
    loaded = run.load()
    assert not loaded.training
    assert all(torch.equal(value, weights[name]) for name, value in loaded.state_dict().items())


def test_start_follow_stop_resume(home, uninterrupted):
    recipe = toy.recipe(30, seconds=0.03, checkpoint_every=100)
    run = Run.start(recipe)
    assert run.path == home / "runs" / "toy-001"
    assert run.state == "running"
    pid = read_lease(run.folder).pid
    assert pid != os.getpid()

    with pytest.raises(RunExists, match=r"already holds a run"):
        Run.start(recipe, run.path)
    with pytest.raises(RunBusy, match=f"process {pid} on"):
        run.resume()
    with pytest.raises(RunError, match=r"no checkpoint to load yet"):
        run.load()

    elsewhere = Run.attach("toy-001")
    assert elsewhere.recipe == recipe
    seen = _until(elsewhere, 4)
    elsewhere.checkpoint_now()
    kinds = []
    for event in run.follow():
        kinds.append(event.kind)
        if event.kind == "checkpoint" and kinds.count("checkpoint") == 1:
            run.stop()
    assert kinds[0] == "start"
    assert kinds[-1] == "stop"
    assert run.wait(PATIENCE) == "stopped"
    assert run.problem is None
    assert run.events()[-1].step < 30
    assert next(e.step for e in run.events(since=seen) if e.kind == "step") == seen.step + 1
    with pytest.raises(RunError, match=r"nothing to stop: the run in .* is stopped"):
        run.stop()

    run.resume()
    assert run.wait(PATIENCE) == "finished"
    _same_end(run, uninterrupted)
    with pytest.raises(RunError, match=r"has finished all 30 steps"):
        run.resume()


def test_killed_at_a_random_step_and_resumed_twice_at_once_equals_never_killed(home, uninterrupted):
    run = Run.start(toy.recipe(30, seconds=0.02), home / "run")
    _until(run, random.Random(0).randrange(1, 28))
    os.kill(read_lease(run.folder).pid, signal.SIGKILL)
    assert run.wait(PATIENCE) == "dead"
    assert "ended without a word" in run.problem

    refused = []

    def resume():
        try:
            run.resume()
        except RunBusy as problem:
            refused.append(problem)

    threads = [threading.Thread(target=resume) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert run.wait(PATIENCE) == "finished"
    warnings = [e["message"] for e in run.events() if e.kind == "warning"]
    assert len(warnings) == 1
    assert "attempt 1 died without a word after step" in warnings[0]
    _same_end(run, uninterrupted)


def _worker(run):
    """The number of the process that trains in the newest attempt."""
    return [event for event in run.events() if event.kind == "start"][-1]["pid"]


def _until_paused(run, attempt):
    until = time.monotonic() + PATIENCE
    while run.state != "paused" or run.events()[-1].attempt != attempt:
        assert time.monotonic() < until, (run.state, run.events()[-3:])
        time.sleep(0.05)


def _cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_paused_it_idles_survives_a_kill_and_goes_on_where_it_was(home, uninterrupted):
    run = Run.start(toy.recipe(30, seconds=0.02, checkpoint_every=100), home / "läuft • 走")
    _until(run, 4)
    run.pause()
    _until_paused(run, 1)
    paused, worker = run.events()[-1], _worker(run)
    assert (run.path / "checkpoints" / f"step-{paused.step:06d}").is_dir()
    before = _cpu_seconds(worker)
    time.sleep(0.6)
    assert _cpu_seconds(worker) - before < 0.1
    assert run.wait(0.1) == "paused"
    with pytest.raises(RunBusy, match=r"is training in .*stop it first"):
        run.resume(Processes(1))

    os.kill(worker, signal.SIGKILL)
    _until_paused(run, 2)
    assert run.events()[-1].step == paused.step
    worker = _worker(run)

    program = (
        "import sys\nfrom workbench.training.run import Run\n"
        "run = Run.attach(sys.argv[1])\nprint(run.state)\nrun.resume()\n"
    )
    elsewhere = [sys.executable, "-c", program, str(run.path)]
    said = subprocess.run(elsewhere, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "paused"
    assert run.wait(PATIENCE) == "finished"
    assert _worker(run) == worker
    kinds = [e.kind for e in run.events() if e.kind not in ("step", "checkpoint", "machine")]
    assert kinds == ["start", "start", "warning", "pause", "continue", "stop"]
    assert not run.folder.control.exists()
    _same_end(run, uninterrupted)


def test_a_stop_outlives_the_killed_worker_but_not_the_run_and_steps_are_added(home):
    level = Optimisation(learning_rate=2e-3, warmup_steps=4, schedule=Schedule(falls=False))
    run = Run.start(
        toy.recipe(9, seconds=0.1, checkpoint_every=4, optimisation=level), home / "run"
    )
    _until(run, 5)
    worker = _worker(run)
    os.kill(worker, signal.SIGSTOP)
    with pytest.raises(RunError, match=r"is running: stop it before extending it"):
        run.extend(3)
    run.stop()
    run.pause()
    os.kill(worker, signal.SIGKILL)
    assert run.wait(PATIENCE) == "stopped"
    start, stop = [e for e in run.events() if e.kind in ("start", "stop")][-2:]
    assert (start.attempt, stop.attempt) == (2, 2)
    assert start.step == stop.step >= 4
    assert not run.folder.control.exists()

    control.ask(run.folder, "stop")
    run.extend(3)
    assert run.recipe.steps == 12
    run.resume()
    assert run.wait(PATIENCE) == "finished"
    with pytest.raises(RunError, match=r"has finished all 12 steps; nothing to do, unless you ext"):
        run.resume()

    list(train(toy.recipe(12, optimisation=level), home / "never-extended"))
    other = Run.attach(home / "never-extended")
    _same_end(run, (_facts(other), other.load().state_dict()))
    assert json.loads(run.folder.recipe.read_text())["record"]["extensions"][0]["to"] == 12


def test_the_process_outlives_the_one_that_started_it_and_sigterm_writes_a_checkpoint(home):
    program = (
        "import toy_pretraining as toy\n"
        "from workbench.training.run import Run\n"
        "Run.start(toy.recipe(1000, seconds=0.02, checkpoint_every=10_000), 'started-elsewhere')\n"
    )
    paths = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=home,
        check=True,
        env=os.environ | {"PYTHONPATH": paths},
    )
    run = Run.attach(home / "started-elsewhere")
    _until(run, 3)
    os.kill(read_lease(run.folder).pid, signal.SIGTERM)
    assert run.wait(PATIENCE) == "stopped"
    last = run.events()[-1]
    assert last["message"] == "interrupted by a signal"
    assert (run.path / "checkpoints" / f"step-{last.step:06d}").is_dir()


def test_errors_of_the_process_reach_whoever_looks(home):
    run = Run.start(toy.recipe(30, broken_from=3), home / "nan")
    gone = Run.start(toy.recipe(30, model=Call("no_such_module:model", {})), home / "gone")
    assert run.wait(PATIENCE) == "failed"
    assert "step 4, objective" in run.problem
    assert "the loss is nan" in (run.path / "log.txt").read_text()
    assert gone.wait(PATIENCE) == "failed"
    assert "cannot import 'no_such_module:model'" in gone.problem


def test_a_run_is_found_by_its_name_in_the_list(home):
    list(train(toy.recipe(1), places.runs() / "grid" / "cell"))
    (name,) = (run.name for run in all_runs())
    assert name == "grid/cell"
    assert Run.attach(name).path == places.runs() / "grid" / "cell"


def test_folders_without_a_run_and_unwritable_ones_are_named(home):
    with pytest.raises(
        RunError, match=r"holds no run: recipe.json was expected there; no run exis"
    ):
        Run.attach(home)
    list(train(toy.recipe(1)))
    with pytest.raises(RunError, match=r"nowhere holds no run.*runs in .*: toy-001"):
        Run.attach("nowhere")
    (home / "file").touch()
    with pytest.raises(RunError, match=r"cannot write .*a part of this path is a file"):
        Run.start(toy.recipe(), home / "file" / "run")


def test_names_that_are_hard_for_a_file_system(home):
    for _ in range(2):
        list(train(toy.recipe(1, name="größe [1] *")))
    assert sorted(path.name for path in (home / "runs").iterdir()) == [
        "größe [1] *-001", "größe [1] *-002",
    ]  # fmt: skip
    assert Run.attach("größe [1] *-002").state == "finished"
    with pytest.raises(RunError, match=r"File name too long; choose a shorter name"):
        Run.start(toy.recipe(name="x" * 300))


def test_runs_begun_at_the_same_time_get_folders_of_their_own(home):
    found, begin = [], threading.Barrier(8)

    def start():
        begin.wait()
        found.append(record.begin(toy.recipe()).path.name)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"toy-{number:03d}" for number in range(1, 9)]


def test_it_is_resumed_on_the_engine_of_the_last_start(home):
    for _ in train(toy.recipe(4)):
        break
    run = Run.attach("toy-001")
    record.note_engine(run.folder, "processes:2")
    with pytest.raises(RunError, match=r"cut into 1 pieces, too few for the 2 processes of proc"):
        run.resume()
    run.resume(Processes(1))
    assert record.facts_of(run.folder)["engine"] == "processes:1"
    with pytest.raises(RunBusy):
        run.resume(Processes(1))
    run.wait(PATIENCE)
    assert run.state == "finished"


def test_a_paused_loop_in_this_process_is_left_with_ctrl_c(home):
    with pytest.raises(KeyboardInterrupt):
        for event in train(toy.recipe(20, checkpoint_every=100)):
            if event.kind == "step" and event.step == 3:
                control.ask(RunFolder(home / "runs" / "toy-001"), "pause")
            if event.kind == "pause":
                main = threading.main_thread().ident
                threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT)).start()
    run = Run.attach("toy-001")
    assert run.state == "stopped"
    assert [(e.kind, e.step) for e in run.events()][-3:] == [
        ("checkpoint", 3), ("pause", 3), ("stop", 3),
    ]  # fmt: skip
    assert run.events()[-1]["message"] == "interrupted by a signal"


def test_a_stop_before_the_first_step_is_obeyed_there(home, uninterrupted):
    events = train(toy.recipe(30), home / "run")
    next(events)
    run = Run.attach(home / "run")
    run.stop()
    assert [(e.kind, e.step) for e in events] == [("checkpoint", 0), ("stop", 0)]
    assert run.state == "stopped"
    list(advance(run.folder))
    _same_end(run, uninterrupted)


def test_a_damaged_recipe_is_named(home):
    list(train(toy.recipe(1)))
    run = Run.attach("toy-001")
    run.folder.recipe.write_text("{")
    with pytest.raises(RunError, match=r"recipe.json cannot be read"):
        _ = run.recipe


def test_loading_leaves_the_callers_chance_alone(home):
    list(train(toy.recipe(1)))
    before = torch.get_rng_state()
    load_model(RunFolder(home / "runs" / "toy-001"))
    assert torch.equal(torch.get_rng_state(), before)


def test_looking_at_runs_needs_no_torch():
    program = "import sys, workbench.cli, workbench.training.run; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
