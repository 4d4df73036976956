"""The command line: the same verbs as the notebooks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from workbench import places
from workbench.cli_convert import add_convert
from workbench.training.errors import RecipeError, RunError
from workbench.training.events import Event
from workbench.training.progress import show
from workbench.training.recipe import Recipe
from workbench.training.run import Run

STOP_WAIT = 120.0
"""Seconds that ``stop`` waits for the checkpoint."""


def recipes() -> dict[str, Callable[..., Recipe]]:
    """The recipe functions that ``pretrain`` knows by the name SYSTEM-SIZE."""
    from workbench.quickstart.recipes import uniter_tiny
    from workbench.quickstart.systems import SYSTEMS, pretraining_recipe

    known: dict[str, Callable[..., Recipe]] = {
        system.name: partial(pretraining_recipe, system) for system in SYSTEMS
    }
    return known | {
        "uniter-tiny": uniter_tiny,
        "uniter-tiny-hard": partial(uniter_tiny, hard=True),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 well, 1 a run that failed, 2 a mistake in what was asked."""
    given = parser().parse_args(arguments)
    try:
        return given.command(given)
    except (RunError, RecipeError, FileNotFoundError) as problem:
        print(f"workbench: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has seen enough (`workbench events DIR | head`).
        sys.stderr.close()
        return 0


def parser() -> argparse.ArgumentParser:
    """Every verb with its options."""
    top = argparse.ArgumentParser(
        prog="workbench", description="Vision-and-language pre-training, from the command line."
    )
    verbs = top.add_subparsers(required=True, metavar="VERB")

    verb = verbs.add_parser("pretrain", help="start pre-training in a process of its own")
    verb.add_argument("system", metavar="SYSTEM-SIZE", help="for example uniter-tiny")
    verb.add_argument("--steps", type=int, help="training steps")
    verb.add_argument("--seed", type=int, help="everything random follows from it")
    verb.add_argument("--threads", type=int, help="threads of the training process")
    verb.add_argument("--fast", action="store_true", help="the smallest that still learns")
    verb.add_argument("--run", metavar="DIR", help="folder of the run (runs/SYSTEM-SIZE-NNN)")
    verb.add_argument("--detach", action="store_true", help="return at once, without following")
    verb.set_defaults(command=pretrain)

    verb = verbs.add_parser("follow", help="watch a run until it ends; Ctrl-C only stops watching")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--json", action="store_true", help="one JSON line per event")
    verb.set_defaults(command=follow)

    verb = verbs.add_parser("stop", help="write a checkpoint and end a run")
    verb.add_argument("run", metavar="DIR")
    verb.set_defaults(command=stop)

    verb = verbs.add_parser("resume", help="continue a run from its newest whole checkpoint")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--detach", action="store_true", help="return at once, without following")
    verb.set_defaults(command=resume)

    verb = verbs.add_parser("evaluate", help="measure a run on held-out scenes")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--twin", metavar="DIR", help="a run without regions to compare with")
    verb.set_defaults(command=evaluate)

    verb = verbs.add_parser("ablate", help="train and compare the tiny systems on scenes")
    verb.add_argument("systems", metavar="SYSTEM-SIZE", nargs="*", help="all when none is named")
    verb.add_argument("--steps", type=int, default=1500, help="training steps of each run")
    verb.add_argument("--seeds", type=int, default=3, help="runs of each system")
    verb.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each")
    verb.add_argument("--pictures", type=int, default=1200, help="training scenes")
    verb.add_argument("--names", type=int, default=32, help="different names in the scenes")
    verb.add_argument("--out", metavar="DIR", help="where the table goes (beside the runs)")
    verb.set_defaults(command=ablate)

    verb = verbs.add_parser("runs", help="list the runs")
    verb.set_defaults(command=runs)

    verb = verbs.add_parser("events", help="what happened in a run, the newest attempt per step")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--json", action="store_true", help="one JSON line per event")
    verb.set_defaults(command=events)

    add_convert(verbs)
    return top


def pretrain(given: argparse.Namespace) -> int:
    """Starts a run and, unless detached, follows it."""
    known = recipes()
    if given.system not in known:
        raise RecipeError(f"no system {given.system!r}; there are {', '.join(sorted(known))}")
    options = {name: getattr(given, name) for name in ("steps", "seed", "threads")}
    options = {name: value for name, value in options.items() if value is not None}
    if given.fast:
        options["fast"] = True
    run = Run.start(known[given.system](**options), given.run)
    print(f"run {run.path} started", flush=True)
    return 0 if given.detach else _watch(run)


def follow(given: argparse.Namespace) -> int:
    """Shows a run until it ends."""
    run = Run.attach(given.run)
    if not given.json:
        return _watch(run)
    for event in run.follow():
        _print_json(event)
    return _verdict(run)


def evaluate(given: argparse.Namespace) -> int:
    """Measures a run, prints the table and keeps the numbers in its results.json."""
    from workbench.quickstart.evaluation import evaluate_run
    from workbench.quickstart.table import table

    run = Run.attach(given.run)
    twin = None if given.twin is None else Run.attach(given.twin)
    results = evaluate_run(run, twin)
    path = run.path / "results.json"
    kept = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**kept, **results}, indent=2) + "\n")
    print(table(results))
    return 0


