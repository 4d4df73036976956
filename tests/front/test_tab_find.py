"""Sentences find pictures of the gallery, pictures find sentences, and nothing else is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.front.tabs.find import (
    LINES,
    PICTURES,
    find_picture,
    find_sentence,
    own_lines,
    pictures_of,
    sentences_of,
)
from workbench.front.tabs.match import match

SENTENCE = "a picture of a mushroom below a crab."


@pytest.mark.parametrize("checkpoint", ["uniter-tiny", "unimo-tiny"])
def test_every_picture_has_the_score_of_the_pair(front, checkpoint):
    found = find_picture(front, checkpoint, SENTENCE)["found"]
    assert sorted(one["picture"] for one in found) == list(range(len(front.gallery.files)))
    scores = [one["score"] for one in found]
    assert scores == sorted(scores, reverse=True)
    best = found[0]
    file = str(front.gallery.files[best["picture"]])
    again = match(front, checkpoint, file, SENTENCE)[1]["score"]
    assert best["score"] == pytest.approx(again, abs=2e-2)  # the gallery is kept in half precision
    assert best["its_sentence"] == front.gallery.sentences[best["picture"]]


def test_only_the_gallerys_files_are_shown(front):
    shown = pictures_of(front, find_picture(front, "uniter-tiny", SENTENCE))
    assert len(shown) == min(PICTURES, len(front.gallery.files))
    assert {Path(file).parent for file, _ in shown} == {front.gallery.folder}
    assert shown[0][1].startswith("1 · ") and shown[0][1].endswith("logits")


@pytest.mark.parametrize("checkpoint", ["uniter-tiny", "unimo-tiny"])
def test_sentences_and_own_lines_are_ranked_together(front, picture, checkpoint):
    lines = f"we see a crab.\n\n{SENTENCE}\nwe see a crab.\n"
    found = find_sentence(front, checkpoint, picture, lines)["found"]
    assert [one["score"] for one in found] == sorted((o["score"] for o in found), reverse=True)
    yours = {one["sentence"]: one["score"] for one in found if one["yours"]}
    assert set(yours) == {"we see a crab.", SENTENCE}
    assert {one["sentence"] for one in found} == {*yours, *front.gallery.sentences}
    own = match(front, checkpoint, picture, "we see a crab.")[1]["score"]
    assert yours["we see a crab."] == pytest.approx(own, abs=1e-4)


def test_own_lines_stand_as_text_and_are_always_shown(front, picture):
    found = find_sentence(front, "uniter-tiny", picture, "<b>a dragon</b>")
    answer = sentences_of(found)
    assert "&lt;b&gt;a dragon&lt;/b&gt; (yours)" in answer and "<b>" not in answer
    assert found["unknown"] == ["<b>a", "dragon</b>"]


def test_lines_are_held_to_limits(front, picture):
    assert own_lines(None) == [] and own_lines(" a \n\n b \na") == ["a", "b"]
    with pytest.raises(ValueError, match=f"{LINES + 1} lines"):
        own_lines("\n".join(f"a {n}" for n in range(LINES + 1)))
    with pytest.raises(ValueError, match="501 characters"):
        own_lines("a\n" + "b" * 501)
    with pytest.raises(ValueError, match="your line 2"):
        find_sentence(front, "uniter-tiny", picture, "a crab\n" + "a crab " * 30)


def test_what_cannot_find_is_refused(front, picture):
    with pytest.raises(ValueError, match="neither"):
        find_picture(front, "vlp-tiny", SENTENCE)
    with pytest.raises(ValueError, match="neither"):
        find_sentence(front, "vlp-tiny", picture)
    with pytest.raises(ValueError, match="no sentence"):
        find_picture(front, "uniter-tiny", " \n ")
    with pytest.raises(ValueError, match="no picture"):
        find_sentence(front, "uniter-tiny", None)
