"""What the engine of a run costs a step: events, control, machine, lease and probe.

    python benchmarks/engine_overhead.py            (about 3 minutes, and once one more to prepare)

UNITER-tiny as it is pre-trained by default, on drawn scenes, in one process and one thread, in two
ways that take turns of some steps each: through ``train()`` with everything on, and in a bare loop
that takes the same batches, draws the same masks, and calls model, optimiser and clipping by hand,
a thread reading one batch ahead.  What is compared is the time of this process on all cores (CPU),
which other programs disturb little, and the wall's.  Each round is one turn of each way; which goes
first alternates.

What the engine does in a step does not depend on how much is in its batch.  On a busy machine its
cost drowns in the noise of the model's; the same comparison is therefore made once more with
batches of a few rows, where it stands out, and that difference is set against a full step.

A probe comes too seldom to fall into a turn.  Its cost is measured by itself and spread over the
steps between two probes of the preset; so is a checkpoint's, which is no part of the overhead.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from workbench.data.datasets.scenes import Scenes
from workbench.quickstart import scenes as prepared
from workbench.quickstart.recipes import FAST_SCENES, ORDINARY, uniter_tiny
from workbench.training import chance
from workbench.training.events import Event, EventWriter
from workbench.training.folder import RunFolder
from workbench.training.loop import train
from workbench.training.optimiser import clip, make_optimiser, set_learning_rate
from workbench.training.recipe import Recipe
from workbench.training.schedule import learning_rate_at
from workbench.training.session import Session
from workbench.training.watching import probe
from workbench.training.world import World

SOURCE = "drawn"
Pair = tuple[tuple[float, float], ...]
FEW_ROWS = 64
"""A batch of four pairs or so, where a full one has about seventy."""
COSTS = 7
"""How often a probe and a checkpoint are measured."""


def clocks() -> tuple[float, float]:
    """Seconds of this process on all cores, and of the wall."""
    return time.process_time(), time.perf_counter()


def passed(began: tuple[float, float]) -> tuple[float, float]:
    """Seconds since ``began``, by both clocks."""
    cpu, wall = clocks()
    return cpu - began[0], wall - began[1]


def bare(recipe: Recipe) -> Iterator[None]:
    """Training and nothing else, a step at a time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(chance.seed_of(recipe.seed, 0, "layers"))
        model = recipe.model().train()
    stream, rule = recipe.data(), recipe.optimisation
    optimiser = make_optimiser(model, rule)
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    with ThreadPoolExecutor(1) as reader:
        ahead = reader.submit(stream.batch, 0)
        for step in range(1, recipe.steps + 1):
            batch, ahead = ahead.result(), reader.submit(stream.batch, step)
            set_learning_rate(optimiser, learning_rate_at(step, rule, recipe.steps))
            rng = chance.generator(recipe.seed, step, "objective")
            with torch.autocast("cpu", torch.bfloat16):
                scored = model(batch, rng)
            scored.total.backward()
            clip(parameters, rule.clip_norm)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            yield


def steps_of(events: Iterator[Event]) -> Iterator[Event]:
    """The events of steps alone."""
    return (event for event in events if event.kind == "step")


def turn(steps: Iterator[object], count: int) -> tuple[float, float]:
    """CPU and wall seconds of so many steps."""
    began = clocks()
    for _ in range(count):
        next(steps)
    return passed(began)


def costs(recipe: Recipe, folder: RunFolder) -> dict[str, tuple[float, float]]:
    """Median CPU and wall seconds of a probe and of a checkpoint."""
    found: dict[str, list[tuple[float, float]]] = {"probe": [], "save": []}
    with EventWriter(folder, 1) as events:
        session = Session(recipe, folder, events, World.alone())
        for _ in range(2 + COSTS):
            session.train_step()
            for name, work in (("probe", lambda: probe(session)), ("save", session.save)):
                began = clocks()
                work()
                found[name].append(passed(began))
        session.close()
    return {
        name: (
            statistics.median(c for c, _ in times[2:]),
            statistics.median(w for _, w in times[2:]),
        )
        for name, times in found.items()
    }


def compared(recipe: Recipe, folder: Path, rounds: int, steps: int) -> list[Pair]:
    """Seconds of a step through the engine and alone, by both clocks, round after round."""
    ways: dict[str, Iterator[object]] = {
        "whole": steps_of(train(recipe, folder)),
        "alone": bare(recipe),
    }
    for way in ways.values():
        turn(way, 10)
    found = []
    for number in range(rounds):
        order = list(ways) if number % 2 else list(reversed(ways))
        took = {name: turn(ways[name], steps) for name in order}
        found.append(tuple((took["whole"][i] / steps, took["alone"][i] / steps) for i in (0, 1)))
    return found


def told(values: list[float]) -> str:
    """The median, and between which quarters of the values it lies."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:+7.2f}  (middle half {low:+.2f} to {high:+.2f})"


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--rounds", type=int, default=11)
    reader.add_argument("--turn", type=int, default=15, help="steps of a turn")
    given = reader.parse_args()
    torch.set_num_threads(1)
    prepared.prepare(Scenes(SOURCE, "train", FAST_SCENES), progress=False)
    recipe = uniter_tiny(scenes=FAST_SCENES, source=SOURCE, steps=ORDINARY.steps)
    few = {**recipe.data.arguments, "budget": FEW_ROWS}
    small = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, arguments=few))
    with tempfile.TemporaryDirectory() as folder:
        rare = costs(recipe, RunFolder(Path(folder) / "rare"))
        full = compared(recipe, Path(folder) / "full", given.rounds, given.turn)
        tiny = compared(small, Path(folder) / "small", 3 * given.rounds, 2 * given.turn)
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"UNITER-tiny, {given.rounds} rounds of {given.turn} steps each way, probe every "
        f"{recipe.probe_every}, checkpoint every {recipe.checkpoint_every}; load of the machine "
        f"{load:.1f} on {os.cpu_count()} cores"
    )
    for i, clock in enumerate(("CPU", "wall")):
        step = statistics.median(one[i][1] for one in full)
        direct = [100 * (one[i][0] / one[i][1] - 1) for one in full]
        apart = [1000 * (one[i][0] - one[i][1]) for one in tiny]
        shown = 100 * rare["probe"][i] / recipe.probe_every / step
        saved = 100 * rare["save"][i] / recipe.checkpoint_every / step
        own = statistics.median(apart) / 1000 / step * 100
        print(f"{clock}: a bare step takes {1000 * step:.1f} ms")
        print(f"  engine and bare in turns, %       {told(direct)}")
        print(f"  engine's own work in a step, ms   {told(apart)}")
        print(
            f"  that is {own:.2f} %, and {shown:.2f} % for a probe of "
            f"{1000 * rare['probe'][i]:.0f} ms: {own + shown:.2f} % together"
        )
        print(f"  (and {saved:.2f} % for a checkpoint of {1000 * rare['save'][i]:.0f} ms)")


if __name__ == "__main__":
    main()
