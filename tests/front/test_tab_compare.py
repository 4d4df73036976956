"""Two checkpoints say, side by side, what each says by itself."""

from __future__ import annotations

import pytest

from workbench.front.tabs.caption import caption
from workbench.front.tabs.compare import compare
from workbench.front.tabs.guess import guess
from workbench.front.tabs.match import match

SENTENCE = "a picture of a mushroom below a crab."
BLANK = "a picture of a ___ below a crab."


def test_each_side_is_what_the_other_tabs_say(front, picture):
    answer, numbers = compare(front, "uniter-tiny", "unimo-tiny", picture, SENTENCE)
    for side, name in (("first", "uniter-tiny"), ("second", "unimo-tiny")):
        alone = match(front, name, picture, SENTENCE)[1]
        assert numbers[side]["match"]["score"] == alone["score"]
        assert numbers[side]["match"]["worse"] == alone["worse"]
        words = guess(front, name, picture, SENTENCE)[1]["words"]
        right = sum(one["with_picture"][0]["word"] == one["word"] for one in words)
        assert numbers[side]["words_right"]["with_picture"] == right
        assert numbers[side]["words_right"]["of"] == len(words)
        assert numbers[side]["blanks"] is None
    written = caption(front, "unimo-tiny", picture)[1]["beam"]["text"]
    assert numbers["first"]["caption"] is None and numbers["second"]["caption"] == written
    assert "not trained to write" in answer


def test_blanks_are_guessed_by_both(front, picture):
    answer, numbers = compare(front, "uniter-tiny", "vlp-tiny", picture, BLANK)
    for side, name in (("first", "uniter-tiny"), ("second", "vlp-tiny")):
        assert numbers[side]["blanks"] == guess(front, name, picture, BLANK)[1]["blanks"]
        assert numbers[side]["match"] is None and numbers[side]["words_right"] is None
    assert "Blank 1, without the picture" in answer and "Does it match?" not in answer


def test_attention_goes_together_where_both_have_the_same_rows(front, picture):
    together, _ = compare(front, "uniter-tiny", "uniter-tiny", picture, SENTENCE)
    assert together.count("<iframe") == 1 and "Attention of both" in together
    apart, _ = compare(front, "uniter-tiny", "vlp-tiny", picture, SENTENCE)
    assert apart.count("<iframe") == 2 and "Attention of vlp-tiny" in apart


def test_what_a_model_cannot_tell_is_said(fewer, picture):
    answer, numbers = compare(fewer, "itm-only", "vlp-tiny", picture, SENTENCE)
    assert numbers["first"]["words_right"] is None and numbers["second"]["match"] is None
    assert "not trained to guess" in answer and "not trained to tell" in answer


def test_unknown_words_are_those_of_each_model_and_stand_as_text(front, picture):
    answer, _ = compare(front, "uniter-tiny", "vlp-tiny", picture, "a <i>dragon</i>.")
    told = answer.partition("<table")[0]
    assert "vocabulary of uniter-tiny" in told and "vocabulary of vlp-tiny" in told
    assert "<i>" not in told and "&lt;i&gt;dragon&lt;/i&gt;" in told


@pytest.mark.parametrize(
    ("second", "sentence", "says"),
    [("nothing-here", SENTENCE, "no checkpoint"), ("vlp-tiny", "", "no sentence")],
)
def test_what_is_wrong_is_said(front, picture, second, sentence, says):
    with pytest.raises(ValueError, match=says):
        compare(front, "uniter-tiny", second, picture, sentence)
