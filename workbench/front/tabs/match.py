"""The tab that tells whether sentence and picture belong together, while the sentence is edited."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from workbench.front import telling
from workbench.front.blanks import BLANK, without_blanks
from workbench.front.examples import offered, with_one_wrong
from workbench.front.given import Given
from workbench.front.scoring import Fit, fit
from workbench.front.visit import Front, polite

COPIED = "(sentence) => sentence"
"""What stands above is copied in the browser."""


def match(
    front: Front, checkpoint: str, picture: str | None, sentence: str | None
) -> tuple[str, dict[str, Any]]:
    """How well a sentence fits a picture, and its place among the gallery's: HTML and numbers.

    Raises ``ValueError`` saying what is wrong with any of the three, or that the model was trained
    to tell neither way.
    """
    opened, shown = front.look(checkpoint, picture, sentence)
    found = fit(front, opened, shown)
    said = (sentence or "").strip()
    unknown = opened.unknown_words(without_blanks(said))
    note = "A blank is a word that the model finds hidden." if BLANK.search(said) else ""
    numbers = {"sentence": said, **asdict(found), "unknown": unknown}
    return telling.unknown(unknown) + telling.paragraph(note, "quiet") + _told(found), numbers


def _told(found: Fit) -> str:
    if found.probability is None:
        answer = telling.paragraph(f"Similarity {found.score:.3f}", "lead")
        answer += telling.paragraph(
            f"A {found.kind.removeprefix('contrast ')} of the picture and the sentence, each read "
            "alone: it says little by itself, more beside other pictures.",
            "quiet",
        )
    else:
        verdict = "They match" if found.score > 0 else "They do not match"
        row = ("belong together", found.probability, telling.percent(found.probability))
        answer = telling.paragraph(verdict, "lead") + telling.bars([row])
        answer += telling.paragraph(
            f"“Matches” leads “does not” by {found.score:+.2f} logits.", "quiet"
        )
    among = telling.paragraph(f"{found.worse} of {found.pictures} fit worse", "lead")
    among += telling.bars([("fit worse", found.worse / max(found.pictures, 1), str(found.worse))])
    among += telling.paragraph(
        f"Of {found.pictures} other pictures, those of the gallery, {found.worse} fit this "
        f"sentence worse than yours does and {found.better} better.",
        "quiet",
    )
    return telling.cards(
        [telling.card("This picture", answer), telling.card("Beside the gallery", among)]
    )


def match_tab(front: Front, given: Given) -> None:
    """Draws the tab; its endpoint is ``/match``."""
    with gr.Tab("Does it match?", id="match") as tab:
        gr.Markdown("Change a word: the answer follows while you write.")
        edited = gr.Textbox(label="Sentence, to be changed", value=given.sentence.value, lines=1)
        answer = telling.told_here()
        numbers = telling.numbers_here()
        asked, answers = [given.checkpoint, given.picture, edited], [answer, numbers]

        @polite
        def ask_match(
            checkpoint: str, picture: str | None, sentence: str
        ) -> tuple[str, dict[str, Any]]:
            """Whether a sentence fits a picture: the lead of "matches" in logits and its
            probability, or, of a model that contrasts, a similarity; and how many pictures of the
            gallery fit the sentence worse and better. Answers HTML and the numbers."""
            return match(front, checkpoint, picture, sentence)

        def follow(
            checkpoint: str, picture: str | None, sentence: str
        ) -> tuple[str, dict[str, Any] | None]:
            try:
                return match(front, checkpoint, picture, sentence)
            except ValueError as problem:  # somebody is still writing: no message pops up
                return telling.paragraph(str(problem), "warn"), None

        wrong = with_one_wrong(front.gallery)
        rows = []
        for number in list(wrong)[:2]:
            file = str(front.gallery.files[number])
            rows += [[file, front.gallery.sentences[number]], [file, wrong[number]]]
        offered(rows, [given.picture, edited], ask_match, asked, answers)
    edited.submit(ask_match, asked, answers, api_name="match")
    given.sentence.change(None, given.sentence, edited, js=COPIED, api_visibility="private")
    gr.on(
        [tab.select, edited.change, given.picture.change, given.checkpoint.change],
        follow,
        asked,
        answers,
        api_visibility="private",
        trigger_mode="always_last",
        show_progress="hidden",
    )
