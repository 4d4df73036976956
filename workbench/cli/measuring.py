"""The verb ``evaluate``: a run measured on held-out scenes."""

from __future__ import annotations

import argparse
import json
from typing import Any

from workbench.training.run import Run


def add_measuring(verbs: Any) -> None:
    """Registers the verb with the sub-parsers of the command line."""
    verb = verbs.add_parser("evaluate", help="measure a run on held-out scenes")
    verb.add_argument("run", metavar="DIR")
    verb.add_argument("--twin", metavar="DIR", help="a run without regions to compare with")
    verb.set_defaults(command=evaluate)


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
