"""The verbs that begin something: ``pretrain`` and ``prepare``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from workbench.cli.watching import watch
from workbench.training.errors import RecipeError
from workbench.training.run import Run

# Everything that needs torch is imported when a verb is used, so that the others stay quick.

COUNTS = {
    "steps": "training steps",
    "seed": "everything random follows from it",
    "budget": "rows of a step, tokens + regions",
    "shards": "pieces that a step's batch is cut into",
    "threads": "threads of each training process",
    "readers": "threads that read ahead",
    "pictures": "training pictures (pairs of noise)",
}


def add_starting(verbs: Any) -> None:
    """Registers the verbs with the sub-parsers of the command line."""
    verb = verbs.add_parser("pretrain", help="start pre-training in a process of its own")
    verb.add_argument("system", metavar="SYSTEM-SIZE", help="for example uniter-tiny")
    verb.add_argument(
        "--data", metavar="NAME", help="scenes, scenes-hard, stamps, noise, or a folder of regions"
    )
    verb.add_argument("--objectives", metavar="MIX", help="ratios by name: mlm=2,itm=1")
    for name, says in COUNTS.items():
        verb.add_argument(f"--{name}", type=int, metavar="N", help=says)
    verb.add_argument("--precision", help="bfloat16 (default), float32 or float16")
    verb.add_argument("--learning-rate", type=float, metavar="RATE", help="at its highest")
    verb.add_argument("--engine", help="local (default), processes:2 or ray:ADDRESS")
    verb.add_argument("--fast", action="store_true", help="the smallest that still learns")
    verb.add_argument("--compiled", action="store_true", help="compile the model's blocks")
    verb.add_argument("--recompute", action="store_true", help="less memory for more time")
    verb.add_argument("--run", metavar="DIR", help="folder of the run (runs/SYSTEM-SIZE-NNN)")
    verb.add_argument("--detach", action="store_true", help="return at once, without following")
    verb.add_argument(
        "--dry-run", action="store_true", help="print recipe and estimate as JSON, start nothing"
    )
    verb.set_defaults(command=pretrain)

    verb = verbs.add_parser("prepare", help="extract the regions of data that is trained on here")
    verb.add_argument(
        "data", metavar="NAME", help="scenes, scenes-hard, stamps, or a folder of your own pictures"
    )
    verb.add_argument(
        "--captions",
        metavar="FILE",
        help="of your own pictures: a CSV or JSON lines, image,sentence",
    )
    verb.add_argument("--into", metavar="DIR", help="the folder that your own data becomes")
    verb.add_argument("--pictures", type=int, metavar="N", help="training pictures (3000)")
    verb.add_argument("--fast", action="store_true", help="as few as pretrain --fast needs")
    verb.set_defaults(command=prepare)


def chosen(given: argparse.Namespace) -> Any:
    """The choice of a parsed ``pretrain``; raises ``ChoiceError``."""
    from workbench.launchpad.choice import Choice

    plain = ("data", "precision", "learning_rate", "engine", "compiled", "recompute", "fast")
    values = {name: getattr(given, name) for name in (*COUNTS, *plain)}
    values["objectives"] = None if given.objectives is None else _ratios(given.objectives)
    values = {name: value for name, value in values.items() if value is not None}
    return Choice.named(given.system, **values)


def pretrain(given: argparse.Namespace) -> int:
    """Starts a run and, unless detached, follows it."""
    choice = chosen(given)
    from workbench.launchpad.composing import recipe_of
    from workbench.launchpad.problems import notes
    from workbench.launchpad.wording import command_of
    from workbench.training.engines.naming import named

    recipe = recipe_of(choice)
    for note in notes(choice):
        print(f"note: {note}", file=sys.stderr)
    if given.dry_run:
        from workbench.launchpad.estimate import estimate

        facts = {"digest": recipe.digest(), "estimate": estimate(choice).as_json()}
        print(json.dumps({"recipe": recipe.as_json(), **facts}, indent=2))
        return 0
    engine = named(choice.engine)
    run = Run.start(recipe, given.run, engine=engine, command=command_of(choice))
    print(f"run {run.path} started", flush=True)
    return 0 if given.detach else watch(run)


def prepare(given: argparse.Namespace) -> int:
    """Extracts what is still missing and says what was done."""
    from workbench.launchpad.preparing import own
    from workbench.launchpad.preparing import prepare as extract

    if given.captions or given.into:
        print(own(given.data, given.captions, given.into))
        return 0
    print(extract(given.data, given.pictures, given.fast))
    return 0


def _ratios(text: str) -> dict[str, float]:
    try:
        pairs = [part.split("=") for part in text.split(",") if part]
        return {name.strip(): float(ratio) for name, ratio in pairs}
    except ValueError as problem:
        raise RecipeError(
            f"--objectives {text!r} is no mix; write ratios by name, such as mlm=2,itm=1"
        ) from problem
