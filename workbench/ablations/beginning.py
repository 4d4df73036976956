"""How a run begins: with nothing learnt, or with what another run of the board has learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench import places
from workbench.training.errors import RunError
from workbench.training.model import Pretraining
from workbench.training.recipe import Call, Recipe, call
from workbench.training.run import Run


def board_folder() -> Path:
    """Where the runs of every grid lie, each in a folder named by its recipe's digest."""
    return places.runs() / "board"


def not_trained(recipe: Recipe) -> Recipe:
    """The same model and data, but a single step at a learning rate of zero: nothing changes."""
    still = replace(recipe.optimisation, learning_rate=0.0)
    return replace(recipe, steps=1, optimisation=still)


def begun_with(recipe: Recipe, first: Recipe) -> Recipe:
    """The same recipe, but its model begins with the weights that ``first`` ended with (U5, P10).

    A run of ``first`` must have finished on the board when this one starts.
    """
    model = {"target": recipe.model.target, "arguments": dict(recipe.model.arguments)}
    return replace(recipe, model=call(begun, model=model, first=first.digest()))


def begun(*, model: Mapping[str, Any], first: str) -> Pretraining:
    """A model with all weights of the board's run of this digest.

    Raises ``RunError`` where that run has no weights yet, and when they are of another model.
    """
    folder = board_folder() / first
    if not (folder / "recipe.json").is_file():
        raise RunError(
            f"a run begins with the weights of {folder}, which was not trained; let the board "
            "train both (`workbench ablate`)"
        )
    made: Pretraining = Call(**model)()
    try:
        made.load_state_dict(Run.attach(folder).load().state_dict())
    except RuntimeError as problem:
        if isinstance(problem, RunError):
            raise
        raise RunError(f"the weights of {folder} are of another model: {problem}") from problem
    return made
