"""The four systems and their rivals, each as its paper has it, by the same measures."""

from __future__ import annotations

from workbench.ablations.beginning import not_trained
from workbench.ablations.columns import BLIND, FITS, IMAGE_R1, NAMES, RIGHT, TEXT_R1, summed
from workbench.ablations.grid import Grid, Row
from workbench.ablations.setting import Setting
from workbench.quickstart.systems import SYSTEMS, System


def systems(setting: Setting) -> Grid:
    """Every tiny system, and an untrained one to compare with."""

    def row(system: System) -> Row:
        return Row(system.name, system.shows, lambda seed: setting.recipe(system, seed))

    def untrained(seed: int):
        return not_trained(setting.recipe(SYSTEMS[0], seed))

    return Grid(
        "systems",
        "Four systems and their rivals",
        "V21, U18 (L10 and L11), P18, M30",
        "Systems without a matching or a contrastive objective cannot be asked to retrieve. "
        "Meta-Sum counts hidden names alone, which all can be asked for.",
        (
            *(row(system) for system in SYSTEMS),
            Row("untrained", f"{SYSTEMS[0].name} as it begins", untrained),
        ),
        (summed(NAMES), BLIND, FITS, IMAGE_R1, TEXT_R1, RIGHT),
        setting,
        setting.needed,
    )
