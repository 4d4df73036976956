from __future__ import annotations

import json
import math
import resource
import signal
import threading

import numpy as np
import pytest
import torch
import toy_pretraining as toy

from workbench.training import chance, control
from workbench.training.errors import RunBusy, RunError, RunExists
from workbench.training.events import last_event, read_events
from workbench.training.folder import RunFolder
from workbench.training.load import load_model
from workbench.training.loop import advance, train
from workbench.training.recipe import Optimisation, call


def folder_of(home, name):
    return RunFolder(home / "runs" / name)


def losses(events):
    """What must be equal between two runs of the same recipe."""
    return [(e.step, e["objective"], e["loss"], e["gradient_norm"], e["tokens"]) for e in events
            if e.kind == "step"]  # fmt: skip


def weights(folder):
    return {name: value.clone() for name, value in load_model(folder).state_dict().items()}


def equal(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.fixture
def uninterrupted(home):
    """Losses and final weights of the toy's twenty steps."""
    events = list(train(toy.recipe(20), home / "uninterrupted"))
    return losses(events), weights(RunFolder(home / "uninterrupted"))


def test_a_run_in_this_process_leaves_its_whole_folder(home):
    recipe = toy.recipe(20, probe=call(toy.probe), probe_every=8)
    events = list(train(recipe))
    folder = folder_of(home, "toy-001")
    assert read_events(folder) == sorted(events, key=lambda e: (e.step, e.line))
    assert [(e.kind, e.step) for e in events if e.kind != "step"] == [
        ("start", 0), ("probe", 0), ("checkpoint", 5), ("probe", 8), ("checkpoint", 10),
        ("checkpoint", 15), ("probe", 16), ("checkpoint", 20), ("probe", 20), ("stop", 20),
    ]  # fmt: skip
    start, stop = events[0], events[-1]
    parameters = sum(p.numel() for p in toy.pretraining().parameters())
    assert (start["attempt"], start["steps"], start["recipe"]) == (1, 20, "toy")
    assert start["parameters"] == parameters
    assert stop.facts == {"reason": "finished"}
    record = json.loads(folder.recipe.read_text())["record"]
    assert record["parameters"] == parameters
    assert record["data_fingerprint"] == "toy-0-6"
    assert {"python", "torch", "vl-workbench"} == set(record["versions"])
    assert not folder.lease.exists()
    with np.load(folder.probes / "step-000016.npz", allow_pickle=False) as shown:
        assert str(shown["title"]) == "step 16"
        assert shown["attention"].shape[0] == 6


def test_it_learns(home):
    events = list(train(toy.recipe(150, checkpoint_every=1000)))
    mlm = [e["loss"] for e in events if e.kind == "step" and e["objective"] == "mlm"]
    assert np.mean(mlm[-15:]) < np.mean(mlm[:15]) - 0.8
    assert {e["objective"] for e in events if e.kind == "step"} == {"mlm", "itm"}


def test_the_same_seed_gives_the_same_run_and_another_seed_another(home, uninterrupted):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    again = list(train(toy.recipe(20)))
    assert torch.equal(torch.get_rng_state(), before), "the caller's own chance is left alone"
    assert losses(again) == uninterrupted[0]
    assert equal(weights(folder_of(home, "toy-001")), uninterrupted[1])
    other = list(train(toy.recipe(20, seed=1)))
    assert losses(other) != uninterrupted[0]


@pytest.mark.parametrize("leave_after", [1, 7, 10])
def test_leaving_the_loop_stops_the_run_and_going_on_equals_never_having_left(
    home, uninterrupted, leave_after
):
    folder = folder_of(home, "toy-001")
    for event in train(toy.recipe(20)):
        if event.kind == "step" and event.step == leave_after:
            break
    assert read_events(folder)[-1].facts == {
        "reason": "stopped", "message": "the loop over its events was left",
    }  # fmt: skip
    assert not folder.lease.exists()
    rest = list(advance(folder))
    assert (rest[0]["attempt"], rest[0].step) == (2, leave_after)
    assert losses(read_events(folder)) == uninterrupted[0]
    assert equal(weights(folder), uninterrupted[1])


def test_ctrl_c_in_the_middle_of_a_step_is_obeyed_after_it(home, uninterrupted, monkeypatch):
    folder = folder_of(home, "toy-001")
    real = toy.ToyStream.batch

    def batch(self, step):
        if step == 6:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return real(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(toy.ToyStream, "batch", batch)
        handler = signal.getsignal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            list(train(toy.recipe(20)))
    assert signal.getsignal(signal.SIGINT) is handler
    last = read_events(folder)[-1]
    assert (last.kind, last["reason"]) == ("stop", "stopped")
    assert last.step in (6, 7)
    list(advance(folder))
    assert losses(read_events(folder)) == uninterrupted[0]
    assert equal(weights(folder), uninterrupted[1])


def test_a_request_is_obeyed_after_the_step_in_hand(home):
    folder = folder_of(home, "toy-001")
    seen = []
    for event in train(toy.recipe(20, checkpoint_every=100)):
        seen.append((event.kind, event.step))
        if event.kind == "step" and event.step == 3:
            control.ask(folder, "checkpoint")
        if event.kind == "step" and event.step == 5:
            folder.control.write_text('{"request": "dance"}')
        if event.kind == "warning":
            assert (
                "asks for 'dance'; 'stop', 'pause', 'checkpoint', 'continue' are understood"
                in event["message"]
            )
            control.ask(folder, "stop")
            control.ask(folder, "checkpoint")
    assert [s for s in seen if s[0] != "step"] == [
        ("start", 0), ("checkpoint", 3), ("warning", 5), ("checkpoint", 6), ("stop", 6),
    ]  # fmt: skip
    assert not folder.control.exists()


def test_an_old_request_is_not_obeyed_by_the_next_attempt(home):
    folder = folder_of(home, "toy-001")
    next(iter(train(toy.recipe(6))))
    control.ask(folder, "stop")
    assert list(advance(folder))[-1]["reason"] == "finished"


def test_the_time_limit_stops_a_run_that_can_go_on(home):
    folder = folder_of(home, "toy-001")
    events = list(train(toy.recipe(6, time_limit_seconds=0.0)))
    assert (events[-1].step, events[-1]["reason"]) == (1, "stopped")
    assert "time limit of 0 s is over" in events[-1]["message"]
    for _ in range(5):
        events = list(advance(folder))
    assert events[-1]["reason"] == "finished"


def test_a_damaged_newest_checkpoint_is_reported_and_the_one_before_gives_the_same_end(
    home, uninterrupted
):
    folder = folder_of(home, "toy-001")
    for event in train(toy.recipe(20)):
        if event.step == 12:
            break
    newest = folder.checkpoints / "step-000012" / "model.safetensors"
    newest.write_bytes(b"\0" * newest.stat().st_size)
    events = list(advance(folder))
    assert (events[0].kind, events[0].step) == ("start", 10)
    assert events[1].kind == "warning"
    assert "step-000012 is damaged and left out: model.safetensors" in events[1]["message"]
    assert losses(read_events(folder)) == uninterrupted[0]
    assert equal(weights(folder), uninterrupted[1])


def test_when_every_checkpoint_is_damaged_nothing_is_trained_again_unasked(home):
    folder = folder_of(home, "toy-001")
    list(train(toy.recipe(5)))
    (folder.checkpoints / "step-000005" / "MANIFEST.json").unlink()
    with pytest.raises(RunError, match=r"no checkpoint in .* is whole .*delete that folder"):
        list(advance(folder))
    assert last_event(folder)["reason"] == "error"
    with pytest.raises(RunError, match=r"no checkpoint to load yet that is whole .*MANIFEST"):
        load_model(folder)


def test_a_disk_that_refuses_a_checkpoint_loses_nothing_before_it(home, uninterrupted):
    """The kernel itself refuses, by a limit on the size of files."""
    folder = folder_of(home, "toy-001")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(RunError, match=r"checkpoint not written: .*step-000005 is still whole"):
            for event in train(toy.recipe(20)):
                if event.step == 6:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    last = read_events(folder)[-1]
    assert (last.step, last["reason"]) == (10, "error")
    assert "checkpoint not written" in last["message"]
    assert [p.name for p in folder.checkpoints.iterdir()] == ["step-000005"]
    assert next(iter(advance(folder))).step == 5
    list(advance(folder))
    assert losses(read_events(folder)) == uninterrupted[0]
    assert equal(weights(folder), uninterrupted[1])


def test_half_a_recipe_is_not_left_behind(home):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        with pytest.raises(RunError, match=r"cannot write .*: File too large; raise the limit"):
            train(toy.recipe(1), home / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(train(toy.recipe(1), home / "run"))[-1]["reason"] == "finished"


def test_an_unwritable_folder_is_named_and_what_holds_a_run_is_left_alone(home):
    (home / "file").touch()
    with pytest.raises(
        RunError, match=r"cannot write .*file/run: .* a part of this path is a file"
    ):
        train(toy.recipe(), home / "file" / "run")
    with pytest.raises(RunError, match=r"cannot write /proc/.*: .*"):
        train(toy.recipe(), "/proc/workbench-run")
    list(train(toy.recipe(2), home / "run"))
    with pytest.raises(RunExists, match=r"already holds a run: resume it .*choose another folder"):
        train(toy.recipe(2), home / "run")


def test_a_second_loop_in_a_running_folder_is_refused(home):
    running = train(toy.recipe(20))
    next(running)
    with pytest.raises(RunBusy, match=r"is training in"):
        next(advance(folder_of(home, "toy-001")))
    running.close()
    assert read_events(folder_of(home, "toy-001"))[-1]["reason"] == "stopped"


def test_a_loss_that_is_no_number_ends_the_run_with_the_step_and_objective(home):
    folder = folder_of(home, "toy-001")
    with pytest.raises(RunError, match=r"step 8, objective '(mlm|itm)': the loss is nan"):
        list(train(toy.recipe(20, broken_from=7)))
    assert read_events(folder)[-1]["reason"] == "error"
    assert all(bool(value.isfinite().all()) for value in weights(folder).values())


def test_an_error_of_the_data_is_the_last_event(home, monkeypatch):
    def batch(self, step):
        raise KeyError("row 7")

    monkeypatch.setattr(toy.ToyStream, "batch", batch)
    with pytest.raises(KeyError):
        list(train(toy.recipe(20)))
    last = read_events(folder_of(home, "toy-001"))[-1]
    assert last["message"] == "KeyError: 'row 7'"


def test_other_data_or_another_model_is_not_continued(home):
    folder = folder_of(home, "toy-001")
    next(iter(train(toy.recipe(5))))
    values = json.loads(folder.recipe.read_text())
    values["data"]["arguments"]["pairs"] = 7
    folder.recipe.write_text(json.dumps(values))
    with pytest.raises(
        RunError, match=r"begun with data fingerprint toy-0-6, but now it is toy-0-7"
    ):
        list(advance(folder))


def test_a_probe_that_fails_is_reported_and_training_goes_on(home):
    recipe = toy.recipe(3, probe=call(toy.probe, fail=True), probe_every=2)
    events = list(train(recipe))
    assert [e.step for e in events if e.kind == "warning"] == [0, 2, 3]
    assert "the probe failed: ValueError: nothing to see here" in events[1]["message"]
    assert events[-1]["reason"] == "finished"


def test_bfloat16_trains_near_float32(home, uninterrupted):
    events = list(train(toy.recipe(20, precision="bfloat16")))
    half, full = losses(events), uninterrupted[0]
    assert half != full
    assert [row[:2] for row in half] == [row[:2] for row in full]
    assert all(math.isclose(a[2], b[2], rel_tol=0.05) for a, b in zip(half, full, strict=True))
    kept = weights(folder_of(home, "toy-001"))
    assert {value.dtype for value in kept.values()} == {torch.float32}


def test_fewer_log_lines_are_the_same_run(home, uninterrupted):
    events = list(train(toy.recipe(20, log_every=7)))
    assert losses(events) == [row for row in uninterrupted[0] if row[0] in (7, 14, 20)]


def test_threads_are_set_for_the_run_and_given_back(home):
    before = torch.get_num_threads()
    running = train(toy.recipe(5, threads=before + 1))
    assert next(running)["threads"] == before + 1 == torch.get_num_threads()
    running.close()
    assert torch.get_num_threads() == before


def test_seeds_differ_by_everything_they_are_made_of():
    seeds = {
        chance.seed_of(seed, step, purpose, shard)
        for seed in range(3) for step in range(30) for purpose in "ab" for shard in range(3)
    }  # fmt: skip
    assert len(seeds) == 3 * 30 * 2 * 3
    assert min(seeds) >= 0
    assert max(seeds) < 2**63


def test_other_random_numbers_than_the_checkpoints_are_noticed(home, monkeypatch):
    folder = folder_of(home, "toy-001")
    for event in train(toy.recipe(10)):
        if event.step == 5:
            break
    monkeypatch.setattr(chance, "fingerprint", lambda seed, step: 1)
    events = list(advance(folder))
    assert "draws other random numbers" in events[1]["message"]


def test_the_learning_rate_and_clipping_of_the_recipe_are_used(home):
    plan = Optimisation(learning_rate=1e-3, warmup_steps=2, clip_norm=1e-9, weight_decay=0.0)
    events = list(train(toy.recipe(4, optimisation=plan)))
    assert [e["learning_rate"] for e in events if e.kind == "step"] == [5e-4, 1e-3, 1e-3, 5e-4]
