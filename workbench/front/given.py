"""What a visitor gives, above all tabs: a checkpoint, a picture, a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
import numpy as np

from widgets.picture_gallery import gallery
from workbench.explain.photograph import Photograph
from workbench.front.picture_input import PictureInput
from workbench.front.visit import Front, polite


@dataclass(frozen=True)
class Given:
    """The components that every tab reads."""

    checkpoint: gr.Dropdown
    picture: PictureInput
    sentence: gr.Textbox


def given_by_visitor(front: Front) -> Given:
    """Draws them, with the regions found in the picture beside it, and examples to pick."""
    names = front.checkpoints.names()
    checkpoint = gr.Dropdown(
        names,
        value=names[0] if names else None,
        label="Checkpoint",
        info="a run of this machine, or owner/name of a model on the Hub",
        allow_custom_value=True,
    )
    with gr.Row():
        picture = PictureInput(label="Picture", height=280)
        seen = gr.Image(label="Regions", height=280, interactive=False, format="png")
    sentence = gr.Textbox(label="Sentence", max_length=None, lines=1)

    @polite
    def regions(checkpoint: str, picture: str | None):
        """The picture with the regions found in it."""
        if picture is None:
            return None
        opened = front.checkpoints.open(checkpoint)
        return with_regions(front.pictures.open(picture, opened.extractor))

    changed = [picture.change, checkpoint.change]
    gr.on(changed, regions, [checkpoint, picture], seen, api_name="regions")
    rows = [[str(f), s] for f, s in zip(front.gallery.files, front.gallery.sentences, strict=True)]
    gr.Examples(rows[:6], [picture, sentence], label="Examples")
    return Given(checkpoint, picture, sentence)


def with_regions(photograph: Photograph, most: int = 10) -> np.ndarray:
    """The picture with its surest regions outlined, each with the detector's name for it."""
    rows = photograph.regions.confidence.argsort(descending=True)[:most]
    boxes = photograph.regions.boxes[rows].numpy()
    labels = [photograph.labels[row] for row in rows.tolist()]
    return np.asarray(gallery([photograph.pixels], [boxes], [labels], columns=1, width=640))
