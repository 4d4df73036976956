"""``python -m workbench.quickstart``: from nothing to a trained model and its table of results.

``FAST=1`` does everything small.  Each stage finds what an earlier call has finished, so a second
call takes seconds; ``runs/quickstart`` holds the run, ``runs/quickstart-blind`` its text-only twin.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

from workbench import places
from workbench.data.datasets.scenes import Scenes
from workbench.data.debian import PackageUnavailable
from workbench.data.manifest import StoreError
from workbench.quickstart import scenes as prepared
from workbench.quickstart.evaluation import TEST_SCENES, evaluate_run
from workbench.quickstart.recipes import FAST_SCENES, FULL_SCENES, uniter_tiny
from workbench.quickstart.standing import ended_well, started
from workbench.quickstart.table import table
from workbench.training.errors import RecipeError, RunError
from workbench.training.progress import losses_of, show
from workbench.training.run import Run

Seconds = dict[str, float]


def main() -> int:
    """Run every stage that is still to be done; prints the table; 0 when all went well."""
    fast = os.environ.get("FAST", "") not in ("", "0")
    try:
        results = quickstart(fast)
    except (RunError, RecipeError, StoreError, PackageUnavailable, OSError) as problem:
        print(f"\nquickstart: {problem}", file=sys.stderr)
        return 1
    print(f"\n{table(results)}\n\nresults.json and the run: {places.runs() / 'quickstart'}")
    return 0


def quickstart(fast: bool) -> dict:
    """The results of the quickstart run, made now unless they are there already."""
    path = places.runs() / "quickstart" / "results.json"
    if path.is_file():
        results = json.loads(path.read_text())
        if results.get("fast") == fast or fast:
            return results
    seconds: Seconds = {"install": float(os.environ.get("WORKBENCH_INSTALL_SECONDS", 0))}
    splits = _timed(seconds, "data", lambda: _scenes(fast))
    _timed(seconds, "regions", lambda: [prepared.prepare(split) for split in splits.values()])
    runs: dict[str, Run] = {}
    _timed(seconds, "train", lambda: runs.update(_train(fast)))
    results = _timed(
        seconds,
        "evaluate",
        lambda: evaluate_run(runs["model"], runs["twin"], splits["test"].count),
    )
    results |= {"losses": losses(runs["model"]), "seconds": seconds, "fast": fast}
    path.write_text(json.dumps(results, indent=2) + "\n")
    return results


def losses(run: Run) -> dict[str, dict[str, float]]:
    """First and last loss of each objective: the means of its first and last tenth of steps."""
    seen: dict[str, list[float]] = {}
    for event in run.events():
        if event.kind == "step":
            for name, loss in losses_of(event).items():
                seen.setdefault(name, []).append(loss)
    ends = {name: max(1, len(values) // 10) for name, values in seen.items()}
    return {
        name: {
            "first": sum(values[: ends[name]]) / ends[name],
            "last": sum(values[-ends[name] :]) / ends[name],
        }
        for name, values in seen.items()
    }


def _scenes(fast: bool) -> dict[str, Scenes]:
    """The training and test scenes, their pictures' packages fetched, told about on the screen."""
    splits = {
        "train": Scenes(split="train", count=FAST_SCENES if fast else FULL_SCENES),
        "test": Scenes(split="test", count=200 if fast else TEST_SCENES),
    }
    for split in splits.values():
        print(f"\n{split.card()}", flush=True)
    return splits


def _train(fast: bool) -> dict[str, Run]:
    """The model and its text-only twin, side by side, each in a process of its own."""
    runs = {
        "model": started(uniter_tiny(fast=fast), "quickstart"),
        "twin": started(uniter_tiny(fast=fast, blind=True), "quickstart-blind"),
    }
    return {name: _finished(run) for name, run in runs.items()}


def _finished(run: Run) -> Run:
    """The same run, watched until it has finished; raises ``RunError`` when it does not."""
    if run.state != "finished":
        print(
            f"\npre-training {run.recipe.name}: {run.recipe.steps} steps in {run.path}", flush=True
        )
        show(run.follow(), run.recipe.steps)
    return ended_well(run)


def _timed(seconds: Seconds, stage: str, work: Callable):
    """The work's result; its wall time goes into ``seconds``."""
    began = time.monotonic()
    result = work()
    seconds[stage] = round(time.monotonic() - began, 1)
    return result


if __name__ == "__main__":
    sys.exit(main())
