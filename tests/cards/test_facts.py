from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cards import toy_run
from workbench.cards.differences import defaults_of, differences
from workbench.cards.facts import card_of
from workbench.cards.plain import flat, said, without_places
from workbench.training.calls import Call
from workbench.training.checkpoint import weights_sha256
from workbench.training.run import Run


@pytest.fixture(scope="module")
def card(told):
    return card_of(told)


def test_what_was_asked_and_done(card, told):
    assert (card.name, card.state, card.problem) == ("told", "finished", None)
    assert (card.steps, card.steps_asked) == (12, 12)
    assert card.digest == told.recipe.digest()
    assert card.recipe["model"]["arguments"] == {"width": 24, "dropout": 0.1}
    assert card.parameters == sum(p.numel() for p in told.recipe.model().parameters())


def test_attempts_and_interruptions(card):
    first, second = card.attempts
    assert (first["from_step"], first["to_step"], first["ended"]) == (0, 7, "stopped")
    assert first["message"] == "the loop over its events was left"
    assert (second["from_step"], second["to_step"], second["ended"]) == (7, 12, "finished")
    assert card.interruptions == 1
    assert card.wall_seconds == pytest.approx(first["seconds"] + second["seconds"], abs=2e-3)


def test_the_weights_are_those_of_the_newest_whole_checkpoint(card, told):
    newest = told.path / "checkpoints" / "step-000012"
    assert (card.checkpoint_step, card.weights_sha256) == (12, weights_sha256(newest))
    assert card_of(told, weights=False).weights_sha256 is None


def test_losses_validation_and_speed(card, told):
    steps = [event for event in told.events() if event.kind == "step"]
    mlm = [event["losses"]["mlm"] for event in steps if "mlm" in event["losses"]]
    assert card.losses["mlm"]["first"] == pytest.approx(mlm[0])
    assert card.losses["mlm"]["last"] == pytest.approx(mlm[-1])
    assert (card.losses["mlm"]["lowest"], card.losses["mlm"]["steps"]) == (min(mlm), len(mlm))
    assert card.validation is not None
    assert card.validation["metric"] == "mlm"
    assert card.validation["best"]["value"] == min(
        event["metrics"]["mlm"] for event in told.events() if event.kind == "validation"
    )
    assert card.validation["last"]["accuracy"] == 0.5
    assert card.speed["median_pairs"] == 8 and card.speed["median_pairs_per_second"] > 0


def test_data_environment_and_results(card):
    assert card.data["card"]["licence"] == "CC0"
    assert card.data["kept_from_training"] == {"pairs of names": 48}
    assert card.data_fingerprint == "toy-0-8"
    assert card.environment["device"] == "cpu" and card.environment["threads"] == 1
    assert {"python", "torch", "vl-workbench", "precision", "processes"} <= set(card.environment)
    assert card.results["itm_accuracy"] == 0.5
    assert {"recipe.json", "results.json", "events", "checkpoints"} <= set(card.links)


def test_switches_that_are_not_as_by_default(card):
    told = {one["name"]: (one["value"], one["default"]) for one in card.differences}
    assert told["model.width"] == (24, 16) and "model.dropout" not in told
    assert told["data.pairs"] == (8, 6)
    assert told["checkpoint_every"] == (4, 500) and "keep" not in told
    assert told["optimisation.learning_rate"] == (2e-3, 5e-5)


def test_a_recipe_of_defaults_differs_in_nothing_and_unknown_functions_have_none():
    recipe = toy_run.recipe(4, model=Call("nowhere.at_all:made", {"width": 3}))
    assert defaults_of(recipe.model) == {}
    assert not [one for one in differences(recipe) if one.name.startswith("model")]


def test_the_commands_repeat_the_run(card, told):
    assert card.commands["from its recipe"] == "workbench rerun told"
    scope: dict = {}
    started = []
    original = Run.start
    try:
        Run.start = classmethod(lambda cls, recipe, **more: started.append((recipe, more)))
        exec(card.commands["in a notebook"], scope)
    finally:
        Run.start = original
    assert started == [(told.recipe, {})]


def test_the_command_that_was_noted_comes_first(tmp_path):
    from workbench.training import record
    from workbench.training.folder import RunFolder

    line = "workbench pretrain toy-tiny --steps 4"
    record.create(RunFolder(tmp_path / "run"), toy_run.recipe(4), "processes:2", line)
    commands = card_of(Run.attach(tmp_path / "run")).commands
    assert next(iter(commands.values())) == line
    assert commands["from its recipe"] == "workbench rerun run --engine processes:2"
    assert 'engine=named("processes:2")' in commands["in a notebook"]


def test_a_run_that_wrote_nothing_yet_has_a_card(tmp_path):
    from workbench.training import record
    from workbench.training.folder import RunFolder

    record.create(RunFolder(tmp_path / "run"), toy_run.recipe(4))
    card = card_of(Run.attach(tmp_path / "run"))
    assert (card.state, card.steps, card.losses, card.attempts) == ("dead", 0, {}, [])
    assert card.weights_sha256 is None and card.data is None


def test_no_place_of_the_machine_is_told(card):
    text = json.dumps(card.as_json())
    assert card.data["store"] == "…/store"
    assert "/" + "tmp/" not in text and "/" + "data/of" not in text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/" + "home/me/data", "…/data"),
        ("see '/" + "work/a b/file.txt', please", "see '…/file.txt', please"),
        (["/" + "tmp/x/"], ["…/x"]),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("12 pairs/s, and/or 3/4", "12 pairs/s, and/or 3/4"),
        ("checkpoints/step-000012", "checkpoints/step-000012"),
    ],
)
def test_places_are_cut_down(given, expected):
    assert without_places(given) == expected


def test_values_are_said_as_people_read_them():
    assert flat({"a": {"b": 1, "c": {}}, "d": dict.fromkeys(map(str, range(50)), 1)}) == {
        "a.b": 1, "a.c": {}, "d": dict.fromkeys(map(str, range(50)), 1),
    }  # fmt: skip
    assert [said(v) for v in (None, True, 12000, 0.1, [1, 2], [], {}, list(range(50)))] == [
        "–", "yes", "12,000", "0.1", "1, 2", "none", "none", "50 entries",
    ]  # fmt: skip


def test_a_card_needs_torch_only_to_hash(told):
    code = (
        "import sys; from workbench.cards import card_of; from workbench.training.run import Run; "
        f"card = card_of(Run.attach({str(told.path)!r}), weights=False); "
        "print(card.state, 'torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout.split() == ["finished", "False"], ran.stderr
