"""A picture as it was handed in: the file itself, which only the workbench's own reader opens."""

from __future__ import annotations

from abc import ABCMeta
from typing import Any

import gradio as gr


class _NoStub(type(gr.Image)):
    """Classes of components as Gradio makes them, without the .pyi that it writes beside each."""

    def __new__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> Any:
        return ABCMeta.__new__(cls, name, bases, attributes)


class PictureInput(gr.Image, metaclass=_NoStub):
    """Gradio's picture component, answering the path of the uploaded file, whatever is in it.

    Gradio's own answer would open the file before any limit of ours is asked.  A class and not an
    instance that was changed, for Gradio makes components anew, when an example is picked say.
    """

    is_template = True  # drawn in the browser as the component that it derives from

    def preprocess(self, payload: Any) -> str | None:
        """The path of the file; None where there is none."""
        return None if payload is None else payload.path


def picture_input(**options: Any) -> PictureInput:
    """Where a visitor uploads, pastes or takes a picture; ``options`` as for ``gr.Image``."""
    return PictureInput(type="filepath", sources=["upload", "clipboard", "webcam"], **options)
