from __future__ import annotations

import dataclasses
import json
import math
import re

import pytest
import torch
import toy_measures as measures
import toy_pretraining as toy

from workbench.training import chance
from workbench.training.errors import RecipeError, RunError
from workbench.training.folder import RunFolder
from workbench.training.held_out import held_out_losses
from workbench.training.loop import advance, train
from workbench.training.recipe import Recipe, call
from workbench.training.run import Run
from workbench.training.validation import Best, Validation

HELD_OUT = Validation(
    call(held_out_losses, data=call(toy.stream, seed=9, pairs=5), batches=3), every=5, metric="mlm"
)


def facts(events, kind):
    return [
        (e.step, {**e.facts, "seconds": 0, "data_seconds": 0}) for e in events if e.kind == kind
    ]


def weights(run, which="newest", **options):
    return run.load(which, **options).state_dict()


def equal(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def trained(home, name, steps=20, **changes):
    list(train(toy.recipe(steps, **changes), home / name))
    return Run.attach(home / name)


def test_held_out_losses_are_sums_over_counts_of_every_objective():
    torch.manual_seed(0)
    model = toy.pretraining().eval()
    before = torch.get_rng_state()
    measure = held_out_losses(call(toy.stream, seed=9, pairs=5), batches=3, seed=4)
    found = measure(model)
    sums, counts = {"mlm": 0.0, "itm": 0.0}, {"mlm": 0, "itm": 0}
    for number in range(3):
        rng = chance.generator(4, number, "held out")
        for name in sums:
            objective = model.mix[name]
            broken = objective.corrupt(toy.stream(seed=9, pairs=5).batch(number), rng)
            loss = objective.loss(model.encoder(broken.batch, broken.pattern), broken)
            sums[name] += float(loss.sum.detach())
            counts[name] += loss.count
    means = {name: sums[name] / counts[name] for name in sums}
    assert found == pytest.approx({"loss": sum(means.values()), **means}, abs=1e-6)
    assert len({counts["mlm"], counts["itm"], 3}) == 3, "a mean of means would be another number"
    assert measure(model) == found
    assert torch.equal(torch.get_rng_state(), before)
    assert held_out_losses(call(toy.stream, seed=9, pairs=5), batches=3)(model) != found
    with pytest.raises(ValueError, match="1 batch or more"):
        held_out_losses(call(toy.stream), batches=0)


def test_validating_changes_nothing_of_the_training(home):
    plain = trained(home, "plain")
    run = trained(home, "validated", validation=HELD_OUT)
    assert facts(run.events(), "step") == facts(plain.events(), "step")
    assert equal(weights(run), weights(plain))
    told = [e for e in run.events() if e.kind == "validation"]
    assert [e.step for e in told] == [5, 10, 15, 20]
    for event in told:
        assert set(event["metrics"]) == {"loss", "mlm", "itm"}
    model = run.load()
    assert told[-1]["metrics"] == HELD_OUT.measure()(model)
    assert told[-1]["metrics"]["mlm"] < told[0]["metrics"]["mlm"]


def test_the_best_checkpoint_is_kept_and_can_be_loaded(home):
    """P26: the epoch that validates best goes to the test."""
    run = trained(home, "run", validation=measures.shrinking(), keep=1, checkpoint_every=6)
    told = {e.step: e["metrics"]["size"] for e in run.events() if e.kind == "validation"}
    assert run.best == Best(4, told[4])
    assert (run.best, min(told, key=told.__getitem__)) == ((4, told[4]), 4)
    assert [e["best"] for e in run.events() if e.kind == "validation"] == [True] + 4 * [False]
    names = sorted(path.name for path in run.folder.checkpoints.iterdir())
    # Step 4 is the best, 6 and 12 are the first and second by 6, 20 is the newest.
    assert names == ["step-000004", "step-000006", "step-000012", "step-000020"]
    early = trained(home, "early", steps=20, checkpoint_every=4, keep=9)
    then = RunFolder(home / "early").checkpoints / "step-000004"
    from safetensors.torch import load_file

    best = weights(run, "best")
    assert not equal(best, weights(run))
    assert all(
        torch.equal(best[name], value)
        for name, value in load_file(then / "model.safetensors").items()
    )
    assert early.best is None
    with pytest.raises(RunError, match="trained without validation"):
        early.load("best")
    (run.folder.checkpoints / "step-000004" / "training.pt").unlink()
    with pytest.raises(RunError, match=r"step-000004, the best, is damaged \(training.pt: No such"):
        run.load("best")


def test_a_run_that_no_longer_gets_better_is_finished_early(home):
    run = trained(home, "run", validation=measures.shrinking(patience=2))
    stop = run.events()[-1]
    assert (run.state, stop.step, stop["reason"]) == ("finished", 12, "finished")
    assert re.fullmatch(
        r"early stopping: the best size is still [\d.]+ of step 4 after 2 more validations",
        stop["message"],
    )
    with pytest.raises(RunError, match=r"has finished \(early stopping: .*more patience"):
        run.resume()
    patient = trained(home, "patient", validation=measures.shrinking(patience=5))
    assert (patient.events()[-1].step, patient.events()[-1].facts) == (20, {"reason": "finished"})


def test_one_that_was_killed_before_it_could_say_so_says_so_when_resumed(home):
    run = trained(home, "run", validation=measures.shrinking(patience=2))
    file = run.folder.events_file(1)
    lines = file.read_text().splitlines(keepends=True)
    assert '"early stopping' in lines.pop()
    file.write_text("".join(lines))
    again = list(advance(run.folder))
    assert [e.kind for e in again] == ["start", "warning", "stop"]
    assert again[-1].step == 12
    assert "early stopping" in again[-1]["message"]


@pytest.mark.parametrize("leave_after", [3, 4, 11])
def test_what_was_best_is_remembered_by_the_next_attempt(home, leave_after):
    validation = measures.shrinking(patience=3)
    whole = trained(home, "whole", validation=validation)
    for event in train(toy.recipe(20, validation=validation), home / "run"):
        if event.kind == "step" and event.step == leave_after:
            break
    run = Run.attach(home / "run")
    list(advance(run.folder))
    assert run.events()[-1].facts == whole.events()[-1].facts
    assert facts(run.events(), "validation") == facts(whole.events(), "validation")
    assert (run.best, run.events()[-1].step) == (whole.best, 16)


def test_averaged_weights_are_what_is_validated(home):
    run = trained(home, "run", average=0.9, validation=measures.shrinking())
    size = measures.size()
    last = [e for e in run.events() if e.kind == "validation"][-1]
    assert last["metrics"]["size"] == pytest.approx(size(run.load(averaged=True))["size"])
    assert last["metrics"]["size"] != pytest.approx(size(run.load())["size"])


def test_a_metric_that_is_not_measured_is_named(home):
    wrong = Validation(call(measures.constant, r1="0.5", r5="0.7"), every=2, metric="r10")
    with pytest.raises(
        RunError, match=r"looks for 'r10' but toy_measures:constant measures 'r1', 'r5'"
    ):
        list(train(toy.recipe(4, validation=wrong), home / "run"))
    assert Run.attach(home / "run").state == "failed"
    nothing = Validation(call(measures.constant), every=2, metric="r1")
    with pytest.raises(RunError, match="measures nothing"):
        list(train(toy.recipe(4, validation=nothing), home / "other"))


def test_what_is_no_number_is_never_the_best(home):
    broken = Validation(call(measures.constant, r1="nan"), every=2, metric="r1", patience=2)
    run = trained(home, "run", validation=broken)
    assert "the best r1 was never a number after 2 more" in run.events()[-1]["message"]
    assert [e["metrics"] for e in run.events() if e.kind == "validation"] == 2 * [{"r1": None}]
    assert run.best is None
    with pytest.raises(RunError, match=r"no checkpoint .* has a value of 'r1' yet"):
        run.load("best")


@pytest.mark.parametrize("larger", [True, False])
def test_better_is_larger_or_smaller_and_never_equal(larger):
    rule = Validation(call(measures.size), 1, "x", larger_is_better=larger)
    best = Best(1, 2.0)
    assert rule.improves(3.0, best) == larger
    assert rule.improves(1.0, best) != larger
    assert rule.improves(-5.0, None)
    for value in (2.0, math.nan, math.inf, -math.inf):
        assert not rule.improves(value, best)


@pytest.mark.parametrize(
    ("step", "best", "ends"),
    [(9, None, False), (10, None, False), (20, None, True), (25, 10, False), (30, 10, True),
     (34, 15, True), (29, 15, False)],
)  # fmt: skip
def test_patience_is_counted_in_validations(step, best, ends):
    rule = Validation(call(measures.size), 10, "x", patience=2)
    found = None if best is None else Best(best, 1.0)
    assert (rule.why_to_end(step, found) is not None) == ends
    assert dataclasses.replace(rule, patience=None).why_to_end(step, found) is None


def test_a_recipe_with_a_validation_survives_json_and_older_ones_can_be_read():
    recipe = toy.recipe(validation=HELD_OUT, average=0.5, precision="float16")
    again = Recipe.from_json(json.loads(json.dumps(recipe.as_json())))
    assert again == recipe
    assert again.validation.measure() is not None
    plain = toy.recipe()
    values = plain.as_json()
    for name in ("average", "validation", "keep_powers_of_two", "compiled", "recompute"):
        values.pop(name)
    assert Recipe.from_json(values) == plain
    for wrong in ({"every": 0}, {"patience": 0}):
        with pytest.raises(RecipeError, match=f"{next(iter(wrong))} must be 1 or more: 0"):
            dataclasses.replace(HELD_OUT, **wrong)
    with pytest.raises(RecipeError, match=r"between 0 and 1 .*not 1.0"):
        toy.recipe(average=1.0)
