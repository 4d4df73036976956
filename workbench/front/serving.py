"""How the demo is served: from a terminal, from ``gradio workbench/demo.py``, from a notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from gradio.themes import Default
from gradio.utils import ipython_check
from starlette.middleware import Middleware

from workbench.front.checkpoints import CheckpointError, Checkpoints
from workbench.front.embedding import HEAD
from workbench.front.gallery import Gallery
from workbench.front.guard import Guard
from workbench.front.page import page
from workbench.front.visit import Front
from workbench.quickstart.opened import Opened
from workbench.quickstart.ready import ready

STYLE = Path(__file__).with_name("page.css")
THREADS, SESSIONS = 8, 100
"""How many answers may be worked on at all, and how many visitors' pages are remembered."""

FORGOTTEN = (600, 3600)
"""Every so many seconds, uploaded pictures older than so many seconds are deleted."""


def built(named: Sequence[str | Path] = ()) -> gr.Blocks:
    """The demo of this machine's runs and the ``named`` checkpoints, the first one opened.

    Where there is no run at all a short one is trained first, which takes about a minute.  Raises
    ``CheckpointError`` where no checkpoint can be opened.
    """
    torch.set_num_threads(1)  # two visitors are answered at once, and tiny models need no more
    checkpoints = Checkpoints(named)
    if not checkpoints.names():
        print("There is no run yet: a short one is trained, about a minute.", flush=True)
        ready(progress=True)
    first = _first(checkpoints)
    blocks = page(Front(checkpoints, Gallery.beside(first)))
    print(f"\nCheckpoints: {', '.join(checkpoints.names())}")
    print("Others: workbench serve RUN, FOLDER or OWNER/NAME, as many as there are to be")
    return blocks


def launch(blocks: gr.Blocks, **options: Any) -> Any:
    """Serves it: in a notebook below the cell, which is not held up, elsewhere until interrupted.

    On this machine alone, unless the ``options`` of Gradio's own ``launch``, whose answer this
    is, say otherwise (``server_name``, ``share``); nothing is sent anywhere.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    blocks.delete_cache = FORGOTTEN
    blocks.api_open = False  # every question waits in the queue
    look = Default(font=("system-ui", "sans-serif"), font_mono=("ui-monospace", "monospace"))
    ours = {
        "theme": look,
        "css_paths": STYLE,
        "head": HEAD,
        "share": False,
        "quiet": True,
        "prevent_thread_lock": True,
        "ssr_mode": False,
        "run_history": False,
        "enable_monitoring": False,
        "max_file_size": "10mb",
        "max_threads": THREADS,
        "state_session_capacity": SESSIONS,
        "app_kwargs": {"middleware": [Middleware(Guard)]},
    }
    returns = options.get("prevent_thread_lock", ipython_check())
    served = blocks.launch(**(ours | options))
    print(f"Demo: {served[2] or served[1]}", flush=True)
    if not returns:
        blocks.block_thread()
    return served


def _first(checkpoints: Checkpoints) -> Opened:
    """The first checkpoint that can be opened; those before it are told of."""
    for name in checkpoints.names():
        try:
            return checkpoints.open(name)
        except CheckpointError as problem:
            print(f"{problem}; it is left out for now", file=sys.stderr, flush=True)
    raise CheckpointError("no checkpoint can be opened here; train one first: `make start`")
