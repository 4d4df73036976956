"""The tab that looks inside: the attention explorer of the notebooks, on the visitor's picture."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from widgets.attention.view import AttentionView
from workbench.explain.attention import attention_on
from workbench.front.embedding import embedded
from workbench.front.given import Given
from workbench.front.visit import Front, polite


def explore(front: Front, checkpoint: str, picture: str | None, sentence: str) -> str:
    """The attention explorer of a sentence beside a picture, as HTML to embed.

    Raises ``ValueError`` saying what is wrong with any of the three.
    """
    opened, shown = front.look(checkpoint, picture, sentence)
    return embedded(AttentionView(attention_on(opened.model, shown)), "Attention explorer")


def attention_tab(front: Front, given: Given, opened: Callable) -> None:
    """Draws the tab, which answers when the page is ``opened`` too: ``/attention``."""
    with gr.Tab("Look inside", id="attention"):
        gr.Markdown("Hover a word to see which regions it looks at; click to keep it.")
        ask = gr.Button("Show the attention", variant="primary")
        answer = gr.HTML(label="Attention explorer", padding=False)

    @polite
    def attention(checkpoint: str, picture: str | None, sentence: str) -> str:
        """The attention explorer of a sentence beside a picture: a page, as HTML."""
        return explore(front, checkpoint, picture, sentence)

    gr.on(
        [opened, ask.click, given.sentence.submit, given.picture.change, given.checkpoint.change],
        attention,
        [given.checkpoint, given.picture, given.sentence],
        answer,
        api_name="attention",
    )
