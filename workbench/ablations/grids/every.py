"""All grids, by the names that the command line knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.ablations.grid import Grid
from workbench.ablations.grids.systems import systems
from workbench.ablations.grids.unimo import unimo
from workbench.ablations.grids.uniter import uniter
from workbench.ablations.grids.vilbert import data, depth
from workbench.ablations.grids.vlp import initialisation, share
from workbench.ablations.setting import Setting
from workbench.training.errors import RecipeError

GRIDS: Mapping[str, Callable[[Setting], Grid]] = {
    "systems": systems,
    "uniter": uniter,
    "vilbert-depth": depth,
    "vilbert-data": data,
    "vlp-lambda": share,
    "vlp-initialisation": initialisation,
    "unimo": unimo,
}


def grid(name: str, setting: Setting) -> Grid:
    """The grid of this name; raises ``RecipeError`` naming those there are."""
    if name not in GRIDS:
        raise RecipeError(f"no grid {name!r}; there are {', '.join(GRIDS)}")
    return GRIDS[name](setting)
