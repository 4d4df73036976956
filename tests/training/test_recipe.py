from __future__ import annotations

import dataclasses
import functools
import json

import pytest
import toy_pretraining as toy

from workbench.training.errors import RecipeError
from workbench.training.recipe import Call, Optimisation, Recipe, call


def test_a_recipe_survives_json_exactly():
    recipe = toy.recipe(
        probe=call(toy.probe, fail=False),
        optimisation=Optimisation(learning_rate=1 / 3, clip_norm=None, betas=(0.1, 0.2)),
        precision="bfloat16",
        time_limit_seconds=0.1,
    )
    assert Recipe.from_json(json.loads(json.dumps(recipe.as_json()))) == recipe


def test_a_call_makes_what_its_function_makes_and_sees_lists_in_both_processes():
    made = call(dict, sizes=(1, (2, 3)), name="x")
    assert made() == {"sizes": [1, [2, 3]], "name": "x"}
    assert call(toy.stream, seed=4)().seed == 4
    assert call(Recipe.from_json, record={}).target == "workbench.training.recipe:Recipe.from_json"


def in_a_notebook():
    """Stands for a function of a notebook cell."""


def _nested():
    def inner():
        return 1

    return inner


@pytest.mark.parametrize(
    ("function", "name"), [(lambda: 1, "<lambda>"), (_nested(), "inner"), (in_a_notebook, "in_a")]
)
def test_functions_that_no_other_process_can_import_are_refused_by_name(
    function, name, monkeypatch
):
    monkeypatch.setattr(in_a_notebook, "__module__", "__main__")
    with pytest.raises(RecipeError, match=f"(?s){name}.*move it to the top level of a module"):
        call(function)


def test_a_wrapped_or_nameless_function_is_refused():
    wrapped = functools.wraps(toy.stream)(lambda: 1)
    with pytest.raises(RecipeError, match=r"another object than the function given"):
        call(wrapped)
    with pytest.raises(RecipeError, match=r"no name to import it by"):
        call(functools.partial(toy.stream, seed=1))


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (float("nan"), "seed"),
        ({1: 2}, "seed"),
        ([1, {"a": object()}], r"seed\[1\]\.a"),
        (toy.stream, "seed"),
    ],
)
def test_arguments_that_json_cannot_keep_are_refused_by_name(value, where):
    with pytest.raises(RecipeError, match=f"argument {where}=.* cannot be kept as JSON"):
        call(toy.stream, seed=value)


def test_arguments_that_the_function_does_not_take_are_refused():
    with pytest.raises(RecipeError, match=r"toy_pretraining:stream.*unexpected.*'colour'"):
        call(toy.stream, colour="red")


def test_what_cannot_be_imported_here_says_what_to_do():
    with pytest.raises(RecipeError, match=r"cannot import 'nowhere:thing'.*PYTHONPATH"):
        Call("nowhere:thing", {})()
    with pytest.raises(RecipeError, match=r"cannot import 'json:nothing'"):
        Call("json:nothing", {})()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps must be 1 or more: 0"),
        ({"keep": 0}, "keep must be 1 or more"),
        ({"name": "a/b"}, "start of a folder's name"),
    ],
)
def test_impossible_recipes_are_refused(change, message):
    with pytest.raises(RecipeError, match=message):
        dataclasses.replace(toy.recipe(), **change)


def test_an_unknown_precision_is_refused():
    recipe = toy.recipe()
    # Around the type checker of the tests, which would refuse it first.
    object.__setattr__(recipe, "precision", "float8")
    with pytest.raises(RecipeError, match=r"'float8' is unknown; choose one of float32, bfloat16"):
        recipe.__post_init__()


def test_a_recipe_of_another_version_is_refused():
    with pytest.raises(RecipeError, match=r"no recipe of this version.*colour"):
        Recipe.from_json(toy.recipe().as_json() | {"colour": "red"})
    with pytest.raises(RecipeError, match=r"no recipe of this version.*'steps'"):
        Recipe.from_json({k: v for k, v in toy.recipe().as_json().items() if k != "steps"})
