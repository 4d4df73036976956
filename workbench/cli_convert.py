"""The verb ``convert``: the authors' checkpoints into folders of ours, and back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_convert(verbs: Any) -> None:
    """Registers ``convert`` with the sub-parsers of the command line."""
    verb = verbs.add_parser("convert", help="read the authors' checkpoint, or write one back")
    verb.add_argument("system", metavar="SYSTEM", help="uniter, vilbert, vlp or unimo")
    verb.add_argument("source", metavar="IN", help="the authors' file; with --back our folder")
    verb.add_argument("target", metavar="OUT", help="our folder; with --back the authors' file")
    verb.add_argument(
        "--size",
        metavar="base|large|FILE",
        help="hold it to a size, or the authors' JSON configuration (else measured)",
    )
    verb.add_argument("--variant", default="released", help="released (default), paper, multi-task")
    verb.add_argument("--vocab", metavar="FILE", help="vocabulary file, where it is an unusual one")
    verb.add_argument("--drop", metavar="NAMES", action="append", help="leave these of theirs out")
    verb.add_argument("--fresh", metavar="PATTERN", action="append", help="leave these of ours new")
    verb.add_argument("--back", action="store_true", help="write our folder in their layout")
    verb.add_argument("--like", metavar="DIR", help="with --back: the folder first converted into")
    verb.set_defaults(command=convert)


def convert(given: argparse.Namespace) -> int:
    """Converts one checkpoint and prints what became of its tensors; 2 where it does not fit."""
    from workbench.systems import conversion
    from workbench.systems.description import Words

    try:
        if given.back:
            report = conversion.convert_back(
                given.system, given.source, given.target, like=given.like
            )
        else:
            report = conversion.convert(
                given.system,
                given.source,
                given.target,
                size=given.size,
                variant=given.variant,
                words=None if given.vocab is None else Words.of(Path(given.vocab)),
                drop=given.drop or (),
                fresh=given.fresh or (),
            )
    except (ValueError, OSError) as problem:
        print(f"workbench: {problem}", file=sys.stderr)
        return 2
    print(report)
    return 0
