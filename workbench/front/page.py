"""The whole page: what a visitor gives above, one tab for each thing to ask below."""

from __future__ import annotations

import gradio as gr

from workbench.front.given import given_by_visitor
from workbench.front.tabs.attention import attention_tab
from workbench.front.tabs.caption import caption_tab
from workbench.front.tabs.compare import compare_tab
from workbench.front.tabs.find import find_tab
from workbench.front.tabs.guess import guess_tab
from workbench.front.tabs.match import match_tab
from workbench.front.visit import Front

TITLE = "Vision-and-language workbench"
WELCOME = (
    "Small models, pre-trained on composed scenes: ask what they have learnt to see. Give a "
    "picture and a sentence, or pick an example."
)
AT_ONCE, WAITING = 2, 64
"""How many questions are answered at a time, and how many more may wait."""


def page(front: Front) -> gr.Blocks:
    """The demo, not yet served; ``serve`` says how it is.

    The gallery's folder becomes the one that anybody may read.
    """
    gr.set_static_paths([front.gallery.folder])
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        gr.Markdown(f"# {TITLE}\n{WELCOME}")
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                given = given_by_visitor(front)
            with gr.Column(scale=5, min_width=320), gr.Tabs():
                attention_tab(front, given, blocks.load)
                guess_tab(front, given)
                match_tab(front, given)
                find_tab(front, given)
                caption_tab(front, given)
                compare_tab(front, given)
    return blocks.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)
