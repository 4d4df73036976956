"""Grids that are really trained: killed, gone on with, failed in part, and trained only once."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.ablations.small import SETTING, grid, interrupted, vlp_row
from workbench import cli
from workbench.ablations import board as boards
from workbench.ablations.board import Board
from workbench.ablations.grids import vilbert
from workbench.ablations.report import as_json, markdown
from workbench.training.engines.processes import Processes
from workbench.training.errors import RecipeError
from workbench.training.lease import read_lease
from workbench.training.run import Run

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PATIENCE = 180.0


def until(true):
    limit = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < limit, "nothing happened"
        time.sleep(0.1)
    return found


def starts(run):
    return [event for event in run.events() if event.kind == "start"]


def steps(run):
    return [event.step for event in run.events() if event.kind == "step"]


@pytest.fixture(scope="module")
def gone_on(home):
    """A board that was killed, in a process of its own, with a run of it, and one that went on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boards, "POLL", 0.3)
        board = Board(interrupted(), jobs=2)
        whole = home / "runs" / "board" / board.plan[1][0][0]
        program = (
            "from tests.ablations.small import interrupted\n"
            "from workbench.ablations.board import Board\n"
            "Board(interrupted(), jobs=1).run()\n"
        )
        killed = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
        until((whole / "recipe.json").is_file)
        run = Run.attach(whole)
        until(lambda: len(steps(run)) >= 4)
        run.checkpoint_now()
        until(lambda: any(event.kind == "checkpoint" for event in run.events()))
        killed.kill()
        killed.wait()
        os.kill(read_lease(run.folder).pid, signal.SIGKILL)
        until(lambda: run.state == "dead")
        reached = max(steps(run))
        seen = []
        yield board, board.run(lambda b: seen.append(b.standing())), reached, seen


def test_a_killed_board_goes_on_where_it_was(gone_on):
    _, standing, reached, seen = gone_on
    assert 4 <= reached < SETTING.steps, "the kill came too late to prove anything"
    whole, _, again, _ = (line.runs[0] for line in standing.lines)
    run = Run.attach(whole.folder)
    assert steps(run) == list(range(1, SETTING.steps + 1))
    assert len(starts(run)) == 2 and starts(run)[-1].step >= 4
    assert whole.state == again.state == "finished"
    assert any(0 < s.lines[0].runs[0].step < SETTING.steps for s in seen)


def test_a_failed_run_is_told_in_its_cell_and_stops_no_other(gone_on):
    _, standing, _, _ = gone_on
    _, fails, _, in_vain = (line.runs[0] for line in standing.lines)
    assert fails.state == in_vain.state == "failed"
    assert "a share of the pictures is above 0 and at most 1, not 2.0" in fails.problem
    assert f"begins with the weights of {fails.digest}" in in_vain.problem
    assert not standing.complete and standing.settled
    assert standing.lines[0].runs[0].found is not None
    assert standing.lines[2].runs[0].found is not None
    text = markdown(standing)
    assert "not 2.0" in text and "| fails | – | – | – |" in text
    told = as_json(standing)["rows"]
    assert told[1]["runs"][0]["state"] == "failed" and told[0]["cells"]["Meta-Sum"]["mean"] >= 0


def test_a_run_begins_with_the_weights_of_another(gone_on):
    _, standing, _, _ = gone_on
    whole, _, again, _ = (line.runs[0] for line in standing.lines)
    ended = Run.attach(whole.folder).load().state_dict()
    made = Run.attach(again.folder).recipe.model().state_dict()
    assert all(torch.equal(tensor, made[name]) for name, tensor in ended.items())
    went_on = Run.attach(again.folder).load().state_dict()
    assert any(not torch.equal(tensor, went_on[name]) for name, tensor in ended.items())


