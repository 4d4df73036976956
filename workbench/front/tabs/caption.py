"""The tab that lets a model write: greedily, and with several drafts at once."""

from __future__ import annotations

from typing import Any

import gradio as gr

from workbench.front import telling
from workbench.front.able import able, refusal
from workbench.front.examples import OFFERED, offered
from workbench.front.given import Given
from workbench.front.visit import Front, polite
from workbench.generation.beam import Beam
from workbench.generation.feeding import LeftToRight
from workbench.generation.greedy import Greedy
from workbench.quickstart.opened import Opened
from workbench.systems.captioning import Captioner

MOST_BEAMS, LONGEST = 8, 30
"""The widest search and the longest caption (in tokens) that a visitor may ask for."""

FRAGMENTS = (
    "This model was pre-trained to write fragments that were cut out of sentences, and was never "
    "fine-tuned on captions: what it writes is a fragment, and often short."
)
SEQ2SEQ = (
    "This model was pre-trained to write sentences beside pictures, from left to right; it was "
    "not fine-tuned on captions."
)


def caption(
    front: Front, checkpoint: str, picture: str | None, beams: int = 5, longest: int = 20
) -> tuple[str, dict[str, Any]]:
    """Two captions of a picture, greedy and by beam search, of ``longest`` tokens at most.

    HTML and numbers.  Raises ``ValueError`` for a wrong picture or limits, or a model that was not
    trained to write.
    """
    beams, longest = _within("drafts", beams, MOST_BEAMS), _within("tokens", longest, LONGEST)
    opened = front.checkpoints.open(checkpoint)
    writer = captioner(front, opened)
    regions = front.pictures.open(picture, opened.extractor).regions
    numbers: dict[str, Any] = {"trained_on": _trained_on(writer)}
    for name, search in (("greedy", Greedy(longest)), ("beam", Beam(beams, longest))):
        found = writer.write(regions, search)[0]
        numbers[name] = {"text": found.text or "", "score": found.score, "ended": found.ended}
    numbers["beam"]["beams"] = beams
    return _told(numbers), numbers


def captioner(front: Front, opened: Opened) -> Captioner:
    """How a checkpoint writes; raises ``ValueError`` naming others for one that cannot."""
    if opened.captioner is None:
        lacks = "was not trained to write; a Unified VLP or a UNIMO is"
        raise refusal(front, opened, lacks, lambda other: other.captioner is not None)
    return opened.captioner


def _trained_on(writer: Captioner) -> str:
    return "fragments" if isinstance(writer.feeding, LeftToRight) else "sentences"


def _within(what: str, number: int, most: int) -> int:
    if not 1 <= number <= most:
        raise ValueError(f"{number} {what} were asked for; ask for 1 to {most}")
    return number


def _told(numbers: dict[str, Any]) -> str:
    note = FRAGMENTS if numbers["trained_on"] == "fragments" else SEQ2SEQ
    titles = {"greedy": "Greedy", "beam": f"Beam search, {numbers['beam']['beams']} drafts"}
    boxes = []
    for name, title in titles.items():
        one = numbers[name]
        ended = "it ended by itself" if one["ended"] else "cut off at the length asked for"
        inside = telling.paragraph(one["text"] or "(it ended without a word)", "lead")
        inside += telling.paragraph(f"log-probability {one['score']:.2f}; {ended}", "quiet")
        boxes.append(telling.card(title, inside))
    return telling.cards(boxes) + telling.paragraph(note, "quiet")


def caption_tab(front: Front, given: Given) -> None:
    """Draws the tab; its endpoint is ``/caption``."""
    with gr.Tab("Caption", id="caption"):
        gr.Markdown(
            "The model writes beside the picture alone, word by word: greedily, always the "
            "likeliest word, and by beam search, with several drafts at once. The sentence is not "
            "read."
        )
        with gr.Row():
            beams = gr.Slider(1, MOST_BEAMS, 5, step=1, label="Drafts of the beam search")
            longest = gr.Slider(1, LONGEST, 20, step=1, label="Longest, in tokens")
        ask = gr.Button("Write a caption", variant="primary")
        answer = telling.told_here()
        numbers = telling.numbers_here()
        asked = [given.checkpoint, given.picture, beams, longest]

        @polite
        def ask_caption(
            checkpoint: str, picture: str | None, beams: int, longest: int
        ) -> tuple[str, dict[str, Any]]:
            """A caption of a picture, greedy and by beam search with 1 to 8 drafts, of 1 to 30
            tokens. Answers HTML, and both texts with their log-probabilities. Only a Unified VLP
            or a UNIMO can."""
            return caption(front, checkpoint, picture, beams, longest)

        @polite
        def with_one_that_can(
            checkpoint: str, picture: str | None, beams: int, longest: int
        ) -> tuple[str, str, dict[str, Any]]:
            if front.checkpoints.open(checkpoint).captioner is None:
                checkpoint = (*able(front, lambda one: one.captioner is not None), checkpoint)[0]
            return checkpoint, *caption(front, checkpoint, picture, beams, longest)

        rows = [[str(file)] for file in front.gallery.files[1 : 1 + OFFERED]]
        offered(
            rows, [given.picture], with_one_that_can, asked, [given.checkpoint, answer, numbers]
        )
    ask.click(ask_caption, asked, [answer, numbers], api_name="caption")
