"""Sentences to try beside the gallery's pictures: true, with a blank, with one thing wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from workbench.data.example import Example
from workbench.front.gallery import Gallery
from workbench.quickstart.retrieving import opposites
from workbench.retrieval.rewriting import rewritings

OFFERED = 4
"""How many a tab offers."""


def told_of(gallery: Gallery) -> list[Example]:
    """The gallery's sentences with what their words stand for."""
    by_sentence = {(one.image, one.sentence): one for one in gallery.scenes.examples()}
    pairs = zip(gallery.all, gallery.sentences, strict=True)
    return [by_sentence[scene.key, sentence] for scene, sentence in pairs]


def with_blank(example: Example, blanks: int = 1) -> str:
    """Its sentence with the last names (one, or as many as asked for) left out."""
    names = [span for span in example.spans if span.role == "name"]
    sentence = example.sentence
    for span in reversed(names[-blanks:]):
        sentence = f"{sentence[: span.start]}___{sentence[span.end :]}"
    return sentence


def with_one_wrong(gallery: Gallery) -> dict[int, str]:
    """Sentences with one name exchanged for that of something else, by the picture's number."""
    shown = [{item.name for item in scene.objects} for scene in gallery.all]
    changed = rewritings(told_of(gallery), opposites(gallery.scenes), shown)
    return {one.text: one.sentence for one in changed if one.kind == "name"}


def offered(
    rows: list[list[Any]],
    given: Sequence[gr.Component],
    answer: Callable[..., Any],
    asked: Sequence[gr.Component],
    answers: Sequence[gr.Component],
) -> None:
    """Examples which fill in what is ``given`` and are answered at once."""
    examples = gr.Examples(rows, list(given), label="Try one", examples_per_page=OFFERED)
    examples.load_input_event.then(answer, list(asked), list(answers), api_visibility="private")
