"""Regions for the data that can be chosen, extracted once."""

from __future__ import annotations

from workbench.data import debian
from workbench.data.datasets.scenes import Scenes
from workbench.launchpad.choice import ChoiceError
from workbench.launchpad.stored import prepare_stamps
from workbench.quickstart import scenes as prepared
from workbench.quickstart.recipes import FAST_SCENES, FULL_SCENES
from workbench.vision.folder import Summary


def scenes_for(pictures: int | None, fast: bool) -> int:
    """How many scenes are trained on."""
    return pictures or (FAST_SCENES if fast else FULL_SCENES)


def prepare(name: str, pictures: int | None = None, fast: bool = False) -> Summary:
    """Extracts what is still missing of some data; a second call finds everything there.

    Raises ``ChoiceError`` for data that is not prepared here, or whose pictures cannot be had.
    """
    try:
        if name in ("scenes", "scenes-hard"):
            return prepared.prepare(Scenes(split="train", count=scenes_for(pictures, fast)))
        if name == "stamps":
            return prepare_stamps()
    except (debian.PackageUnavailable, ValueError) as problem:
        raise ChoiceError("data", str(problem)) from problem
    told = f"{name!r} is not prepared here; scenes, scenes-hard and stamps are"
    raise ChoiceError("data", f"{told}, and noise needs nothing")
