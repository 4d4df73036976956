"""The command line: the same verbs as the notebooks, one file for each group of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from workbench.ablations.command import add_ablate
from workbench.cards.command import add_card
from workbench.cli.measuring import add_measuring
from workbench.cli.publishing import add_publishing
from workbench.cli.serving import add_serving
from workbench.cli.starting import add_starting
from workbench.cli.steering import add_steering
from workbench.cli.watching import add_watching
from workbench.cli_convert import add_convert
from workbench.training.errors import RecipeError, RunError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 well, 1 a run that failed, 2 a mistake in what was asked."""
    given = parser().parse_args(arguments)
    try:
        return given.command(given)
    except BrokenPipeError:
        # The reader of our output has seen enough (`workbench events DIR | head`).
        sys.stderr.close()
        return 0
    except (RunError, RecipeError, OSError) as problem:
        print(f"workbench: {' '.join(str(problem).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Every verb with its options."""
    top = _Parser(
        prog="workbench", description="Vision-and-language pre-training, from the command line."
    )
    verbs = top.add_subparsers(required=True, metavar="VERB")
    add_starting(verbs)
    add_steering(verbs)
    add_watching(verbs)
    add_card(verbs)
    add_measuring(verbs)
    add_ablate(verbs)
    add_convert(verbs)
    add_publishing(verbs)
    add_serving(verbs)
    return top


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as for every other mistake."""
        self.exit(2, f"workbench: {message}; see {self.prog} --help\n")
