"""The four tiny systems are trained side by side, found again, and asked, small and for real."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time

import pytest
import torch

from workbench import places
from workbench.quickstart import four as module
from workbench.quickstart import ready
from workbench.quickstart.four import FOUR, four, main, names_restored, recipes_of, table
from workbench.quickstart.standing import side_by_side
from workbench.quickstart.systems import World
from workbench.training.errors import RunError
from workbench.training.listing import all_runs
from workbench.training.run import Run

torch.set_num_threads(1)
PICTURES, STEPS = 8, 4


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """A home of its own, in which a first call of the command has trained all four."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("four")))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        patch.setenv("FAST", "1")
        yield


@pytest.fixture(scope="module")
def together() -> list[set[str]]:
    """Which runs were seen running at the same time, filled while ``runs`` trains."""
    return []


@pytest.fixture(scope="module")
def runs(home, together) -> dict[str, Run]:
    with pytest.MonkeyPatch.context() as patch:
        state = Run.state.fget

        def noted(run: Run) -> str:
            said = state(run)
            if together and said == "running":
                together[-1].add(run.path.name)
            return said

        sleep = time.sleep
        patch.setattr(time, "sleep", lambda seconds: (together.append(set()), sleep(seconds)))
        patch.setattr(Run, "state", property(noted))
        return four(fast=True, steps=STEPS, pictures=PICTURES)


def test_two_at_a_time_and_in_order(runs, together):
    assert max(map(len, together)) == 2
    assert next(names for names in together if len(names) == 2) == set(FOUR[:2])
    assert set().union(*together) == set(FOUR)


def test_all_four_finish_and_are_listed_under_good_names(runs):
    assert list(runs) == list(FOUR)
    assert {run.state for run in runs.values()} == {"finished"}
    assert {name: run.recipe.name for name, run in runs.items()} == {name: name for name in FOUR}
    listed = {one.name: one.step for one in all_runs()}
    assert listed == {f"four/{name}": STEPS for name in FOUR}


def test_a_second_call_trains_nothing(runs):
    before = {name: run.events()[-1].time for name, run in runs.items()}
    again = four(fast=True, steps=STEPS, pictures=PICTURES)
    assert {name: run.events()[-1].time for name, run in again.items()} == before
    assert {name: run.path for name, run in again.items()} == {n: r.path for n, r in runs.items()}


def test_each_is_asked_with_and_without_the_picture(runs):
    found = names_restored(runs, tested=4)
    assert list(found) == list(runs)
    assert all(0 <= share <= 1 for pair in found.values() for share in pair)
    lines = table({"uniter-tiny": (0.5, 0.02)}).splitlines()
    assert len(lines) == 2 and lines[1].split() == ["uniter-tiny", "50.0%", "2.0%"]


def test_the_command_says_what_came_of_it(runs, capsys, monkeypatch):
    monkeypatch.setattr(module, "TESTED", 4)
    assert main(["--steps", str(STEPS), "--pictures", str(PICTURES)]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in FOUR) and "without it" in said


def test_the_run_of_make_start_is_the_fourth(runs):
    folder = places.runs() / "quickstart"
    shutil.copytree(runs["uniter-tiny"].path, folder)
    results = folder / "results.json"
    results.write_text(json.dumps({"fast": True}))
    again = four(fast=True, steps=STEPS, pictures=PICTURES)
    assert again["uniter-tiny"].path == folder
    assert again["vlp-tiny"].path == runs["vlp-tiny"].path
    assert module._quickstart(fast=False) is None, "a small one does where small is wanted"
    results.write_text(json.dumps({"fast": False}))
    assert module._quickstart(fast=False) is not None
    shutil.rmtree(folder)


def test_notebooks_take_it_where_there_is_no_other(runs):
    assert ready.ready().path == places.runs() / "four" / "uniter-tiny"


def test_another_recipe_sets_the_old_run_aside_and_a_failure_is_told(runs, capsys):
    """Of scenes that were never prepared: begun beside the old run, and what is missing is said."""
    recipe = recipes_of(["uniter-tiny"], World(PICTURES), STEPS)["uniter-tiny"]
    data = dataclasses.replace(
        recipe.data, arguments={**recipe.data.arguments, "count": PICTURES + 1}
    )
    with pytest.raises(RunError, match="not extracted yet"):
        side_by_side({"four/uniter-tiny": dataclasses.replace(recipe, data=data)})
    folder = runs["uniter-tiny"].path
    assert Run.attach(folder.with_name("uniter-tiny-old-1")).recipe == recipe
    assert "is uniter-tiny-old-1 now" in capsys.readouterr().out
