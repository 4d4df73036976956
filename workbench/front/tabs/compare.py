"""The tab that sets two checkpoints side by side: the same picture, the same sentence."""

from __future__ import annotations

from typing import Any

import gradio as gr

from widgets.attention.comparison import Comparison
from widgets.attention.record import AttentionRecord
from widgets.attention.view import AttentionView
from workbench.explain.attention import attention_on
from workbench.front import telling
from workbench.front.able import here
from workbench.front.blanks import BLANK, without_blanks
from workbench.front.embedding import embedded
from workbench.front.examples import offered, told_of, with_blank
from workbench.front.given import Given
from workbench.front.scoring import fit, told
from workbench.front.tabs.guess import SIDES, entry, guessed
from workbench.front.visit import Front, checked, polite


def compare(
    front: Front, first: str, second: str, picture: str | None, sentence: str | None
) -> tuple[str, dict[str, Any]]:
    """What two checkpoints say of one picture and one sentence, and their attention: HTML, numbers.

    Whether they match is asked where nothing is blank.  Raises ``ValueError`` saying what is wrong
    with a checkpoint, the picture or the sentence.
    """
    said = checked(sentence)
    both = [said_by(front, name, picture, said) for name in (first, second)]
    records = [attention_of(front, name, picture, said) for name in (first, second)]
    numbers = {"sentence": said, "first": both[0], "second": both[1]}
    return _told(both) + side_by_side(records, (first, second)), numbers


def said_by(front: Front, checkpoint: str, picture: str | None, sentence: str) -> dict[str, Any]:
    """All that one checkpoint says; None for what it was not trained to tell."""
    opened, shown = front.look(checkpoint, picture, sentence)
    blank = BLANK.search(sentence) is not None
    numbers: dict[str, Any] = {
        "checkpoint": opened.name,
        "system": opened.system,
        "unknown": opened.unknown_words(without_blanks(sentence)),
        "match": None,
        "blanks": None,
        "words_right": None,
        "caption": None,
    }
    if opened.scorer is not None and not blank:
        found = fit(front, opened, shown)
        numbers["match"] = {
            "told": told(opened.scorer, found.score),
            "score": found.score,
            "probability": found.probability,
            "pictures": found.pictures,
            "worse": found.worse,
        }
    if opened.guesses_words:
        record, _ = guessed(front, checkpoint, picture, sentence)
        places = range(len(record.places))
        if blank:
            numbers["blanks"] = [entry(record, place) for place in places]
        else:
            right = (record.truth_rank[-1] == 1).sum(-1)
            numbers["words_right"] = {
                "of": len(places),
                **{side: int(count) for side, count in zip(SIDES, right, strict=True)},
            }
    if opened.captioner is not None:
        regions = front.pictures.open(picture, opened.extractor).regions
        numbers["caption"] = opened.captioner.write(regions)[0].text or ""
    return numbers


def attention_of(
    front: Front, checkpoint: str, picture: str | None, sentence: str
) -> AttentionRecord:
    """Where a checkpoint looks, with blanks as hidden words."""
    opened, shown = front.look(checkpoint, picture, sentence)
    return attention_on(opened.model, shown)


def side_by_side(records: list[AttentionRecord], names: tuple[str, str]) -> str:
    """Both attention explorers: going together where they show the same rows, else apart."""
    try:
        return embedded(Comparison(*records, names=names), "Attention of both")
    except ValueError:
        frames = (
            embedded(AttentionView(record, caption=name), f"Attention of {name}")
            for record, name in zip(records, names, strict=True)
        )
        return "".join(frames)


def _told(both: list[dict[str, Any]]) -> str:
    heads = ("", *(f"{one['checkpoint']} ({one['system']})" for one in both))
    rows = [("Does it match?", *map(_match, both))]
    blanks = max(len(one["blanks"] or ()) for one in both)
    if blanks:
        rows = [
            (f"Blank {number + 1}, {how} the picture", *(_blank(one, number, side) for one in both))
            for number in range(blanks)
            for side, how in zip(SIDES, ("with", "without"), strict=True)
        ]
    else:
        rows += [
            (f"Words guessed right {how} the picture", *(_right(one, side) for one in both))
            for side, how in zip(SIDES, ("with", "without"), strict=True)
        ]
    rows.append(("Caption, five drafts", *(_caption(one) for one in both)))
    notes = (telling.unknown(one["unknown"], one["checkpoint"]) for one in both)
    return "".join(dict.fromkeys(notes)) + telling.table(heads, rows)


def _match(one: dict[str, Any]) -> str:
    found = one["match"]
    if found is None:
        return "not trained to tell"
    sure = "" if found["probability"] is None else f"{telling.percent(found['probability'])}, "
    return f"{sure}{found['told']}; {found['worse']} of {found['pictures']} pictures fit worse"


def _blank(one: dict[str, Any], number: int, side: str) -> str:
    if one["blanks"] is None:
        return "not trained to guess"
    best = one["blanks"][number][side][:3]
    return ", ".join(f"{guess['word']} {telling.percent(guess['probability'])}" for guess in best)


def _right(one: dict[str, Any], side: str) -> str:
    found = one["words_right"]
    return "not trained to guess" if found is None else f"{found[side]} of {found['of']}"


def _caption(one: dict[str, Any]) -> str:
    if one["caption"] is None:
        return "not trained to write"
    return one["caption"] or "(it ended without a word)"


def compare_tab(front: Front, given: Given) -> None:
    """Draws the tab; its endpoint is ``/compare``."""
    with gr.Tab("Compare", id="compare"):
        gr.Markdown("Two checkpoints look at the same picture and the same sentence.")
        systems = here(front)
        other = [name for name in systems if systems[name] != systems.get(given.checkpoint.value)]
        second = gr.Dropdown(
            front.checkpoints.names(),
            value=(*other, *systems, None)[0],
            label="Second checkpoint",
            info="the first is the one beside the picture",
            allow_custom_value=True,
        )
        ask = gr.Button("Compare", variant="primary")
        answer = telling.told_here()
        numbers = telling.numbers_here()
        asked = [given.checkpoint, second, given.picture, given.sentence]

        @polite
        def ask_compare(
            first: str, second: str, picture: str | None, sentence: str
        ) -> tuple[str, dict[str, Any]]:
            """What two checkpoints say of the same picture and sentence: whether they match,
            guesses for its blanks (`___`), a caption, and their attention side by side. Answers
            HTML and the numbers."""
            return compare(front, first, second, picture, sentence)

        files, examples = front.gallery.files, told_of(front.gallery)
        rows = [[str(files[number]), examples[number].sentence] for number in (1, 3)]
        rows += [[str(files[number]), with_blank(examples[number])] for number in (1, 3)]
        offered(rows, [given.picture, given.sentence], ask_compare, asked, [answer, numbers])
    ask.click(ask_compare, asked, [answer, numbers], api_name="compare")
