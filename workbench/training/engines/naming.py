"""Engines by the text that the command line and ``recipe.json`` know them by."""

from __future__ import annotations

from workbench.training.engines.engine import Engine
from workbench.training.engines.local import Local
from workbench.training.engines.processes import Processes
from workbench.training.errors import RecipeError, RunError
from workbench.training.recipe import Recipe


def named(text: str) -> Engine:
    """``local`` or ``processes:2``; raises ``RecipeError`` for anything else."""
    kind, _, rest = text.partition(":")
    if kind == "local" and not rest:
        return Local()
    if kind == "processes" and rest.isdigit() and int(rest) > 0:
        return Processes(int(rest))
    raise RecipeError(f"no engine {text!r}; there are local and processes:NUMBER")


def refuse_too_many(recipe: Recipe, engine: Engine) -> None:
    """Raises ``RunError`` for more processes than a step has pieces."""
    if engine.processes > recipe.shards:
        raise RunError(
            f"a step of {recipe.name!r} is cut into {recipe.shards} pieces, too few for the "
            f"{engine.processes} processes of {engine}; resume with fewer, or start another run "
            f"with shards={engine.processes}"
        )
