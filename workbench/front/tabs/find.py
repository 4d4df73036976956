"""The tab that finds: the gallery's pictures for a sentence, its sentences for a picture."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
import torch

from workbench.front import telling
from workbench.front.blanks import without_blanks
from workbench.front.examples import offered, told_of
from workbench.front.given import Given
from workbench.front.scoring import beside_gallery, scorer, sentences_for, told
from workbench.front.visit import Front, checked, polite
from workbench.pairs import PairBatch

PICTURES, SENTENCES, LINES = 12, 10, 20
"""How many pictures and sentences are shown, and how many lines a visitor may add."""


def find_picture(front: Front, checkpoint: str, sentence: str | None) -> dict[str, Any]:
    """The pictures of the gallery for a sentence, the best first, by their numbers there.

    Raises ``ValueError`` for a wrong sentence, or a model that was not trained to find.
    """
    said = checked(sentence)
    opened = front.checkpoints.open(checkpoint)
    by = scorer(front, opened)
    texts = sentences_for(front, opened, [said], ["yours"])
    scores = beside_gallery(front, by, texts)[0]
    return {
        "sentence": said,
        "kind": by.kind,
        "unknown": opened.unknown_words(without_blanks(said)),
        "found": [
            {
                "picture": int(number),
                "score": float(scores[number]),
                "told": told(by, float(scores[number])),
                "its_sentence": front.gallery.sentences[number],
            }
            for number in np.argsort(-scores, kind="stable")
        ],
    }


def find_sentence(
    front: Front, checkpoint: str, picture: str | None, lines: str | None = ""
) -> dict[str, Any]:
    """The gallery's sentences, and the visitor's own ``lines``, for a picture, the best first.

    Raises ``ValueError`` for a wrong picture or line, or a model that was not trained to find.
    """
    opened = front.checkpoints.open(checkpoint)
    by = scorer(front, opened)
    own = own_lines(lines)
    sentences = list(dict.fromkeys([*own, *front.gallery.sentences]))
    names = [f"your line {n}" for n in range(1, len(own) + 1)]
    names += [f"gallery {n}" for n in range(len(sentences) - len(own))]
    texts = sentences_for(front, opened, sentences, names)
    photograph = front.pictures.open(picture, opened.extractor)
    first = texts.select(torch.zeros(1, dtype=torch.int64))
    there = PairBatch(photograph.regions, first.text, first.matched, (photograph.name,))
    scores = by.table(texts, there)[:, 0]
    return {
        "kind": by.kind,
        "unknown": opened.unknown_words(" ".join(own)),
        "found": [
            {
                "sentence": sentences[number],
                "score": float(scores[number]),
                "told": told(by, float(scores[number])),
                "yours": bool(number < len(own)),
            }
            for number in np.argsort(-scores, kind="stable")
        ],
    }


def own_lines(lines: str | None) -> list[str]:
    """A visitor's sentences, one a line, each once; raises ``ValueError`` for a wrong or many."""
    said = [line for line in (lines or "").splitlines() if line.strip()]
    if len(said) > LINES:
        raise ValueError(f"there are {len(said)} lines, more than the {LINES} that are taken")
    return list(dict.fromkeys(checked(line) for line in said))


def pictures_of(front: Front, numbers: dict[str, Any]) -> list[tuple[str, str]]:
    """The files of the best of the found pictures, each with its place and score."""
    return [
        (str(front.gallery.files[one["picture"]]), f"{place} · {one['told']}")
        for place, one in enumerate(numbers["found"][:PICTURES], 1)
    ]


def sentences_of(numbers: dict[str, Any]) -> str:
    """The best of the found sentences and all of the visitor's own, as HTML."""
    found = list(enumerate(numbers["found"], 1))
    shown = [(place, one) for place, one in found if place <= SENTENCES or one["yours"]]
    rows = [
        (str(place), one["sentence"] + " (yours)" * one["yours"], one["told"])
        for place, one in shown
    ]
    return telling.unknown(numbers["unknown"]) + telling.table(("Place", "Sentence", "Score"), rows)


def find_tab(front: Front, given: Given) -> None:
    """Draws the tab; its endpoints are ``/find_picture`` and ``/find_sentence``."""
    with gr.Tab("Find", id="find"):
        gr.Markdown(
            f"Which of the gallery's {len(front.gallery.all)} pictures is meant by the sentence, "
            "and which of its sentences, or of your own, says what is in the picture?"
        )
        with gr.Row():
            ask_pictures = gr.Button("Find pictures for the sentence", variant="primary")
            ask_sentences = gr.Button("Find sentences for the picture", variant="primary")
        lines = gr.Textbox(
            label="Sentences of your own, one a line", value="", lines=2, max_lines=8
        )
        note = telling.told_here()
        shown = gr.Gallery(
            label="Pictures, the best first",
            show_label=False,
            columns=4,
            object_fit="contain",
            interactive=False,
            buttons=[],
            elem_classes="found",
        )
        answer = telling.told_here()
        numbers = telling.numbers_here()

        @polite
        def ask_picture(
            checkpoint: str, sentence: str
        ) -> tuple[str, list[tuple[str, str]], dict[str, Any]]:
            """The gallery's pictures ranked for a sentence. Answers a note about unknown words as
            HTML, the best pictures with their scores, and all scores with each picture's own
            sentence."""
            found = find_picture(front, checkpoint, sentence)
            return telling.unknown(found["unknown"]), pictures_of(front, found), found

        @polite
        def ask_sentence(
            checkpoint: str, picture: str | None, lines: str
        ) -> tuple[str, dict[str, Any]]:
            """The gallery's sentences, and your own lines, ranked for a picture. Answers HTML and
            all scores."""
            found = find_sentence(front, checkpoint, picture, lines)
            return sentences_of(found), found

        sentence_asked = [given.checkpoint, given.sentence]
        rows = [[example.sentence] for example in told_of(front.gallery)[1:4]]
        offered(rows, [given.sentence], ask_picture, sentence_asked, [note, shown, numbers])
    ask_pictures.click(ask_picture, sentence_asked, [note, shown, numbers], api_name="find_picture")
    ask_sentences.click(
        ask_sentence,
        [given.checkpoint, given.picture, lines],
        [answer, numbers],
        api_name="find_sentence",
    )
