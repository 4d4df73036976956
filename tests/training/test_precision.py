"""float16 with a scaled loss, and the moving average of the weights."""

from __future__ import annotations

import math

import pytest
import torch
import toy_pretraining as toy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from workbench.training import precision, updating
from workbench.training.average import Average
from workbench.training.checkpoint import load_training
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.kept import find_latest
from workbench.training.loop import advance, train
from workbench.training.recipe import Optimisation
from workbench.training.run import Run
from workbench.training.updating import Updater

SCALE = 65536.0


def steps(events):
    names = ("objective", "loss", "gradient_norm", "loss_scale", "skipped")
    found = [e for e in events if e.kind == "step"]
    return [(e.step, *(e.facts.get(name) for name in names)) for e in found]


def equal(one, two):
    one, two = one.state_dict(), two.state_dict()
    return all(torch.equal(one[name], two[name]) for name in one)


@pytest.fixture
def large_scale(monkeypatch):
    """The loss is scaled so far up that the first gradients cannot be float16 numbers."""
    real = torch.amp.GradScaler

    def scaler(device, **options):
        return real(device, init_scale=2.0**24, growth_interval=6, **options)

    monkeypatch.setattr(torch.amp, "GradScaler", scaler)


def test_float16_trains_near_float32_and_keeps_whole_weights(home):
    half = list(train(toy.recipe(20, precision="float16"), home / "half"))
    full = list(train(toy.recipe(20), home / "full"))
    pairs = list(zip(steps(half), steps(full), strict=True))
    unlike = next(n for n, (a, _) in enumerate(pairs) if a[-1]) + 1  # the scale is too large once
    assert unlike > 4
    assert all(math.isclose(a[2], b[2], rel_tol=0.02) for a, b in pairs[:unlike])
    means = [sum(row[2] for row in rows) / 20 for rows in zip(*pairs, strict=True)]
    assert math.isclose(*means, rel_tol=0.05)
    assert steps(half) != steps(full)
    assert half[1]["loss_scale"] == SCALE
    assert "loss_scale" not in full[1].facts
    kept = Run.attach(home / "half").load().state_dict()
    assert {value.dtype for value in kept.values()} == {torch.float32}


def test_a_gradient_that_overflows_is_skipped_and_told_even_between_logged_steps(home, large_scale):
    events = list(train(toy.recipe(20, precision="float16", log_every=100), home / "run"))
    told = [e for e in events if e.kind == "step"]
    skipped = [e for e in told if "skipped" in e.facts]
    assert len(skipped) > 3
    assert all(e["skipped"] is True and e["gradient_norm"] is None for e in skipped)
    assert told[-1].step == 20
    assert [e["loss_scale"] for e in skipped[:3]] == [2.0**24, 2.0**23, 2.0**22]
    assert [e.step for e in skipped[:3]] == [1, 2, 3]
    assert events[-1].facts == {"reason": "finished"}


def test_a_skipped_step_moves_neither_weights_nor_their_average_nor_the_moments(home, large_scale):
    list(train(toy.recipe(1, precision="float16", average=0.5, seed=3), home / "run"))
    run = Run.attach(home / "run")
    with torch.random.fork_rng(devices=[]):
        from workbench.training import chance

        torch.manual_seed(chance.seed_of(3, 0, "layers"))
        begun = toy.pretraining()
    assert equal(run.load(), begun)
    assert equal(run.load(averaged=True), begun)
    training = load_training(find_latest(run.folder)[0])
    assert training["optimiser"]["state"] == {}
    assert training["scaler"]["scale"] == 2.0**23


@pytest.mark.parametrize("leave_after", [2, 9])
def test_float16_and_an_average_resume_to_the_bit(home, large_scale, leave_after):
    recipe = toy.recipe(20, precision="float16", average=0.8)
    whole = list(train(recipe, home / "whole"))
    for event in train(recipe, home / "parts"):
        if event.kind == "step" and event.step == leave_after:
            break
    parts = Run.attach(home / "parts")
    list(advance(parts.folder))
    assert steps(parts.events()) == steps(whole)
    assert any(row[-1] for row in steps(whole))
    assert len({row[-2] for row in steps(whole)}) > 3, "the scale fell, and rose again"
    for averaged in (False, True):
        assert equal(
            parts.load(averaged=averaged), Run.attach(home / "whole").load(averaged=averaged)
        )


def test_what_is_no_number_at_any_scale_is_an_error(home, monkeypatch):
    with pytest.raises(RunError, match=r"step 4, objective .*: the loss is nan"):
        list(train(toy.recipe(9, precision="float16", broken_from=3), home / "data"))
    real = Updater.backward

    def endless(self, total):
        real(self, total * float("inf"))

    monkeypatch.setattr(Updater, "backward", endless)
    monkeypatch.setattr(updating, "SMALLEST_SCALE", 2.0**12)
    with pytest.raises(RunError, match=r"step 5, objective .*: the loss is \d.* norm (nan|inf)"):
        list(train(toy.recipe(9, precision="float16"), home / "gradient"))
    monkeypatch.undo()
    assert precision.SMALLEST_SCALE < 1


def test_gradients_are_clipped_by_their_true_norm(home):
    """A limit above the true norms changes nothing, whatever the scale."""
    norms = []
    for limit in (None, 1e3):
        rule = Optimisation(learning_rate=2e-3, warmup_steps=4, clip_norm=limit)
        recipe = toy.recipe(8, precision="float16", optimisation=rule)
        events = [e for e in train(recipe, home / f"to-{limit}") if e.kind == "step"]
        norms.append([e["gradient_norm"] for e in events if "skipped" not in e.facts])
        assert max(norms[-1]) < 100 < SCALE
    assert norms[0] == norms[1]


def test_the_average_is_torchs_and_follows_every_step():
    torch.manual_seed(0)
    model = toy.pretraining()
    ours, theirs = Average(model, 0.7), AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.7))
    theirs.update_parameters(model)  # the first only copies
    by_hand = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in range(3):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter))
        ours.follow()
        theirs.update_parameters(model)
        now = model.state_dict()
        by_hand = {name: 0.7 * value + 0.3 * now[name] for name, value in by_hand.items()}
    own = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(KeyError), ours.in_place():
        assert equal(model, theirs.module)
        for name, value in model.state_dict().items():
            torch.testing.assert_close(value, by_hand[name])
        raise KeyError
    assert all(torch.equal(value, own[name]) for name, value in model.state_dict().items())
    ours.begin_here()
    with ours.in_place():
        assert all(torch.equal(value, own[name]) for name, value in model.state_dict().items())


def test_no_average_is_loaded_where_none_was_kept(home):
    list(train(toy.recipe(2), home / "run"))
    with pytest.raises(RunError, match=r"keeps no average .*Recipe\(average=0.999\)"):
        Run.attach(home / "run").load(averaged=True)
    names = {p.name for p in (RunFolder(home / "run").checkpoints / "step-000002").iterdir()}
    assert names == {"model.safetensors", "training.pt", "MANIFEST.json"}
