"""One finished run that was interrupted once, with validation, results and a described stream."""

from __future__ import annotations

import json

import pytest
import torch

from tests.cards import toy_run
from workbench.training.loop import advance, train
from workbench.training.run import Run

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def told_once(tmp_path_factory) -> Run:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(home))
        for event in train(toy_run.recipe(12), home / "runs" / "told"):
            if event.kind == "step" and event.step == 7:
                break
        run = Run.attach(home / "runs" / "told")
        for _ in advance(run.folder):
            pass
        results = {"name_accuracy": {"with_regions": 0.75, "twin": None}, "itm_accuracy": 0.5}
        (run.path / "results.json").write_text(json.dumps(results))
    return run


@pytest.fixture(scope="module")
def told(told_once):
    """The run, in its home; it is read by all tests and changed by none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(told_once.path.parents[1]))
        yield told_once
