"""Regions for the data that can be chosen, extracted once."""

from __future__ import annotations

from workbench.data import debian
from workbench.data.datasets.scenes import Scenes
from workbench.launchpad.choice import ChoiceError
from workbench.launchpad.own import prepare_own
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
    told = f"{name!r} is not prepared here; scenes, scenes-hard and stamps are, noise needs nothing"
    raise ChoiceError("data", f"{told}, and your own pictures need --captions FILE --into DIR")


def own(pictures: str, captions: str | None, into: str | None) -> Summary:
    """As ``prepare_own``, said on a command line; raises ``ChoiceError``."""
    if captions is None or into is None:
        told = f"your own pictures in {pictures!r} need both --captions FILE and --into DIR"
        raise ChoiceError("data", told)
    try:
        return prepare_own(pictures, captions, into)
    except ValueError as problem:
        raise ChoiceError("data", str(problem)) from problem
