"""The demo starts by each of its ways, finds the checkout's runs, and tells where it is served."""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
from pathlib import Path

import gradio as gr
import httpx
import pytest
import torch
from gradio_client import handle_file

from tests.front.desk import RUNS, serving
from workbench import places
from workbench.cli import main
from workbench.front import serving as front
from workbench.front.checkpoints import CheckpointError, Checkpoints
from workbench.setup import ROOT

torch.set_num_threads(1)
GRADIO = str(Path(sys.executable).with_name("gradio"))


def picture_of(home: Path) -> Path:
    return next((home / ".cache" / "gallery").rglob("*.png"))


@pytest.mark.slow
def test_the_real_command_serves_from_another_folder(home, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    demo = os.path.relpath(ROOT / "workbench" / "demo.py", elsewhere)
    with serving([GRADIO, demo], elsewhere, home, tmp_path / "log") as served:
        told = served.log.read_text()
        assert all(name in told for name in RUNS) and "workbench serve" in told
        page = served.client.predict(
            RUNS[0], handle_file(picture_of(home)), "there is a ball", api_name="/attention"
        )
        assert page.startswith("<iframe") and "sandbox" in page
        settings = httpx.get(f"{served.address}config").json()
        assert settings["analytics_enabled"] is False
        assert "http" not in json.dumps(settings["stylesheets"])
        assert served.alive
    assert not served.alive


def test_the_file_finds_the_runs_of_its_own_checkout(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_HOME", "unset below, and put back after the test")
    monkeypatch.delenv("WORKBENCH_HOME")
    monkeypatch.setenv("GRADIO_WATCH_DIRS", "/")
    monkeypatch.setattr(sys, "path", [str(ROOT / "workbench"), *sys.path])
    monkeypatch.setattr(front, "built", lambda named: (places.root(), list(named)))
    told = runpy.run_path(str(ROOT / "workbench" / "demo.py"))
    assert told["demo"] == (ROOT, [])
    assert "GRADIO_WATCH_DIRS" not in os.environ
    assert str(ROOT / "workbench") not in sys.path


@pytest.fixture
def launched(monkeypatch):
    """What Gradio was asked to do, instead of doing it."""
    asked: list[dict] = []

    def launch(blocks, **options):
        asked.append(options)
        return None, "http://127.0.0.1:1/", None

    def built(named=()):
        asked.append({"named": list(named)})
        return gr.Blocks(analytics_enabled=False)

    monkeypatch.setattr(front, "built", built)
    monkeypatch.setattr(gr.Blocks, "launch", launch)
    monkeypatch.setattr(gr.Blocks, "block_thread", lambda blocks: asked.append({"waited": True}))
    return asked


def test_the_verb_names_checkpoints_and_serves_this_machine_alone(launched):
    assert main(["serve", "a/b", "folder"]) == 0
    named, asked, waited = launched
    assert named == {"named": ["a/b", "folder"]} and waited == {"waited": True}
    assert asked["share"] is False and asked["server_name"] is None
    assert asked["inbrowser"] is False and asked["ssr_mode"] is False
    assert main(["serve", "--host", "0.0.0.0", "--port", "81", "--share", "--open"]) == 0
    asked = launched[4]
    assert (asked["server_name"], asked["server_port"]) == ("0.0.0.0", 81)
    assert asked["share"] is True and asked["inbrowser"] is True


def test_the_verb_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["serve"]) == 2
    assert "vl-workbench[demo]" in capsys.readouterr().err


def test_a_notebook_cell_is_not_held_up(monkeypatch, launched):
    monkeypatch.setattr(front, "ipython_check", lambda: True)
    front.launch(front.built())
    assert len(launched) == 2
    monkeypatch.setenv("GRADIO_SHARE", "True")
    front.launch(front.built(), prevent_thread_lock=True)
    assert len(launched) == 4 and launched[3]["share"] is False


def test_where_there_is_no_run_a_short_one_is_trained_in_sight(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    asked = []
    monkeypatch.setattr(front, "ready", lambda progress: asked.append(progress))
    with pytest.raises(CheckpointError, match="make start"):
        front.built()
    assert asked == [True]
    assert "a short one is trained" in capsys.readouterr().out


def test_a_checkpoint_that_cannot_be_opened_does_not_keep_the_demo_shut(
    home,
    monkeypatch,
    capsys,
):
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    checkpoints = Checkpoints(["nowhere/at-all", *RUNS])
    assert front._first(checkpoints).name == RUNS[0]  # a run's name is as good as its folder
    assert "nowhere/at-all cannot be opened" in capsys.readouterr().err


def test_who_opens_one_checkpoint_keeps_nobody_from_another(home, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    checkpoints = Checkpoints()
    slow, quick = RUNS
    begun, may_end = threading.Event(), threading.Event()
    opens: list[str] = []
    plain = checkpoints._open

    def opened(name):
        opens.append(name)
        if name == slow:
            begun.set()
            assert may_end.wait(120)
        return plain(name)

    monkeypatch.setattr(checkpoints, "_open", opened)
    found: list = []
    asking = [
        threading.Thread(target=lambda: found.append(checkpoints.open(slow))) for _ in range(3)
    ]
    for thread in asking:
        thread.start()
    assert begun.wait(120)
    assert checkpoints.open(quick).name == quick and not found
    may_end.set()
    for thread in asking:
        thread.join(120)
    assert len(found) == 3 and all(one is found[0] for one in found)
    assert opens.count(slow) == 1


def test_the_last_ones_stay_and_failures_are_forgotten(home, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    checkpoints = Checkpoints(kept=1)
    first = checkpoints.open(RUNS[0])
    for wrong in ("no such", "", None, "runs", "../runs/uniter-tiny"):
        with pytest.raises(CheckpointError, match="there is no checkpoint"):
            checkpoints.open(wrong)
    assert checkpoints.open(RUNS[0]) is first and not checkpoints._opening
    checkpoints.open(RUNS[1])
    assert checkpoints.open(RUNS[0]) is not first
