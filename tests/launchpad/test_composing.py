"""A choice becomes the recipe that it says, whichever way it is said."""

from __future__ import annotations

import shlex

import pytest

from workbench.cli import parser
from workbench.cli.starting import chosen
from workbench.launchpad import Choice, recipe_of
from workbench.launchpad.choice import ChoiceError
from workbench.launchpad.offers import SYSTEMS
from workbench.launchpad.pad import Launchpad
from workbench.launchpad.wording import cell_of, command_of
from workbench.training.recipe import Recipe

NOISE = {"data": "noise", "pictures": 60, "budget": 300}
CHOICES = [
    {**NOISE, "steps": 12, "precision": "float32", "seed": 3},
    {"system": "uniter-joint", **NOISE, "objectives": {"mlm": 2, "mrfr": 1.5, "itm": 0}},
    {"system": "vilbert", **NOISE, "objectives": {"itm": 1, "mlm": 2.0, "mrc-kl": 0.25}},
    {"system": "vilbert-alternating", **NOISE, "shards": 2, "engine": "processes:2"},
    {"system": "vilbert-single-stream", **NOISE, "learning_rate": 3e-4, "threads": 2},
    {"system": "vlp", **NOISE, "objectives": {"seq2seq": 1}, "compiled": True, "readers": 2},
    {"system": "unimo", **NOISE, "objectives": {"pairs": 4, "texts": 1, "itm": 1}},
    {"system": "uniter", "size": "base", **NOISE, "recompute": True},
    {**NOISE, "fast": True, "steps": 2000},
]


@pytest.mark.parametrize("record", CHOICES, ids=lambda record: record.get("system", "uniter"))
def test_command_cell_and_choice_are_the_same_recipe(record):
    same_whichever_way(Choice.from_json(record))


def same_whichever_way(choice: Choice) -> None:
    """Whether the line, parsed, and the cell, executed, give the very recipe of a choice."""
    recipe = recipe_of(choice)
    assert Recipe.from_json(recipe.as_json()) == recipe
    typed = parser().parse_args(shlex.split(command_of(choice))[1:])
    assert recipe_of(chosen(typed)).digest() == recipe.digest()
    assert chosen(typed).engine == choice.engine
    *lines, last = cell_of(choice).splitlines()
    found: dict = {}
    exec("\n".join(lines), found)
    assert found["recipe"].digest() == recipe.digest()
    assert last.startswith("run = Run.start(recipe") and max(map(len, lines)) <= 100
    assert len(lines) < 12


def test_every_system_and_size_is_buildable():
    for offer in SYSTEMS:
        for size in offer.sizes:
            recipe = recipe_of(Choice(offer.name, size, **NOISE, steps=5))
            assert recipe.name == f"{offer.name}-{size}"
            assert recipe.optimisation.learning_rate == (
                1e-3 if size == "tiny" else offer.learning_rate
            )
    assert recipe.optimisation.warmup_steps == 1


def test_ratios_reach_the_model():
    joint = recipe_of(Choice.from_json({**NOISE, "system": "vilbert", "objectives": {"mlm": 3}}))
    assert list(joint.model().mix.found()) == ["mlm"]
    heavier = {**NOISE, "system": "vilbert", "objectives": {"itm": 1, "mrc-kl": 4}}
    mix = recipe_of(Choice.from_json(heavier)).model().mix
    assert (mix.factor("itm"), mix.factor("mrc-kl")) == (1.0, 4.0)
    written = {**NOISE, "system": "vlp", "objectives": {"seq2seq": 1, "mlm": 4}}
    assert recipe_of(Choice.from_json(written)).model().mix.weights == pytest.approx((0.2, 0.8))
    without = {**NOISE, "system": "unimo", "objectives": {"pairs": 5, "images": 1, "cmcl": 1}}
    stream = recipe_of(Choice.from_json(without)).data()
    assert all((stream.batch(step).regions.offsets.lengths > 0).all() for step in range(5))
    assert any((stream.batch(step).text.offsets.lengths == 0).any() for step in range(5))


def test_numbers_are_filled_in_by_size():
    base, tiny = Choice("unimo", "base").settled(), Choice("unimo").settled()
    assert (base.steps, base.budget, base.learning_rate) == (500_000, 10_240, 5e-5)
    assert (tiny.steps, tiny.budget, tiny.learning_rate, tiny.threads) == (2000, 1024, 1e-3, 1)
    assert Choice(fast=True).settled().steps == 150
    assert Choice(fast=True, steps=20).settled().steps == 20
    assert Launchpad().options()["choice"]["objectives"] == Choice().offer.ratios


@pytest.mark.parametrize(
    ("record", "field", "message"),
    [
        ({"colour": "red"}, "colour", "there is no choice 'colour'; there are system, size"),
        ({"steps": "ten"}, "steps", "steps must be a whole number, got 'ten'"),
        ({"steps": 2.5}, "steps", "must be a whole number, got 2.5"),
        ({"fast": 1}, "fast", "true or false"),
        ({"seed": True}, "seed", "whole number"),
        ({"objectives": {"mlm": "much"}}, "objectives", "the ratio of 'mlm' must be a number"),
        ({"learning_rate": float("nan")}, "learning_rate", "a finite number, got nan"),
    ],
)
def test_what_is_no_choice_is_told_with_its_field(record, field, message):
    with pytest.raises(ChoiceError, match=message.replace("(", r"\(")) as problem:
        Choice.from_json(record)
    assert problem.value.field == field


def test_whole_floats_and_nulls_are_what_json_gives():
    assert Choice.from_json({"steps": 7.0, "learning_rate": 1, "data": None}) == Choice(
        steps=7, learning_rate=1.0
    )
