"""A picture as it was handed in: the file itself, which only the workbench's own reader opens."""

from __future__ import annotations

from typing import Any

import gradio as gr

class PictureInput(gr.Image):
    """Gradio's picture component, answering the path of the uploaded file, whatever is in it.

    Gradio's own would open the file before any limit of ours is asked.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(type="filepath", sources=["upload", "clipboard", "webcam"], **options)

    def preprocess(self, payload: Any) -> str | None:
        """The path of the file; None where there is none."""
        return None if payload is None else payload.path
    from collections.abc import Callable, Sequence
    from typing import TYPE_CHECKING, Any, Literal

    from gradio.blocks import Block

    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component
