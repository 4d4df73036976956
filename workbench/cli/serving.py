"""The verb ``serve``: the demo for a browser."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from typing import Any

# Everything that needs torch or Gradio is imported when the verb is used.


def add_serving(verbs: Any) -> None:
    """Registers the verb with the sub-parsers of the command line."""
    verb = verbs.add_parser("serve", help="serve the demo of what was trained here")
    verb.add_argument(
        "named",
        nargs="*",
        metavar="CHECKPOINT",
        help="folder of a run or a model, or OWNER/NAME of one on the Hub, beside the runs here",
    )
    verb.add_argument("--port", type=int, metavar="N", help="the first free one from 7860 on")
    verb.add_argument("--host", metavar="ADDRESS", help="127.0.0.1, this machine alone")
    verb.add_argument("--share", action="store_true", help="ask Gradio for a public link as well")
    verb.add_argument("--open", action="store_true", help="open it in the browser")
    verb.set_defaults(command=serve)


def serve(given: argparse.Namespace) -> int:
    """Serves until it is interrupted."""
    if importlib.util.find_spec("gradio") is None:
        print(
            "workbench: the demo needs Gradio: pip install 'vl-workbench[demo]', or make demo in a "
            "checkout",
            file=sys.stderr,
        )
        return 2
    from workbench.front.checkpoints import CheckpointError
    from workbench.front.serving import built, launch

    options = {"server_name": given.host, "server_port": given.port, "inbrowser": given.open}
    try:
        launch(built(given.named), share=given.share, **options)
    except CheckpointError as problem:
        print(f"workbench: {problem}", file=sys.stderr)
        return 2
    return 0
