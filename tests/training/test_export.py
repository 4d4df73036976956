from __future__ import annotations

import builtins
import math

import numpy as np
import pytest
import toy_pretraining as toy

from workbench.training.errors import RunError
from workbench.training.events import Event, EventWriter
from workbench.training.export import frame
from workbench.training.folder import RunFolder
from workbench.training.loop import train
from workbench.training.run import Run


def _step(step, attempt=1, rank=0, **facts):
    known = {"objective": "mlm", "loss": 2.0 - step / 10, "pairs": 8, "tokens": 40, "seconds": 0.5}
    return Event(100.0 + step, step, "step", known | facts, attempt, rank)


@pytest.fixture
def run(home):
    for event in train(toy.recipe(6, checkpoint_every=3)):
        if event.kind == "step" and event.step == 5:
            break
    run = Run.attach("toy-001")
    assert run.state == "stopped"
    with EventWriter(run.folder, 1) as events:
        events.write("validation", 3, metrics={"mlm": 2.5}, best=True, seconds=0.1)
        events.write("machine", 3, memory_bytes=10**9, cpu_share=0.5, gpu_share=None)
    with EventWriter(run.folder, 2) as events:  # an attempt that does a step again
        events.write("step", 5, **{**_step(5).facts, "loss": 7.0, "losses": {"mlm": 7.0}})
    return run


def test_a_table_has_a_row_a_step_and_the_newest_attempt_counts(run):
    table = run.frame()
    assert list(table.index) == [1, 2, 3, 4, 5] and table.index.name == "step"
    steps = [event for event in run.events() if event.kind == "step"]
    assert table["loss"].tolist() == [event["loss"] for event in steps]
    assert (table.loc[5, "loss"], table.loc[5, "attempt"]) == (7.0, 2)
    assert table["learning_rate"][:4].tolist() == [event["learning_rate"] for event in steps[:4]]
    first = steps[0]
    assert table.loc[1, "tokens_per_second"] == first["tokens"] / first["seconds"]
    assert table.loc[1, "data_share"] == first["data_seconds"] / first["seconds"]
    for step in steps[:4]:
        own = table.loc[step.step]
        assert {n for n in ("mlm", "itm") if not math.isnan(own[f"loss/{n}"])} == set(
            step["losses"]
        )
    assert {"gradient_norm", "padding", "pairs_per_second"} <= set(table.columns)


def test_validation_and_machine_stand_in_the_row_of_their_step(run):
    table = run.frame()
    assert table["validation/mlm"].dropna().to_dict() == {3: 2.5}
    assert table["machine/memory_bytes"].dropna().to_dict() == {3: 1e9}
    assert table["machine/gpu_share"].isna().all()


def test_no_event_gives_an_empty_table():
    assert len(frame([])) == 0 and frame([]).index.name == "step"


def test_the_first_of_several_processes_speaks_for_all():
    events = [_step(1), _step(1, rank=1, pairs=5), _step(2), _step(3, rank=1)]
    assert frame(events)["pairs_per_second"].to_dict() == {1: 16.0, 2: 16.0}


def test_tensorboard_reads_the_same_numbers(run, home):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    place = run.to_tensorboard(home / "board")
    assert run.to_tensorboard(home / "board") == place == home / "board" / "toy-001"
    read = EventAccumulator(str(place), size_guidance={"scalars": 0})
    read.Reload()
    table = run.frame()
    assert set(read.Tags()["scalars"]) == set(table.columns) - {
        "time", "attempt", "machine/gpu_share",
    }  # fmt: skip
    for name in ("loss", "loss/mlm", "learning_rate", "validation/mlm"):
        expected = table[name].dropna()
        scalars = read.Scalars(name)
        assert [scalar.step for scalar in scalars] == expected.index.tolist()
        np.testing.assert_allclose([s.value for s in scalars], expected, rtol=1e-6)
    assert read.Scalars("loss")[0].wall_time == pytest.approx(table["time"][1])


def test_without_tensorboard_the_extra_is_named(home, monkeypatch):
    real = builtins.__import__

    def missing(name, *rest):
        if name.startswith("torch.utils.tensorboard"):
            raise ModuleNotFoundError("No module named 'tensorboard'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(RunError, match=r"pip install 'vl-workbench\[tensorboard\]'"):
        Run(RunFolder(home / "any")).to_tensorboard(home)