def test_a_recipe_of_two_grids_is_trained_and_measured_once(gone_on, monkeypatch):
    _, standing, _, _ = gone_on
    monkeypatch.setattr(boards, "measured", lambda *_: pytest.fail("measured again"))
    other = Board(grid("other", vlp_row("another name for it")))
    found = other.run()
    assert found.complete
    assert found.lines[0].runs[0].digest == standing.lines[0].runs[0].digest
    assert found.lines[0].runs[0].found == standing.lines[0].runs[0].found
    run = Run.attach(found.lines[0].runs[0].folder)
    assert len(starts(run)) == len(starts(Run.attach(standing.lines[0].runs[0].folder)))
    elsewhere = dataclasses.replace(SETTING, pool=1)
    assert not Board(grid("asked otherwise", vlp_row("x"), setting=elsewhere)).standing().complete


def test_measures_are_on_the_card_and_the_card_in_the_cell(gone_on, home):
    board, standing, _, _ = gone_on
    run = standing.lines[0].runs[0]
    results = json.loads((run.folder / "results.json").read_text())
    assert results["names"] == run.found["measures"]["names"]
    assert (run.folder / "card.html").is_file() and run.problem is None
    assert (standing.lines[1].runs[0].folder / "card.html").is_file(), "failed runs have one too"
    assert f"({run.digest}/card.html)" in markdown(standing, board.folder)
    assert f'href="runs/board/{run.digest}/card.html"' in _shown_in(home, board)


def _shown_in(folder, board):
    before = os.getcwd()
    os.chdir(folder)
    try:
        return board._repr_html_()
    finally:
        os.chdir(before)


def test_a_run_of_another_recipe_is_not_measured(gone_on):
    """Somebody extends a run of the board: its numbers would not be those of the recipe."""
    _, standing, _, _ = gone_on
    run = Run.attach(standing.lines[2].runs[0].folder)
    shutil.rmtree(run.path / "measures")
    run.extend(3)
    found = Board(interrupted().only(("again",))).run().lines[0].runs[0]
    assert found.state == "failed" and "was it extended?" in found.problem
    assert found.found is None


def test_a_board_can_be_looked_at_before_anything_is_there(home, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    fresh = dataclasses.replace(SETTING)
    board = Board(vilbert.data(fresh))
    assert "were not extracted yet" in board._repr_html_()


def test_an_engine_needs_recipes_cut_as_fine(home):
    with pytest.raises(RecipeError, match="2 processes, but the recipes of this grid cut a step"):
        Board(interrupted(), Processes(2))
    assert Board(
        grid("cut", vlp_row("x"), setting=dataclasses.replace(SETTING, shards=2)), Processes(2)
    )


def test_the_command_line_writes_three_tables(gone_on, tmp_path, capsys):
    """The rows are there already: the same recipe under other names in two other grids."""
    _, standing, _, _ = gone_on
    small = ["--pictures", "6", "--names", "96", "--tested", "8", "--pool", "2", "--seeds", "1"]
    small += ["--steps", str(SETTING.steps), "--out", str(tmp_path)]
    for grid_name, label in (("vlp-lambda", "λ = 0.75"), ("vlp-initialisation", "from scratch")):
        assert cli.main(["ablate", grid_name, "--rows", label, *small]) == 0
        out = capsys.readouterr().out
        assert f"| {label} |" in out and "1 run: 1 finished." in out
        assert (tmp_path / f"{grid_name}.md").read_text() in out
        told = json.loads((tmp_path / f"{grid_name}.json").read_text())
        assert told["rows"][0]["runs"][0]["digest"] == standing.lines[0].runs[0].digest
        page = (tmp_path / f"{grid_name}.html").read_text()
        assert "<script" not in page and "card.html" in page
    assert len(starts(Run.attach(standing.lines[0].runs[0].folder))) == 2


def test_the_command_line_lists_and_refuses(home, capsys):
    assert cli.main(["ablate", "--list"]) == 0
    assert "L11" in capsys.readouterr().out
    assert cli.main(["ablate", "lxmert"]) == 2
    assert "no grid 'lxmert'; there are systems, uniter" in capsys.readouterr().err
    assert cli.main(["ablate", "unimo", "--rows", "w/o words"]) == 2
    assert "no rows w/o words; there are UNIMO, w/o texts" in capsys.readouterr().err