def ablate(given: argparse.Namespace) -> int:
    """Trains every system with several seeds, and writes and prints the table of the results."""
    from workbench.quickstart.ablation import Grid, chosen
    from workbench.quickstart.ablation import ablate as run_all
    from workbench.quickstart.ablation_table import report
    from workbench.quickstart.systems import World

    world = World(given.pictures, given.names)
    grid = Grid(chosen(given.systems), given.seeds, given.steps, world, jobs=given.jobs)
    results = run_all(grid)
    folder = Path(given.out or grid.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ablation.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "ablation.md").write_text(report(results))
    print(report(results))
    return 0


def stop(given: argparse.Namespace) -> int:
    """Asks a run to stop and waits until it has."""
    run = Run.attach(given.run)
    run.stop()
    state = run.wait(STOP_WAIT)
    if state == "running":
        raise RunError(f"{run.path} has not stopped after {STOP_WAIT:.0f} s; see {run.folder.log}")
    print(f"run {run.path} is {state}")
    return _verdict(run)


def resume(given: argparse.Namespace) -> int:
    """Continues a run and, unless detached, follows it."""
    run = Run.attach(given.run)
    run.resume()
    print(f"run {run.path} resumed", flush=True)
    return 0 if given.detach else _watch(run)


def runs(given: argparse.Namespace) -> int:
    """Lists every run below the runs folder."""
    found = sorted(path.parent for path in places.runs().glob("*/recipe.json"))
    if not found:
        print(f"no runs in {places.runs()}; start one with: workbench pretrain uniter-tiny")
    for folder in found:
        run = Run.attach(folder)
        try:
            steps = [event for event in run.events() if event.kind == "step"]
            done = steps[-1].step if steps else 0
            print(f"{folder.name:<32} {run.state:<9} step {done}/{run.recipe.steps}")
        except (RunError, RecipeError) as problem:
            print(f"{folder.name:<32} unreadable: {problem}")
    return 0


def events(given: argparse.Namespace) -> int:
    """Prints the effective events of a run."""
    for event in Run.attach(given.run).events():
        if given.json:
            _print_json(event)
        else:
            facts = "  ".join(f"{name}={value}" for name, value in event.facts.items())
            print(f"{event.step:>8} {event.kind:<10} {facts}")
    return 0


def _watch(run: Run) -> int:
    try:
        show(run.follow(), run.recipe.steps)
    except KeyboardInterrupt:
        print(f"\nthe run goes on; watch it: workbench follow {run.path}")
        print(f"                  end it:   workbench stop {run.path}")
        return 0
    return _verdict(run)


def _verdict(run: Run) -> int:
    problem = run.problem
    if problem is not None:
        print(f"workbench: {run.path}: {problem}", file=sys.stderr)
    return 0 if problem is None else 1


def _print_json(event: Event) -> None:
    print(json.dumps(event.as_json()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
