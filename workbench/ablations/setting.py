"""What all rows of a grid have in common: the pictures, the length of training, the examination."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from workbench.ablations.measuring import POOL
from workbench.data.datasets.scenes import Scenes
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.quickstart.systems import System, World, held_out, pretraining_recipe
from workbench.training.recipe import Recipe

SMALL = World(count=1200, vocabulary=32)
"""Few enough names that every system learns some of them in a few minutes."""


@dataclass(frozen=True)
class Setting:
    """Training pictures, steps and seeds of every row, and the held-out scenes that measure it.

    ``pool`` is how many pictures retrieval chooses from; ``shards`` the pieces of each step's
    batch, as many as the processes that shall train together.
    """

    world: World = SMALL
    steps: int = 1500
    seeds: int = 3
    tested: int = 200
    pool: int = POOL
    shards: int = 1

    def scenes(self, scene_seed: int = 0) -> Scenes:
        """The training pictures; others of the same kind for another ``scene_seed``."""
        world = self.world
        return Scenes(world.source, "train", world.count, scene_seed, world.vocabulary)

    @property
    def needed(self) -> tuple[Scenes, Scenes]:
        """The training and the held-out pictures."""
        train = self.scenes()
        return train, replace(train, split="test", count=self.tested)

    @cached_property
    def source(self) -> str:
        """The name of the source of cut-outs, also where it was left open."""
        return self.scenes().origin.name

    @cached_property
    def stream(self) -> SceneStream:
        """The training pictures, opened once for the facts that every recipe needs."""
        world = self.world
        return scene_stream(count=world.count, vocabulary=world.vocabulary, source=self.source)

    @cached_property
    def examination(self) -> SceneStream:
        """The held-out scenes."""
        return held_out(replace(self.world, source=self.source), self.tested)

    def recipe(self, system: System, seed: int) -> Recipe:
        """A system on these scenes, for so many steps."""
        made = pretraining_recipe(
            system,
            steps=self.steps,
            seed=seed,
            world=self.world,
            probes=False,
            stream=self.stream,
        )
        return replace(made, shards=self.shards)
