"""The launchpad as a widget uses it: JSON in, JSON out, runs started and steered."""

from __future__ import annotations

import json
import shlex

import pytest

from workbench import cli
from workbench.launchpad.pad import Launchpad
from workbench.training.errors import RunError
from workbench.training.run import Run

CHOICE = {"data": "noise", "pictures": 40, "budget": 200, "steps": 10, "seed": 5, "fast": True}


def test_options_are_plain_and_their_default_is_a_choice():
    options = Launchpad().options()
    assert json.loads(json.dumps(options)) == options
    assert {system["name"] for system in options["systems"]} >= {
        "uniter",
        "vilbert",
        "vlp",
        "unimo",
    }
    assert all(system["mixing"] and system["objectives"] for system in options["systems"])
    ready = {data["name"]: data["ready"] for data in options["data"]}
    assert ready == {"scenes": False, "scenes-hard": False, "stamps": False, "noise": True}
    looked = Launchpad().look({**options["choice"], "data": "noise", "pictures": 40})
    assert json.loads(json.dumps(looked)) == looked
    assert looked["problems"] == [] and looked["estimate"]["parameters"] > 1e6


def test_widget_cell_and_command_line_train_the_same(home, capsys):
    """Ten steps each way, in processes of their own: the same losses to the bit."""
    pad = Launchpad()
    looked = pad.look(CHOICE)
    widget = Run.attach(pad.start(CHOICE))
    found: dict = {}
    exec(looked["cell"], found)
    words = shlex.split(looked["command"])
    assert words[0] == "workbench"
    assert cli.main([*words[1:], "--run", str(home / "runs" / "typed")]) == 0
    capsys.readouterr()
    runs = [widget, found["run"], Run.attach("typed")]
    assert [run.wait(240.0) for run in runs] == ["finished"] * 3
    losses = [[e["loss"] for e in run.events() if e.kind == "step"] for run in runs]
    assert len(losses[0]) == 10
    assert losses[0] == losses[1] == losses[2]
    listed = {run["name"]: run for run in pad.runs()}
    assert listed["typed"] == {
        "name": "typed",
        "folder": str(home / "runs" / "typed"),
        "state": "finished",
        "step": 10,
        "steps": 10,
    }
    pad.ask("typed", "extend", 2)
    assert Run.attach("typed").wait(240.0) == "finished"
    assert Run.attach("typed").recipe.steps == 12
    with pytest.raises(RunError, match="nothing to pause"):
        pad.ask("typed", "pause")
    with pytest.raises(RunError, match="a run cannot 'dance'; it can pause, resume"):
        pad.ask("typed", "dance")
