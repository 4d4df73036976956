"""A run on a GPU learns what it learns on a CPU, and goes on where it was stopped."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from tests.regression import curves
from workbench.data.datasets.noise import noise_stream
from workbench.systems import uniter
from workbench.training import chance
from workbench.training.folder import RunFolder
from workbench.training.loop import advance, train
from workbench.training.run import Run

pytestmark = pytest.mark.gpu

SYSTEMS = list(curves.SYSTEMS)


def losses(events) -> list[float]:
    return [event["loss"] for event in events if event.kind == "step"]


def on_the_cpu(recipe, folder, monkeypatch) -> list[float]:
    with monkeypatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        events = list(train(recipe, folder))
    assert events[0]["device"] == "cpu"
    return losses(events)


@pytest.mark.parametrize("system", SYSTEMS)
def test_float32_follows_the_cpu(system, tmp_path, monkeypatch):
    recipe = dataclasses.replace(curves.SYSTEMS[system].recipe(system), steps=20)
    events = list(train(recipe, tmp_path / "gpu"))
    assert events[0]["device"].startswith("cuda")
    expected = on_the_cpu(recipe, tmp_path / "cpu", monkeypatch)
    assert losses(events) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("system", SYSTEMS)
def test_bfloat16_follows_float32(system, tmp_path):
    recipe = dataclasses.replace(curves.SYSTEMS[system].recipe(system), steps=20)
    exact = losses(train(recipe, tmp_path / "float32"))
    half = losses(train(dataclasses.replace(recipe, precision="bfloat16"), tmp_path / "bfloat16"))
    assert half[:5] == pytest.approx(exact[:5], rel=0.05)
    assert sum(half[-5:]) == pytest.approx(sum(exact[-5:]), rel=0.15)


@pytest.mark.parametrize("system", SYSTEMS)
def test_float16_learns_once_its_scale_has_been_found(system, tmp_path):
    recipe = dataclasses.replace(curves.SYSTEMS[system].recipe(system), precision="float16")
    events = [event for event in train(recipe, tmp_path / "run") if event.kind == "step"]
    taken = [event["loss"] for event in events if not event.facts.get("skipped")]
    assert len(taken) > 35
    assert sum(taken[-10:]) < 0.95 * sum(taken[:10])


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_stopped_run_goes_on_as_if_it_had_not(system, tmp_path):
    recipe = dataclasses.replace(
        curves.SYSTEMS[system].recipe(system), steps=20, precision="bfloat16", shards=2, average=0.9
    )
    whole = losses(train(recipe, tmp_path / "whole"))
    for event in train(recipe, tmp_path / "parts"):
        if event.kind == "step" and event.step == 9:
            break
    rest = losses(advance(RunFolder(tmp_path / "parts")))
    assert rest == pytest.approx(whole[9:], rel=2e-2)


def test_compiled_and_recomputed_runs_learn_the_same(tmp_path):
    """In processes of their own: what checks types in tests cannot be compiled."""
    recipe = dataclasses.replace(curves.SYSTEMS["uniter"].recipe("uniter"), steps=12)
    recipe = dataclasses.replace(recipe, precision="bfloat16")
    found = {}
    for switch in ("plain", "compiled", "recompute"):
        switched = recipe if switch == "plain" else dataclasses.replace(recipe, **{switch: True})
        run = Run.start(switched, tmp_path / switch)
        assert run.wait(180.0) == "finished", run.problem
        found[switch] = losses(run.events())
    assert found["compiled"] == pytest.approx(found["plain"], rel=0.05)
    assert found["recompute"] == pytest.approx(found["plain"], rel=1e-2)


def test_dropout_is_drawn_from_the_seed():
    """Flash attention's dropout too: two runs of one seed are one run."""
    sizes = dataclasses.replace(uniter.base(500, 32, 9), layers=2)
    torch.manual_seed(0)
    model = uniter.pretraining(sizes, 3, (4, 500), ratios={"mlm": 1.0}).cuda().train()
    batch = noise_stream(pairs=200, budget=900, vocabulary=500, feature_size=32, classes=9).batch(0)

    def loss(seed: int) -> float:
        torch.manual_seed(seed)
        with torch.autocast("cuda", dtype=torch.bfloat16):
            scored = model(batch.to("cuda"), chance.generator(0, 1, "objective"))
        return float(scored.total.detach())

    assert loss(5) == loss(5) != loss(6)
