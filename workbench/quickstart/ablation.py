"""``workbench ablate``: every tiny system and its rivals, several seeds, one table.

A grid of runs below ``runs/ablation-…``; each finished run is measured once and keeps its
``results.json``, so a second call goes on where the first ended.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from workbench import places
from workbench.data.datasets.scenes import Scenes
from workbench.quickstart import scenes as prepared
from workbench.quickstart.comparison import POOL, measure
from workbench.quickstart.stream import SceneStream
from workbench.quickstart.systems import SYSTEMS, System, World, held_out, pretraining_recipe
from workbench.training.errors import RecipeError, RunError
from workbench.training.run import Run

SMALL = World(count=1200, vocabulary=32)
"""Few enough names that every system learns some of them in a few minutes."""

POLL = 3.0
"""Seconds between two looks at the runs; a look reads their events."""


@dataclass(frozen=True)
class Grid:
    """Which systems, how many seeds and steps, on which scenes, how many runs at a time."""

    systems: tuple[System, ...] = SYSTEMS
    seeds: int = 3
    steps: int = 1500
    world: World = SMALL
    tested: int = 200
    pool: int = POOL
    jobs: int = 2

    @property
    def folder(self) -> Path:
        """Where the runs of such a grid lie."""
        world = self.world
        names = "all" if world.vocabulary is None else world.vocabulary
        return places.runs() / f"ablation-{world.count}-{names}-{self.steps}"


def chosen(names: Sequence[str]) -> tuple[System, ...]:
    """The systems of these names, all when none is given; raises ``RecipeError`` for others."""
    known = {system.name: system for system in SYSTEMS}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise RecipeError(f"no systems {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(known[name] for name in names) or SYSTEMS


def ablate(grid: Grid, tell: Callable[[str], None] = print) -> dict[str, Any]:
    """Trains and measures what is still missing; the results of all runs by system and seed."""
    source = prepare(grid)
    stream = held_out(World(grid.world.count, grid.world.vocabulary, source), grid.tested)
    waiting = [(system, seed) for seed in range(grid.seeds) for system in grid.systems]
    running: dict[tuple[str, int], Run] = {}
    results: dict[str, Any] = {system.name: {} for system in grid.systems}
    while waiting or running:
        while waiting and len(running) < grid.jobs:
            system, seed = waiting.pop(0)
            running[system.name, seed] = _started(grid, system, seed)
        for (name, seed), run in list(running.items()):
            if run.state == "running":
                continue
            if run.state != "finished":
                raise RunError(f"{run.path} is {run.state}: {run.problem}; see {run.folder.log}")
            results[name][str(seed)] = _measured(run, stream, grid.pool)
            del running[name, seed]
            left = len(waiting) + len(running)
            tell(f"{name} seed {seed}: {_brief(results[name][str(seed)])}  ({left} runs left)")
        time.sleep(POLL)
    return {"grid": _facts(grid, source), "systems": results}


def prepare(grid: Grid) -> str:
    """Extracts the regions of both splits where they are missing; the name of the source."""
    world = grid.world
    for split, count in (("train", world.count), ("test", grid.tested)):
        scenes = Scenes(world.source, split, count, vocabulary=world.vocabulary)
        prepared.prepare(scenes)
    return scenes.origin.name


def _started(grid: Grid, system: System, seed: int) -> Run:
    recipe = pretraining_recipe(system, steps=grid.steps, seed=seed, world=grid.world, probes=False)
    folder = grid.folder / f"{system.name}-seed-{seed}"
    if not (folder / "recipe.json").is_file():
        return Run.start(recipe, folder)
    run = Run.attach(folder)
    if run.recipe != recipe:
        raise RecipeError(
            f"{folder} holds a run of another recipe; move it away or choose other --steps"
        )
    if run.state not in ("running", "finished"):
        run.resume()
    return run


def _measured(run: Run, stream: SceneStream, pool: int) -> dict[str, Any]:
    """The measures of a finished run before and after training, made once."""
    path = run.path / "results.json"
    if not path.is_file():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(run.recipe.seed)
            untrained = run.recipe.model()
        seconds = sum(event["seconds"] for event in run.events() if event.kind == "step")
        found = {
            "before": measure(untrained, stream, pool),
            "after": measure(run.load(), stream, pool),
            "seconds": round(seconds, 1),
            "parameters": sum(p.numel() for p in untrained.parameters()),
        }
        path.write_text(json.dumps(found, indent=1) + "\n")
    return json.loads(path.read_text())


def _brief(result: dict[str, Any]) -> str:
    after = result["after"]
    names = after["names"]["with_regions"]
    return "no names asked" if names is None else f"{100 * names:.1f} % of hidden names"


def _facts(grid: Grid, source: str) -> dict[str, Any]:
    world = {**asdict(grid.world), "source": source}
    shown = {system.name: system.shows for system in grid.systems}
    return {
        "steps": grid.steps,
        "seeds": grid.seeds,
        "world": world,
        "tested": grid.tested,
        "pool": grid.pool,
        "shows": shown,
    }
