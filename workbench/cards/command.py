"""The verbs about what a run was: ``card``, ``compare``, ``export`` and ``rerun``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from workbench.training.errors import RunError
from workbench.training.run import Run


def add_card(verbs: Any) -> None:
    """Registers the verbs with the sub-parsers of the command line."""
    verb = verbs.add_parser("card", help="what a run was: facts, curves, results, how to repeat it")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--json", action="store_true", help="print it as JSON")
    verb.add_argument("--html", metavar="FILE", help="write it as a web page")
    verb.add_argument("--markdown", metavar="FILE", help="write it as Markdown")
    verb.set_defaults(command=card)

    verb = verbs.add_parser("compare", help="what differs between runs, and what came of it")
    verb.add_argument("runs", metavar="DIR", nargs="+")
    verb.add_argument("--json", action="store_true", help="print it as JSON")
    verb.set_defaults(command=compare)

    verb = verbs.add_parser("export", help="a run's numbers for other tools")
    verb.add_argument("run", metavar="DIR")
    ways = verb.add_mutually_exclusive_group(required=True)
    ways.add_argument("--csv", metavar="FILE", help="a table with a row a step")
    ways.add_argument("--tensorboard", metavar="DIR", help="a TensorBoard run below this folder")
    verb.set_defaults(command=export)

    verb = verbs.add_parser("rerun", help="do a run again, from its recipe alone")
    verb.add_argument("of", metavar="DIR", help="the run that is done again")
    verb.add_argument("--run", metavar="DIR", help="folder of the new run (the next free name)")
    verb.add_argument("--engine", default="local", help="local (default) or processes:N")
    verb.set_defaults(command=rerun)


def card(given: argparse.Namespace) -> int:
    """Prints a run's card, or writes it; without an option all three forms into its folder."""
    from workbench.cards.facts import card_of
    from workbench.cards.markdown import markdown
    from workbench.cards.page import page
    from workbench.cards.writing import as_text, save, write_card

    run = Run.attach(given.run)
    if not (given.json or given.html or given.markdown):
        print(markdown(write_card(run)), end="")
        return 0
    made = card_of(run)
    if given.html:
        save(Path(given.html), page(made, run.frame()))
    if given.markdown:
        save(Path(given.markdown), markdown(made))
    if given.json:
        print(as_text(made), end="")
    return 0


def compare(given: argparse.Namespace) -> int:
    """Prints runs side by side."""
    from workbench.cards.comparing import as_markdown
    from workbench.cards.comparing import compare as side_by_side

    compared = side_by_side([Run.attach(folder) for folder in given.runs])
    if given.json:
        records = str(compared.reset_index().to_json(orient="records"))
        print(json.dumps(json.loads(records), indent=2))
    else:
        print(as_markdown(compared))
    return 0


def export(given: argparse.Namespace) -> int:
    """Writes a run's numbers as a table or as TensorBoard's files."""
    run = Run.attach(given.run)
    if given.tensorboard:
        print(f"written: {run.to_tensorboard(given.tensorboard)}")
        return 0
    table = run.frame()
    try:
        table.to_csv(given.csv)
    except OSError as problem:
        raise RunError(f"cannot write {given.csv}: {problem}") from problem
    print(f"written: {given.csv}, {len(table):,} steps")
    return 0


def rerun(given: argparse.Namespace) -> int:
    """Starts a run with another's recipe, in a process of its own."""
    from workbench.training.engines.naming import named

    recipe = Run.attach(given.of).recipe
    run = Run.start(recipe, given.run, engine=named(given.engine))
    print(f"run {run.path} started; watch it: workbench follow {run.path}")
    return 0
