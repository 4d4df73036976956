"""Eight drawn scenes, prepared once for all tests that need no more."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def eight_scenes(tmp_path_factory):
    """The home in which they lie; a test module sets it as its own."""
    from workbench.data.datasets.scenes import Scenes
    from workbench.quickstart import scenes as prepared

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(home))
        prepared.prepare(Scenes("drawn", "train", 8), progress=False)
    return home


FOUR = ("uniter-tiny", "vilbert-tiny", "vlp-tiny", "unimo-tiny")


def trained(name: str, folder, **changes):
    """A run of two steps of one of the tiny systems on the eight scenes, done in this process."""
    import dataclasses

    from workbench.quickstart.systems import SYSTEMS, World, pretraining_recipe
    from workbench.training.loop import train
    from workbench.training.run import Run

    system = next(one for one in SYSTEMS if one.name == name)
    world = World(count=8, source="drawn")
    recipe = pretraining_recipe(system, steps=2, world=world, probes=False)
    model = dataclasses.replace(recipe.model, arguments={**recipe.model.arguments, **changes})
    list(train(dataclasses.replace(recipe, model=model), folder))
    return Run.attach(folder)


@pytest.fixture(scope="session")
def four_runs(eight_scenes, tmp_path_factory):
    """A run of each of the four systems by name; no test changes them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(eight_scenes))
        made = tmp_path_factory.mktemp("runs")
        return {name: trained(name, made / name) for name in FOUR}
