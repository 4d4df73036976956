"""How the demo is served: from a terminal, from ``gradio workbench/demo.py``, from a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from gradio.themes import Default

from workbench.front.checkpoints import Checkpoints
from workbench.front.embedding import HEAD
from workbench.front.gallery import Gallery
from workbench.front.page import page
from workbench.front.visit import Front
from workbench.quickstart.ready import ready

STYLE = Path(__file__).with_name("page.css")


def built(named: Sequence[str | Path] = ()) -> gr.Blocks:
    """The demo of this machine's runs and the ``named`` checkpoints, the first one opened.

    Where there is no run at all a short one is trained first, which takes about a minute.
    """
    torch.set_num_threads(1)  # two visitors are answered at once, and tiny models need no more
    checkpoints = Checkpoints(named)
    if not checkpoints.names():
        ready()
    first = checkpoints.open(checkpoints.names()[0])
    return page(Front(checkpoints, Gallery.beside(first)))


def launch(blocks: gr.Blocks, **options: Any) -> Any:
    """Serves it on this machine alone unless told otherwise; nothing is sent anywhere."""
    look = Default(font=("system-ui", "sans-serif"), font_mono=("ui-monospace", "monospace"))
    return blocks.launch(theme=look, css_paths=STYLE, head=HEAD, max_file_size="10mb", **options)
