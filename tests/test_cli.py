"""The command line as a user types it, on a recipe small enough to wait for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from workbench import cli
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.lease import read_lease
from workbench.training.loop import train

TOYS = Path(__file__).parent / "training"
sys.path.insert(0, str(TOYS))

import toy_pretraining as toy  # noqa: E402


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(cli, "recipes", lambda: {"toy-tiny": _recipe})
    return tmp_path


def _recipe(steps: int = 6, seed: int = 0, threads: int = 1, fast: bool = False):
    return toy.recipe(steps, seed=seed, threads=threads, seconds=0.0 if fast else 0.05)


def _run(*arguments: str) -> int:
    return cli.main(arguments)


def test_pretrain_is_followed_to_the_end_and_then_told_of(home, capfd):
    assert _run("pretrain", "toy-tiny", "--steps", "7", "--seed", "3", "--fast") == 0
    said = capfd.readouterr().out
    assert f"run {home / 'runs' / 'toy-001'} started" in said
    assert "attempt 1 of toy from step 0" in said
    assert said.splitlines()[-1] == "step 7: finished"

    assert _run("events", "toy-001", "--json") == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["step"] for line in lines if line["kind"] == "step"] == [1, 2, 3, 4, 5, 6, 7]
    assert _run("events", "toy-001") == 0
    assert "reason=finished" in capfd.readouterr().out
    assert _run("runs") == 0
    assert capfd.readouterr().out.split() == ["toy-001", "finished", "step", "7/7"]

    assert _run("follow", str(home / "runs" / "toy-001"), "--json") == 0
    assert [json.loads(line) for line in capfd.readouterr().out.splitlines()] == lines
    assert json.loads((home / "runs" / "toy-001" / "recipe.json").read_text())["seed"] == 3

    assert _run("resume", "toy-001") == 2
    assert _run("stop", "toy-001") == 2
    problems = capfd.readouterr().err.splitlines()
    assert "has finished all 7 steps" in problems[0]
    assert "nothing to stop: the run in" in problems[1]
    assert all(line.startswith("workbench: ") for line in problems)


def test_a_detached_run_is_stopped_and_resumed(home, capfd):
    folder = RunFolder(home / "elsewhere")
    assert (
        _run("pretrain", "toy-tiny", "--steps", "400", "--run", str(folder.path), "--detach") == 0
    )
    assert read_lease(folder).alive
    assert _run("pretrain", "toy-tiny", "--run", str(folder.path)) == 2
    assert _run("resume", str(folder.path)) == 2
    assert _run("stop", str(folder.path)) == 0
    said = capfd.readouterr()
    assert f"run {folder.path} is stopped" in said.out
    assert "already holds a run" in said.err.splitlines()[0]
    assert "is training in" in said.err.splitlines()[1]
    assert _run("resume", str(folder.path), "--detach") == 0
    assert _run("stop", str(folder.path)) == 0
    assert _run("events", str(folder.path), "--json") == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()[2:]]
    assert [line["attempt"] for line in lines if line["kind"] == "stop"] == [1, 2]


def test_a_failed_run_ends_in_1_and_says_why(home, capfd):
    with pytest.raises(RunError, match=r"the loss is nan"):
        list(train(toy.recipe(6, broken_from=2)))
    assert _run("follow", "toy-001") == 1
    assert "toy-001: step 3, objective" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pretrain", "bert-huge"), "no system 'bert-huge'; there are toy-tiny"),
        (("pretrain", "toy-tiny", "--steps", "0"), "steps must be 1 or more: 0"),
        (("follow", "nowhere"), "nowhere holds no run: recipe.json was expected there"),
        (("pretrain", "toy-tiny", "--run", "/dev/null/run"), "a part of this path is a file"),
    ],
)
def test_mistakes_are_one_line_and_status_2(arguments, message, capfd):
    assert _run(*arguments) == 2
    said = capfd.readouterr()
    assert message in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


def test_no_runs_yet_says_how_to_start_one(capfd):
    assert _run("runs") == 0
    assert "workbench pretrain uniter-tiny" in capfd.readouterr().out


def test_an_unreadable_run_does_not_hide_the_others(home, capfd):
    (home / "runs" / "broken").mkdir(parents=True)
    (home / "runs" / "broken" / "recipe.json").write_text("{}")
    assert _run("runs") == 0
    assert "broken" in capfd.readouterr().out


def test_an_unknown_verb_is_explained(capfd):
    with pytest.raises(SystemExit) as ended:
        _run("dance")
    assert ended.value.code == 2
    assert "invalid choice: 'dance'" in capfd.readouterr().err
