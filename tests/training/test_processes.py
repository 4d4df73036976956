"""Two processes train as one does: the same losses and weights, whoever computes which piece."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy_measures
import toy_pretraining as toy
from safetensors.torch import load_file

from tests.training import four_systems as four
from tests.training.joined import go_on
from tests.training.states import differences, final_state, logged
from workbench.training import kept, record
from workbench.training.engines.processes import agent, around
from workbench.training.events import read_events
from workbench.training.folder import RunFolder
from workbench.training.recipe import Recipe, call

STEPS, HALF = 8, 4
SYSTEMS: dict[str, dict[str, Any]] = {
    "uniter": {"precision": "float16"},
    "vilbert": {"average": 0.9},
    "vlp": {"precision": "bfloat16"},
    "unimo": {},
}
SHARED_OUT = ("vilbert", "unimo", "unimo-in-four", "watched")


def recipes(data: Path) -> dict[str, Recipe]:
    """What is trained, by the name of its folder; a batch has about ten pairs."""
    made = {
        name: four.recipe(name, data, STEPS, shards=2, checkpoint_every=STEPS, **more)
        for name, more in SYSTEMS.items()
    }
    in_four = four.recipe("unimo", data, STEPS, shards=4, checkpoint_every=STEPS)
    watched = toy.recipe(
        STEPS,
        shards=3,
        probe=call(toy.probe),
        probe_every=HALF,
        validation=toy_measures.shrinking(HALF),
        checkpoint_every=HALF,
    )
    return {**made, "unimo-in-four": in_four, "watched": watched}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Every recipe trained by one process, by two, by two with a share each, and by turns."""
    home = tmp_path_factory.mktemp("processes")
    four.prepare(home / "data")
    jobs: list[tuple[str, bool, int]] = []

    def new(kind: str, name: str, recipe: Recipe) -> str:
        record.create(RunFolder(home / kind / name), recipe)
        return str(home / kind / name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        for name, recipe in recipes(home / "data").items():
            jobs.append((new("two", name, recipe), False, 0))
            if name in SHARED_OUT:
                jobs.append((new("shares", name, recipe), True, 0))
        unimo = recipes(home / "data")["unimo"]
        begun = {False: new("turns", "one-two", unimo), True: new("turns", "one-shares", unimo)}
        for sharded, place in begun.items():
            go_on(place, HALF)
            jobs.append((place, sharded, 0))
        left = {False: new("turns", "two-one", unimo), True: new("turns", "shares-one", unimo)}
        jobs += [(place, sharded, HALF) for sharded, place in left.items()]
        (home / "jobs.json").write_text(json.dumps(jobs))
        script = [str(Path(__file__).with_name("joined.py")), str(home / "jobs.json")]
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        together = subprocess.Popen(
            [*agent(2), "--max-restarts=0", *script],
            env={**os.environ, **around(2), "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            for name, recipe in recipes(home / "data").items():
                go_on(new("one", name, recipe))
            said = together.communicate(timeout=300)[0].decode()
            assert together.returncode == 0, said
            for place in left.values():
                go_on(place)
        finally:
            together.kill()
        yield lambda kind, name: RunFolder(home / kind / name)


@pytest.mark.parametrize("name", SYSTEMS)
def test_two_processes_are_one_process_to_the_bit(runs, name):
    one, two = runs("one", name), runs("two", name)
    assert [row[0] for row in logged(one)] == list(range(1, STEPS + 1))
    assert logged(two) == logged(one)
    assert differences(final_state(two), final_state(one)) == []


@pytest.mark.parametrize("name", ["one-two", "two-one"])
def test_the_number_of_processes_may_change_between_stop_and_resume(runs, name):
    turns, one = runs("turns", name), runs("one", "unimo")
    processes = [e["processes"] for e in read_events(turns) if e.kind == "start"]
    assert processes == ([1, 2] if name == "one-two" else [2, 1])
    assert logged(turns) == logged(one)
    assert differences(final_state(turns), final_state(one)) == []


def close(one: RunFolder, other: RunFolder, tolerance: float = 1e-5) -> None:
    """The same data, and losses and weights that differ by no more than rounding."""
    for ours, theirs in zip(logged(one), logged(other), strict=True):
        # pairs, tokens and regions; then the objective
        assert ours[-3:] == theirs[-3:] and ours[:2] == theirs[:2]
        assert ours[2] == pytest.approx(theirs[2], abs=tolerance)
        assert ours[5] == pytest.approx(theirs[5], rel=1e-4)
    ours, theirs = (load_file(weights(folder)) for folder in (one, other))
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        np.testing.assert_allclose(tensor, theirs[name], atol=tolerance, err_msg=name)


def weights(folder: RunFolder) -> Path:
    found, _ = kept.find_latest(folder)
    assert found is not None and found.step == STEPS
    return found.path / kept.WEIGHTS


def test_more_pieces_than_processes_are_the_same_but_for_rounding(runs):
    close(runs("two", "unimo-in-four"), runs("one", "unimo-in-four"))


@pytest.mark.parametrize("name", SHARED_OUT)
def test_a_share_of_the_model_each_trains_the_same_model(runs, name):
    close(runs("shares", name), runs("one", name))
    ours, theirs = (final_state(runs(kind, name))["training.pt"] for kind in ("shares", "one"))
    assert ours["optimiser"]["state"].keys() == theirs["optimiser"]["state"].keys()
    for number, moments in theirs["optimiser"]["state"].items():
        for key, value in moments.items():
            found = ours["optimiser"]["state"][number][key]
            np.testing.assert_allclose(found, value, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("name", ["one-shares", "shares-one"])
def test_checkpoints_of_shares_and_of_whole_models_are_the_same(runs, name):
    close(runs("turns", name), runs("one", "unimo"))


@pytest.mark.parametrize("kind", ["two", "shares"])
def test_probes_and_validations_are_those_of_one_process(runs, kind):
    ours, one = runs(kind, "watched"), runs("one", "watched")
    for step in (0, HALF, STEPS):
        found, wanted = (np.load(f.probes / f"step-{step:06d}.npz") for f in (ours, one))
        np.testing.assert_allclose(found["attention"], wanted["attention"], atol=1e-5)
    measured = [[e for e in read_events(f) if e.kind == "validation"] for f in (ours, one)]
    for found, wanted in zip(*measured, strict=True):
        assert found["metrics"] == pytest.approx(wanted["metrics"], rel=1e-5)
        assert found["best"] == wanted["best"]


def test_each_process_tells_of_its_own_part_and_the_first_of_all(runs):
    folder = runs("two", "watched")
    steps = [e for e in read_events(folder, rank=None) if e.kind == "step"]
    assert {e.rank for e in steps} == {0, 1} and {e.rank for e in read_events(folder)} == {0}
    whole = [e["pairs"] for e in steps if e.rank == 0]
    # Of three pieces of six pairs the first process plays two.
    assert whole == [6] * STEPS and [e["pairs"] for e in steps if e.rank == 1] == [2] * STEPS
    for row in ("tokens", "regions"):
        assert all(
            own[row] < all_[row]
            for own, all_ in zip(steps[1::2], steps[::2], strict=True)
            if own.rank == 1
        )
