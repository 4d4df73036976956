"""Averages, validation and half precision where two processes train, in real processes."""

from __future__ import annotations

import pytest
import toy_pretraining as toy

from workbench.training.engines.processes import Processes
from workbench.training.held_out import held_out_losses
from workbench.training.loop import train
from workbench.training.recipe import call
from workbench.training.run import Run
from workbench.training.validation import Validation

PATIENCE = 120.0
HELD_OUT = Validation(
    call(held_out_losses, data=call(toy.stream, seed=9, pairs=5), batches=2), every=4, metric="loss"
)


def told(run, kind, *names):
    return [
        [e.step, *(e.facts.get(name) for name in names)] for e in run.events() if e.kind == kind
    ]


@pytest.mark.slow
def test_two_processes_that_share_a_model_find_what_one_finds_and_go_on_from_a_damaged_end(home):
    recipe = toy.recipe(12, shards=2, average=0.8, precision="float16", validation=HELD_OUT)
    list(train(recipe, home / "one"))
    one = Run.attach(home / "one")
    two = Run.start(recipe, home / "two", engine=Processes(2, sharded=True))
    assert two.wait(PATIENCE) == "finished", two.problem
    two.extend(4)
    (two.folder.checkpoints / "step-000012" / "average.safetensors").write_bytes(b"")
    two.resume()
    assert two.wait(PATIENCE) == "finished", two.problem
    warnings = [e["message"] for e in two.events() if e.kind == "warning"]
    assert len(warnings) == 1
    assert "step-000012 is damaged and left out: average.safetensors" in warnings[0]
    assert two.events()[-1].step == 16
    for run in (one, two):
        assert [row[0] for row in told(run, "validation")][:3] == [4, 8, 12]
    # Warm-up is over by step 4, and until 8 the longer schedule has not yet been in force.
    for a, b in zip(told(one, "step", "loss")[:8], told(two, "step", "loss")[:8], strict=True):
        assert a == pytest.approx(b, rel=1e-3)
    first = [told(run, "validation", "metrics")[:2] for run in (one, two)]
    for a, b in zip(*first, strict=True):
        assert a[0] == b[0]
        assert a[1] == pytest.approx(b[1], rel=1e-3)
    assert two.best == told_best(two)
    assert two.load("best", averaged=True) is not None


def told_best(run):
    values = {e.step: e["metrics"]["loss"] for e in run.events() if e.kind == "validation"}
    step = min(values, key=values.__getitem__)
    return step, values[step]
