"""Blanks are filled with and without the picture; without a blank every word is hidden in turn."""

from __future__ import annotations

import pytest
import torch

from workbench.front.able import able, here
from workbench.front.blanks import asked_words, with_masks, without_blanks
from workbench.front.tabs.guess import SIDES, guess
from workbench.objectives.masked_language import MaskedLanguage

SENTENCE = "a picture of a ___ below a crab."
EVIL = '<img src=x onerror="alert(1)">'


def test_the_best_words_are_those_of_the_masked_language_head(front, picture):
    _, numbers = guess(front, "uniter-tiny", picture, SENTENCE)
    opened, shown = front.look("uniter-tiny", picture, "a picture of a [MASK] below a crab.")
    assert shown.words[5] == "[MASK]"
    head = opened.model.mix.found()["mlm"]
    assert isinstance(head, MaskedLanguage)
    with torch.no_grad():
        for side, batch in zip(SIDES, (shown.batch, shown.batch.without_regions()), strict=True):
            chances = head.head(opened.model.encoder(batch).text[5:6]).double().softmax(-1)[0]
            best = chances.topk(5)
            told = numbers["blanks"][0][side]
            assert [one["word"] for one in told] == opened.tokenizer.pieces(best.indices)
            expected = pytest.approx(best.values.tolist(), abs=1e-5)
            assert [one["probability"] for one in told] == expected


def test_a_blank_is_written_in_several_ways(front, picture):
    told = [
        guess(front, "uniter-tiny", picture, SENTENCE.replace("___", blank))[1]["blanks"]
        for blank in ("__", "_____", "[MASK]", "[mask]", "<mask>")
    ]
    assert all(one == told[0] for one in told[1:])


def test_only_what_is_told_beside_the_picture_depends_on_it(front, picture):
    other = str(front.gallery.files[2])
    one, two = (guess(front, "uniter-tiny", p, SENTENCE)[1]["blanks"][0] for p in (picture, other))
    assert one["without_picture"] == two["without_picture"]
    assert one["with_picture"] != two["with_picture"]


def test_several_blanks_are_hidden_together(front, picture):
    answer, numbers = guess(front, "vlp-tiny", picture, "a ___ below a ___.")
    assert len(numbers["blanks"]) == 2 and numbers["reads"] == "all other words"
    assert "Blank 2, without the picture" in answer and "<iframe" not in answer


def test_a_model_of_one_direction_reads_only_what_came_before(fewer, picture):
    answers = [
        guess(fewer, "seq2seq-only", picture, f"a picture of a ___ {after}")
        for after in ("below a crab.", "above two bells.")
    ]
    assert answers[0][1]["blanks"] == answers[1][1]["blanks"]
    assert answers[0][1]["reads"] == "only the words before"
    assert "from left to right" in answers[0][0]
    both = [guess(fewer, "vlp-tiny", picture, one[1]["sentence"])[1] for one in answers]
    assert both[0]["blanks"] != both[1]["blanks"]


def test_without_a_blank_every_word_is_hidden_in_turn(front, picture):
    answer, numbers = guess(front, "uniter-tiny", picture, "a picture of a crab.")
    assert [one["word"] for one in numbers["words"]] == ["a", "picture", "of", "a", "crab", "."]
    assert all(0 <= one["chance_with_picture"] <= 1 for one in numbers["words"])
    assert "of 6 are guessed right" in answer and answer.count("<iframe") == 1


def test_unknown_words_are_named_and_shown_as_text(front, picture):
    answer, numbers = guess(front, "uniter-tiny", picture, f"a ___ and a {EVIL}")
    assert numbers["unknown"] == EVIL.split()
    assert "<img" not in answer and "&lt;img" in answer
    assert guess(front, "uniter-tiny", picture, SENTENCE)[1]["unknown"] == []


def test_a_model_without_words_is_refused_and_others_are_named(fewer, picture):
    with pytest.raises(ValueError, match=r"itm-only .* choose .*vlp-tiny"):
        guess(fewer, "itm-only", picture, SENTENCE)
    assert set(here(fewer).values()) == {"uniter-tiny", "vlp-tiny", "unimo-tiny"}
    found = able(fewer, lambda opened: opened.scorer is not None)
    assert set(found) == {"uniter-tiny", "unimo-tiny"}


@pytest.mark.parametrize(
    ("checkpoint", "picture", "sentence", "says"),
    [
        ("uniter-tiny", "01.png", "  ", "no sentence"),
        ("uniter-tiny", "01.png", None, "no sentence"),
        ("uniter-tiny", "01.png", "a ___ " * 100, "600 characters|599 characters"),
        ("uniter-tiny", "01.png", "a " * 60 + "___", "tokens"),
        ("uniter-tiny", None, SENTENCE, "no picture"),
        ("../uniter-tiny", "01.png", SENTENCE, "no checkpoint"),
    ],
)
def test_what_is_wrong_is_said(front, checkpoint, picture, sentence, says):
    file = picture and str(front.gallery.folder / picture)
    with pytest.raises(ValueError, match=says):
        guess(front, checkpoint, file, sentence)


def test_blanks_alone(front):
    tokenizer = front.checkpoints.open("uniter-tiny").tokenizer
    assert with_masks("a __ and_a _ <MASK>", tokenizer) == "a [MASK] and_a _ [MASK]"
    assert without_blanks("a ___ house").split() == ["a", "house"]


def test_what_is_asked_of_a_sentence(front, picture):
    opened, shown = front.look("uniter-tiny", picture, "a ___ and a ___")
    assert [one.words for one in asked_words(shown, opened.tokenizer.mask_id)] == [(2, 5)]
    opened, shown = front.look("uniter-tiny", picture, "a crab")
    assert [one.words for one in asked_words(shown, opened.tokenizer.mask_id)] == [(1,), (2,)]
