"""What a visitor gives, beside all tabs: a checkpoint, a picture, a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
import numpy as np

from widgets.picture_gallery import gallery
from workbench.explain.photograph import Photograph
from workbench.front.picture_input import picture_input
from workbench.front.visit import Front, polite

EXAMPLES = 6
"""How many pictures of the gallery are offered."""


@dataclass(frozen=True)
class Given:
    """The components that every tab reads."""

    checkpoint: gr.Dropdown
    picture: gr.Image
    sentence: gr.Textbox


def given_by_visitor(front: Front) -> Given:
    """Draws them, with pictures to pick and the regions that were found.

    The regions' endpoint is ``/regions``.
    """
    names = front.checkpoints.names()
    checkpoint = gr.Dropdown(
        names,
        value=names[0] if names else None,
        label="Checkpoint",
        info="a run of this machine, or owner/name of a model on the Hub",
        allow_custom_value=True,
    )
    files = front.gallery.files[:EXAMPLES]
    picture = picture_input(label="Picture", height=260, value=str(files[0]))
    sentence = gr.Textbox(
        label="Sentence",
        placeholder="What is to be seen?",
        value=front.gallery.sentences[0],
        lines=2,
    )
    examples = gr.Gallery(
        [str(file) for file in files],
        label="Pictures to pick",
        show_label=False,
        columns=3,
        height=236,
        object_fit="cover",
        allow_preview=False,
        interactive=False,
        buttons=[],
    )
    with gr.Accordion("Regions that were found", open=True):
        seen = gr.Image(show_label=False, interactive=False, format="png", buttons=["fullscreen"])

    @polite
    def pick(event: gr.SelectData) -> tuple[str, str]:
        return str(files[event.index]), front.gallery.sentences[event.index]

    @polite
    def regions(checkpoint: str, picture: str | None) -> np.ndarray | None:
        """The picture with the regions that were found in it, each with the detector's name."""
        if picture is None:
            return None
        opened = front.checkpoints.open(checkpoint)
        return with_regions(front.pictures.open(picture, opened.extractor))

    examples.select(pick, None, [picture, sentence], api_visibility="private")
    # without a trigger: when the page opens, and whenever the checkpoint or the picture changes
    gr.on(fn=regions, inputs=[checkpoint, picture], outputs=seen, api_name="regions")
    return Given(checkpoint, picture, sentence)


def with_regions(photograph: Photograph, most: int = 10) -> np.ndarray:
    """The picture with its surest regions outlined, each with the detector's name for it."""
    rows = photograph.regions.confidence.argsort(descending=True)[:most]
    boxes = photograph.regions.boxes[rows].numpy()
    labels = [photograph.labels[row] for row in rows.tolist()]
    drawn = gallery([photograph.pixels], [boxes], [labels], columns=1, width=420)
    return np.asarray(drawn.convert("RGB"))
