"""Engines by the text that the command line and ``recipe.json`` know them by."""

from __future__ import annotations

from workbench.training.engines.engine import Engine
from workbench.training.engines.local import Local
from workbench.training.engines.processes import Processes
from workbench.training.engines.ray import Ray
from workbench.training.errors import RecipeError, RunError
from workbench.training.recipe import Recipe


def named(text: str) -> Engine:
    """``local``, ``processes:2`` or ``ray:HOST:8265,2``, the latter two also with ``,sharded``.

    Of a cluster only the address has to be given; then one process trains there.  Raises
    ``RecipeError`` for anything else.
    """
    kind, _, rest = text.removesuffix(",sharded").partition(":")
    sharded = text.endswith(",sharded")
    try:
        if (kind, rest, sharded) == ("local", "", False):
            return Local()
        if kind == "processes":
            return Processes(_number(rest), sharded)
        if kind == "ray" and rest:
            address, comma, number = rest.partition(",")
            return Ray(address, _number(number) if comma else 1, sharded)
    except ValueError as problem:
        raise RecipeError(f"no engine {text!r}: {problem}") from problem
    raise RecipeError(
        f"no engine {text!r}; there are local, processes:NUMBER and ray:ADDRESS,NUMBER"
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is no number of processes")
    return int(text)


def refuse_too_many(recipe: Recipe, engine: Engine) -> None:
    """Raises ``RunError`` for more processes than a step has pieces."""
    if engine.processes > recipe.shards:
        raise RunError(
            f"a step of {recipe.name!r} is cut into {recipe.shards} pieces, too few for the "
            f"{engine.processes} processes of {engine}; resume with fewer, or start another run "
            f"with shards={engine.processes}"
        )
