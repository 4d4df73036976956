"""The command line as a user types it, on runs small enough to wait for."""

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
from workbench.training.run import Run

TOYS = Path(__file__).parent / "training"
sys.path.insert(0, str(TOYS))

import toy_pretraining as toy  # noqa: E402

NOISE = ("--data", "noise", "--pictures", "40", "--budget", "200")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    return tmp_path


def _run(*arguments: str) -> int:
    return cli.main(arguments)


def test_a_run_is_followed_to_the_end_and_then_told_of(home, capfd):
    Run.start(toy.recipe(7, seed=3))
    assert _run("follow", "toy-001") == 0
    said = capfd.readouterr().out
    assert "attempt 1 of toy from step 0" in said
    assert said.splitlines()[-1] == "step 7: finished"

    assert _run("events", "toy-001", "--json") == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["step"] for line in lines if line["kind"] == "step"] == [1, 2, 3, 4, 5, 6, 7]
    assert _run("events", "toy-001", "--json", "--since", "5") == 0
    later = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert later == [line for line in lines if line["step"] > 5]
    assert _run("events", "toy-001") == 0
    assert "reason=finished" in capfd.readouterr().out
    assert _run("runs") == 0
    assert capfd.readouterr().out.split() == ["toy-001", "finished", "step", "7/7"]
    assert _run("runs", "--json") == 0
    listed = json.loads(capfd.readouterr().out)
    assert (listed["folder"], listed["state"]) == (str(home / "runs" / "toy-001"), "finished")

    assert _run("follow", str(home / "runs" / "toy-001"), "--json") == 0
    assert [json.loads(line) for line in capfd.readouterr().out.splitlines()] == lines

    assert _run("resume", "toy-001") == 2
    assert _run("stop", "toy-001") == 2
    problems = capfd.readouterr().err.splitlines()
    assert "has finished all 7 steps" in problems[0]
    assert "nothing to stop: the run in" in problems[1]
    assert all(line.startswith("workbench: ") for line in problems)

    assert _run("extend", "toy-001", "3") == 0
    assert "has 10 steps now" in capfd.readouterr().out
    assert _run("resume", "toy-001", "--engine", "local") == 0
    assert capfd.readouterr().out.splitlines()[-1] == "step 10: finished"
    assert _run("card", "toy-001", "--json") == 0
    assert "weights_sha256" in capfd.readouterr().out


def test_a_run_is_paused_continued_checkpointed_and_stopped(home, capfd):
    folder = RunFolder(home / "elsewhere")
    Run.start(toy.recipe(2000, seconds=0.02), folder.path)
    assert read_lease(folder).alive
    assert _run("resume", str(folder.path)) == 2
    assert _run("pause", str(folder.path)) == 0
    said = capfd.readouterr()
    assert f"run {folder.path} is paused" in said.out
    assert "is training in" in said.err
    assert _run("checkpoint", str(folder.path)) == 0
    assert "is paused, its checkpoint written" in capfd.readouterr().out
    assert _run("resume", str(folder.path), "--detach") == 0
    assert _run("checkpoint", str(folder.path)) == 0
    assert "checkpoint of step" in capfd.readouterr().out
    assert _run("stop", str(folder.path)) == 0
    assert f"run {folder.path} is stopped" in capfd.readouterr().out
    assert _run("events", str(folder.path), "--json") == 0
    kinds = [json.loads(line)["kind"] for line in capfd.readouterr().out.splitlines()]
    assert [kind for kind in kinds if kind in ("pause", "continue", "stop")] == [
        "pause",
        "continue",
        "stop",
    ]


def test_a_failed_run_ends_in_1_and_says_why(home, capfd):
    with pytest.raises(RunError, match=r"the loss is nan"):
        list(train(toy.recipe(6, broken_from=2)))
    assert _run("follow", "toy-001") == 1
    assert "toy-001: step 3, objective" in capfd.readouterr().err


def test_a_dry_run_tells_everything_and_starts_nothing(home, capfd):
    asked = ("--objectives", "mlm=2,itm=1", "--steps", "9", "--engine", "processes:2")
    assert _run("pretrain", "uniter-tiny", *NOISE, *asked, "--dry-run") == 0
    said = capfd.readouterr()
    told = json.loads(said.out)
    assert told["recipe"]["model"]["arguments"]["ratios"] == {"mlm": 2.0, "itm": 1.0}
    assert told["recipe"]["steps"] == 9 and told["estimate"]["parameters"] > 1e6
    assert "note: Noise teaches nothing" in said.err
    assert not (home / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pretrain", "bert-huge"), "no system 'bert-huge'; there are uniter-tiny"),
        (("pretrain", "uniter-tiny", *NOISE, "--steps", "0"), "steps must be 1 or more, not 0"),
        (("pretrain", "vlp-tiny", *NOISE, "--objectives", "itm=1"), "VLP has no matching"),
        (("pretrain", "vlp-tiny", *NOISE, "--objectives", "itm"), "write ratios by name"),
        (("pretrain", "vlp-tiny", *NOISE, "--engine", "moon"), "no engine 'moon'"),
        (("pretrain", "unimo-tiny"), "`workbench prepare scenes`"),
        (("pretrain", "uniter-tiny", *NOISE, "--run", "/dev/null/run"), "part of this path is a"),
        (("prepare", "noise"), "noise needs nothing"),
        (("follow", "nowhere"), "nowhere holds no run: recipe.json was expected there"),
        (("compare", "nowhere"), "nowhere holds no run"),
    ],
)
def test_mistakes_are_one_line_and_status_2(arguments, message, capfd):
    assert _run(*arguments) == 2
    said = capfd.readouterr()
    *noted, problem = said.err.splitlines()
    assert message in problem and problem.startswith("workbench: ")
    assert all(line.startswith("note: ") for line in noted)
    assert said.out == ""


def test_no_runs_yet_says_how_to_start_one(capfd):
    assert _run("runs") == 0
    assert "workbench pretrain uniter-tiny" in capfd.readouterr().out


def test_an_unreadable_run_does_not_hide_the_others(home, capfd):
    (home / "runs" / "broken").mkdir(parents=True)
    (home / "runs" / "broken" / "recipe.json").write_text("{}")
    assert _run("runs") == 0
    assert "broken" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("dance",), "invalid choice: 'dance'"), (("extend", "x", "many"), "invalid int value")],
)
def test_what_cannot_be_parsed_is_one_line_too(arguments, message, capfd):
    with pytest.raises(SystemExit) as ended:
        _run(*arguments)
    assert ended.value.code == 2
    said = capfd.readouterr().err
    assert message in said and len(said.splitlines()) == 1
