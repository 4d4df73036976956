"""The tab that fills blanks: the model's best guesses with and without the picture."""

from __future__ import annotations

from typing import Any

import gradio as gr

from widgets.guesses.record import GuessRecord
from widgets.guesses.view import GuessView
from workbench.explain.guesses import guesses
from workbench.explain.questions import masked_language
from workbench.front import telling
from workbench.front.able import refusal
from workbench.front.blanks import BLANK, asked_words, without_blanks
from workbench.front.embedding import embedded
from workbench.front.examples import offered, told_of, with_blank
from workbench.front.given import Given
from workbench.front.visit import Front, checked, polite

SIDES = ("with_picture", "without_picture")


def guess(
    front: Front, checkpoint: str, picture: str | None, sentence: str | None
) -> tuple[str, dict[str, Any]]:
    """What stands in the blanks of a sentence, or in place of each of its words: HTML and numbers.

    Raises ``ValueError`` saying what is wrong with any of the three, or that the model was not
    trained to guess words.
    """
    said = checked(sentence)
    opened = front.checkpoints.open(checkpoint)
    if not opened.guesses_words:
        raise refusal(front, opened, "was not trained to guess words", lambda o: o.guesses_words)
    record, before_only = guessed(front, checkpoint, picture, said)
    hidden = [entry(record, place) for place in range(len(record.places))]
    blank = BLANK.search(said) is not None
    numbers = {
        "sentence": said,
        "reads": "only the words before" if before_only else "all other words",
        "unknown": opened.unknown_words(without_blanks(said)),
        "blanks" if blank else "words": hidden,
    }
    if not blank:
        for place, one in enumerate(hidden):
            one["word"] = record.truth[place]
            for side, name in enumerate(SIDES):
                one[f"chance_{name}"] = float(record.truth_chance[-1, side, place])
    page = "" if blank else embedded(GuessView(record), "Guesses for every word")
    return _told(numbers) + page, numbers


def guessed(
    front: Front, checkpoint: str, picture: str | None, sentence: str
) -> tuple[GuessRecord, bool]:
    """The guesses for the blanks together, or for every word in turn; whether from left to right.

    Raises as ``guess``.
    """
    opened, shown = front.look(checkpoint, picture, sentence)
    tokenizer = opened.tokenizer

    def spelt(ids: list[int]) -> list[str]:
        return [
            tokenizer.decode([i]).strip() or piece
            for i, piece in zip(ids, tokenizer.pieces(ids), strict=True)
        ]

    hidden = asked_words(shown, tokenizer.mask_id)
    before_only = masked_language(opened.model).source_rows is not None
    return guesses(opened.model, shown, hidden, spelt), before_only


def entry(record: GuessRecord, place: int) -> dict[str, Any]:
    """The best guesses at one place, under both conditions, as JSON has them."""
    return {
        name: [
            {"word": str(word), "probability": float(chance)}
            for word, chance in zip(
                record.top[-1, side, place], record.chance[-1, side, place], strict=True
            )
            if word
        ]
        for side, name in enumerate(SIDES)
    }


def _told(numbers: dict[str, Any]) -> str:
    said = telling.unknown(numbers["unknown"])
    if numbers["reads"] != "all other words":
        said += telling.paragraph(
            "This model reads from left to right: it guesses from the words before a blank alone.",
            "quiet",
        )
    if "words" in numbers:
        return said + _every_word(numbers["words"])
    for number, blank in enumerate(numbers["blanks"], 1):
        which = f"Blank {number}, " if len(numbers["blanks"]) > 1 else ""
        said += telling.cards(
            telling.card(f"{which}{how} the picture".capitalize(), _best(blank[side]))
            for side, how in zip(SIDES, ("with", "without"), strict=True)
        )
    return said


def _best(found: list[dict[str, Any]]) -> str:
    return telling.bars(
        (one["word"], one["probability"], telling.percent(one["probability"])) for one in found
    )


def _every_word(words: list[dict[str, Any]]) -> str:
    right = [sum(one[side][0]["word"] == one["word"] for one in words) for side in SIDES]
    return telling.paragraph(
        f"There is no blank, so every word is hidden in turn: {right[0]} of {len(words)} are "
        f"guessed right with the picture, {right[1]} without it."
    )


def guess_tab(front: Front, given: Given) -> None:
    """Draws the tab; its endpoint is ``/guess``."""
    with gr.Tab("Fill the blank", id="guess"):
        gr.Markdown(
            "Write `___` for a word in the sentence: what does the model put there, and does the "
            "picture help? Without a blank every word is hidden in turn."
        )
        ask = gr.Button("Guess", variant="primary")
        answer = telling.told_here()
        numbers = telling.numbers_here()
        asked = [given.checkpoint, given.picture, given.sentence]

        @polite
        def ask_guess(
            checkpoint: str, picture: str | None, sentence: str
        ) -> tuple[str, dict[str, Any]]:
            """The five best guesses for each blank (`___` or `[MASK]`) of a sentence beside a
            picture, with and without the picture; without a blank, for every word in turn.
            Answers HTML and the probabilities."""
            return guess(front, checkpoint, picture, sentence)

        examples = told_of(front.gallery)
        rows = [
            [str(front.gallery.files[1]), with_blank(examples[1])],
            [str(front.gallery.files[2]), with_blank(examples[2], 2)],
            [str(front.gallery.files[3]), with_blank(examples[3])],
            [str(front.gallery.files[3]), examples[3].sentence],
        ]
        pair = [given.picture, given.sentence]
        offered(rows, pair, ask_guess, asked, [answer, numbers])
    ask.click(ask_guess, asked, [answer, numbers], api_name="guess")
