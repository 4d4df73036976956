"""A small gallery of scenes that no run was trained on: examples to pick, pictures to find."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from workbench import places
from workbench.data.datasets.scenes import Scene, Scenes
from workbench.pairs import Regions
from workbench.quickstart import scenes as prepared
from workbench.quickstart.opened import Opened
from workbench.quickstart.stream import asked_of_scenes

PICTURES = 24


@dataclass(frozen=True)
class Gallery:
    """``scenes`` with their pictures as files, detected regions and the sentences that are true."""

    scenes: Scenes

    @classmethod
    def prepared(cls, source: str | None = None, count: int = PICTURES) -> Gallery:
        """Validation scenes, composed and their regions extracted now unless they are there."""
        scenes = Scenes(source, "validation", count)
        prepared.prepare(scenes, progress=False)
        return cls(scenes)

    @classmethod
    def beside(cls, opened: Opened, count: int = PICTURES) -> Gallery:
        """Scenes of the source that a run was trained on; of the usual one for other models."""
        given = {} if opened.run is None else asked_of_scenes(opened.run.recipe.data)
        return cls.prepared(given.get("source"), count)

    @cached_property
    def all(self) -> tuple[Scene, ...]:
        """The scenes in order."""
        return tuple(self.scenes.scenes())

    @cached_property
    def folder(self) -> Path:
        """Where the pictures lie, and nothing else."""
        return places.cache() / "gallery" / prepared.folder_of(self.scenes).name

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """One PNG a scene, written below the cache when first asked for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        found = [self.folder / f"{number:02d}.png" for number in range(len(self.all))]
        for scene, file in zip(self.all, found, strict=True):
            if not file.is_file():
                Image.fromarray(self.scenes.picture(scene)).save(file)
        return tuple(found)

    @cached_property
    def pictures(self) -> tuple[UInt8[np.ndarray, "height width 3"], ...]:
        """The pictures' pixels."""
        return tuple(np.asarray(Image.open(file).convert("RGB")) for file in self.files)

    @cached_property
    def regions(self) -> Regions:
        """The detected regions of all pictures, as one bag."""
        with prepared.regions(self.scenes, "detected") as store:
            return store.read([scene.key for scene in self.all])

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """One sentence a scene, which lists what is on it where one does."""
        said: dict[str, str] = {}
        for example in self.scenes.examples():
            if example.kind == "list" or example.image not in said:
                said[example.image] = example.sentence
        return tuple(said[scene.key] for scene in self.all)
