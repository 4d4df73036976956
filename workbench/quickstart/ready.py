"""What a notebook opens first: the finished run of ``make start``, or a short one made now."""

from __future__ import annotations

import json

from workbench import places
from workbench.data.datasets.scenes import Scenes
from workbench.quickstart import scenes as prepared
from workbench.quickstart.pointing import scenes_of
from workbench.quickstart.recipes import FAST_SCENES, uniter_tiny
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.quickstart.table import table
from workbench.training.progress import show
from workbench.training.run import Run


def ready(progress: bool = False) -> Run:
    """The run ``runs/quickstart``; where there is none, a short ``runs/first-look`` of a minute.

    A finished ``runs/four/uniter-tiny`` is taken before a first look is made (on Binder there is
    one).  ``progress`` prints how far the first look is.
    """
    folder = places.runs() / "quickstart"
    if (folder / "results.json").is_file():
        return Run.attach(folder)
    folder = places.runs() / "four" / "uniter-tiny"
    if (folder / "recipe.json").is_file() and Run.attach(folder).state == "finished":
        return Run.attach(folder)
    folder = places.runs() / "first-look"
    if (folder / "recipe.json").is_file():
        run = Run.attach(folder)
        if run.state in ("stopped", "dead", "failed"):
            run.resume()
    else:
        prepare_small()
        run = Run.start(uniter_tiny(fast=True), folder)
    if progress:
        show(run.follow(), run.recipe.steps)
    run.wait()
    return run


def prepare_small() -> Scenes:
    """The few scenes that a short run needs, their regions extracted (seconds, once)."""
    scenes = Scenes(split="train", count=FAST_SCENES)
    prepared.prepare(scenes)
    return scenes


def held_out(count: int = 6) -> SceneStream:
    """A few scenes that no run was trained on, ready to be looked at.

    They are of the kind that the run of ``ready`` learns from, where it is there already.
    """
    for known in ("quickstart/results", "four/uniter-tiny/recipe", "first-look/recipe"):
        file = places.runs() / f"{known}.json"
        if file.is_file():
            return scenes_of(Run.attach(file.parent), "validation", count)
    prepared.prepare(Scenes(split="validation", count=count), progress=False)
    return scene_stream(split="validation", count=count, mirror=False)


def results_of(run: Run) -> str:
    """The run's table of results, or a sentence where it was never evaluated."""
    path = run.path / "results.json"
    if not path.is_file():
        return f"{run.path.name} was not evaluated; `make start` trains longer and measures"
    return table(json.loads(path.read_text()))
