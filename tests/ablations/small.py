"""Grids small enough to be trained in a test, on drawn scenes that were prepared."""

from __future__ import annotations

import dataclasses

from workbench.ablations.beginning import begun_with
from workbench.ablations.columns import NAMES, RIGHT, summed
from workbench.ablations.grid import Grid, Row
from workbench.ablations.setting import Setting
from workbench.quickstart.systems import System, World
from workbench.systems.tiny_vlp import vlp_tiny

SETTING = Setting(World(count=6, source="drawn"), 30, 1, tested=8, pool=2)


def grid(name: str, *rows: Row, setting: Setting = SETTING) -> Grid:
    """These rows under two columns."""
    measures = (summed(NAMES), summed(RIGHT))
    return Grid(name, "Small", "no paper", "A test.", rows, measures, setting, setting.needed)


def vlp_row(label: str) -> Row:
    """VLP as the grids have it."""
    system = System("vlp-tiny", "", vlp_tiny)
    return Row(label, "as it is", lambda seed: SETTING.recipe(system, seed))


def interrupted() -> Grid:
    """A row, one that begins with it, one that fails, and one that would begin with that."""
    whole = vlp_row("whole")

    def failing(seed: int):
        recipe = whole.recipe(seed)
        data = dataclasses.replace(recipe.data, arguments={**recipe.data.arguments, "share": 2.0})
        return dataclasses.replace(recipe, data=data)

    def again(seed: int):
        return dataclasses.replace(begun_with(whole.recipe(seed), whole.recipe(seed)), steps=2)

    def after_failing(seed: int):
        return begun_with(whole.recipe(seed), failing(seed))

    return grid(
        "interrupted",
        whole,
        Row("fails", "a share of the pictures that there cannot be", failing),
        Row("again", "begins with the weights of the first", again, first=whole.recipe),
        Row("in vain", "begins with what fails", after_failing, first=failing),
    )
