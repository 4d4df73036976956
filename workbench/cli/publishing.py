"""The verb ``publish``: a trained run for others, as a folder or on the Hub."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_publishing(verbs: Any) -> None:
    """Registers the verb with the sub-parsers of the command line."""
    verb = verbs.add_parser(
        "publish", help="write a run's model, words and card into a folder, or put them on the Hub"
    )
    verb.add_argument("run", metavar="RUN")
    verb.add_argument("target", metavar="TARGET", help="a folder; with --hub OWNER/NAME")
    verb.add_argument("--hub", action="store_true", help="upload, with the key of hf auth login")
    verb.add_argument("--private", action="store_true", help="with --hub: for oneself alone")
    verb.add_argument("--licence", metavar="SPDX", default="other", help="of the weights (other)")
    verb.add_argument("--trained", metavar="TEXT", help="on what, for the card (the run says it)")
    verb.set_defaults(command=publish)


def publish(given: argparse.Namespace) -> int:
    """Writes or uploads, and says how it is opened; 2 where it cannot be published."""
    from workbench.quickstart import publishing

    told: dict[str, Any] = {"licence": given.licence, "trained": given.trained}
    try:
        if given.hub:
            private = True if given.private else None
            print(publishing.publish_on_hub(given.run, given.target, **told, private=private))
        else:
            print(f"written: {publishing.publish(given.run, given.target, **told)}")
    except ValueError as problem:
        print(f"workbench: {problem}", file=sys.stderr)
        return 2
    print("open it with workbench.quickstart.opened.open_pretrained(...), or in the demo")
    return 0
