"""``python -m workbench.quickstart.four``: the four tiny systems, trained shortly, side by side.

What the demo and the notebooks compare: ``runs/four/vilbert-tiny`` and its sisters, each on the
scenes that ``make start`` prepared.  UNITER is ``runs/quickstart`` where that has finished.
``FAST=1`` does everything small; a second call finds what is there and only prints the table.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence

import torch

from workbench import places
from workbench.data.datasets.scenes import Scenes
from workbench.data.debian import PackageUnavailable
from workbench.data.manifest import StoreError
from workbench.explain.questions import masked_language
from workbench.pairs import PairBatch
from workbench.quickstart import scenes as prepared
from workbench.quickstart.evaluation import name_blanks
from workbench.quickstart.recipes import FAST_SCENES, FULL_SCENES
from workbench.quickstart.standing import side_by_side
from workbench.quickstart.stream import SceneStream
from workbench.quickstart.systems import SYSTEMS, World, held_out, pretraining_recipe
from workbench.tasks.cloze import restored
from workbench.training.errors import RecipeError, RunError
from workbench.training.recipe import Recipe
from workbench.training.run import Run

FOUR = ("unimo-tiny", "vlp-tiny", "vilbert-tiny", "uniter-tiny")
"""The slowest first, so that two processes end at about the same time."""

STEPS, TESTED = 2_500, 100
"""After 750 steps VLP and UNIMO restore 2 to 3 % of the stamps' names, after 2,500 39 %."""

FOLDER = "four"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is still to be trained, two at a time; prints the table; 0 when all went well."""
    parser = argparse.ArgumentParser(prog="python -m workbench.quickstart.four")
    parser.add_argument("--steps", type=int, default=STEPS, help="of each system (%(default)s)")
    parser.add_argument("--pictures", type=int, help=f"to learn from ({FULL_SCENES})")
    given = parser.parse_args(arguments)
    fast = os.environ.get("FAST", "") not in ("", "0")
    try:
        runs = four(fast, given.steps, given.pictures)
        found = names_restored(runs, tested=20 if fast else TESTED)
    except (RunError, RecipeError, StoreError, PackageUnavailable, OSError) as problem:
        print(f"\nfour: {problem}", file=sys.stderr)
        return 1
    print(f"\n{table(found)}\n\nthe runs: {places.runs() / FOLDER}")
    return 0


def four(fast: bool = False, steps: int = STEPS, pictures: int | None = None) -> dict[str, Run]:
    """The four runs by the names of their systems, trained now unless they are there already.

    ``steps`` are those of each system, ``pictures`` how many there are to learn from; ``fast`` is
    the smallest that still learns.  Raises ``RunError`` when one does not finish.
    """
    pictures = pictures or (FAST_SCENES if fast else FULL_SCENES)
    prepared.prepare(Scenes(split="train", count=pictures))
    there = _quickstart(fast)
    names = [name for name in FOUR if name != "uniter-tiny" or there is None]
    recipes = recipes_of(names, World(pictures), min(steps, 150) if fast else steps)
    print(f"\npre-training {', '.join(names)}, two at a time", flush=True)
    runs = side_by_side({f"{FOLDER}/{name}": recipe for name, recipe in recipes.items()})
    given = {} if there is None else {"uniter-tiny": there}
    return {name: runs[f"{FOLDER}/{name}"] for name in names} | given


def recipes_of(names: Sequence[str], world: World, steps: int) -> dict[str, Recipe]:
    """Short recipes of these systems; a checkpoint is kept at an eighth, a quarter, a half.

    In float32: on a CPU a step of models so small is no faster in bf16.
    """
    systems = {system.name: system for system in SYSTEMS}
    return {
        name: dataclasses.replace(
            pretraining_recipe(systems[name], steps=steps, world=world),
            precision="float32",
            checkpoint_every=max(steps // 8, 1),
        )
        for name in names
    }


def names_restored(runs: Mapping[str, Run], tested: int = TESTED) -> dict[str, tuple[float, float]]:
    """How often a hidden name comes back in ``tested`` held-out scenes: seeing them, and not.

    Both are fractions; the blank is filled from the whole sentence, by VLP's bidirectional half.
    """
    found = {}
    for name, run in runs.items():
        world = World(tested, source=run.recipe.data.arguments.get("source"))
        prepared.prepare(Scenes(world.source, "test", tested), progress=False)
        stream = held_out(world, tested)
        seeing = _restored(run, stream, blind=False)
        found[name] = (seeing, _restored(run, stream, blind=True))
    return found


def table(found: Mapping[str, tuple[float, float]]) -> str:
    """Plain text: one line a system."""
    lines = [f"{'hidden names restored':24}{'with the picture':>18}{'without it':>14}"]
    lines += [
        f"{name:24}{with_it:18.1%}{without:14.1%}" for name, (with_it, without) in found.items()
    ]
    return "\n".join(lines)


@torch.no_grad()
def _restored(run: Run, stream: SceneStream, blind: bool) -> float:
    model = run.load().eval()
    task = masked_language(model)

    def take(chosen: list[int]) -> PairBatch:
        batch = stream.take(chosen)
        return batch.without_regions() if blind else batch

    mask = stream.tokenizer.mask_id
    asked = name_blanks(stream)
    right = restored(model.encoder, task.head, take, asked, mask, prefix=task.source_rows)
    return sum(right) / max(len(right), 1)


def _quickstart(fast: bool) -> Run | None:
    """The finished run of ``make start``, unless it is the small one and more is wanted."""
    folder = places.runs() / "quickstart"
    if not (folder / "results.json").is_file():
        return None
    small = json.loads((folder / "results.json").read_text()).get("fast", False)
    return Run.attach(folder) if fast or not small else None


if __name__ == "__main__":
    sys.exit(main())
