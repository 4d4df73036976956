"""Whether a sentence fits a picture is told as the model was trained to tell it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from workbench.front.scoring import probability
from workbench.front.tabs.match import match

SENTENCE = "a picture of a mushroom below a crab."


@pytest.fixture(scope="module")
def strange(tmp_path_factory) -> str:
    """A picture that is not in the gallery."""
    path = tmp_path_factory.mktemp("strange") / "one.png"
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return str(path)


def test_a_matching_model_tells_its_lead_and_a_probability(front, picture):
    answer, numbers = match(front, "uniter-tiny", picture, SENTENCE)
    opened, shown = front.look("uniter-tiny", picture, SENTENCE)
    lead = float(opened.scorer.own(shown.batch)[0])
    assert numbers["kind"] == "matching lead" and numbers["score"] == lead
    assert numbers["probability"] == pytest.approx(1 / (1 + math.exp(-lead)))
    assert ("They match" in answer) == (lead > 0)
    assert numbers["unknown"] == [] and "[UNK]" not in answer


def test_a_contrasting_model_tells_a_similarity_and_no_probability(front, picture):
    answer, numbers = match(front, "unimo-tiny", picture, SENTENCE)
    assert numbers["kind"] == "contrast cosine" and numbers["probability"] is None
    assert -1 <= numbers["score"] <= 1 and f"Similarity {numbers['score']:.3f}" in answer


@pytest.mark.parametrize("checkpoint", ["uniter-tiny", "unimo-tiny"])
def test_the_place_among_the_gallerys_pictures(front, strange, checkpoint):
    scores = [match(front, checkpoint, str(f), SENTENCE)[1]["score"] for f in front.gallery.files]
    _, numbers = match(front, checkpoint, strange, SENTENCE)
    assert numbers["pictures"] == len(scores)
    assert numbers["worse"] == sum(score < numbers["score"] for score in scores)
    assert numbers["better"] == sum(score > numbers["score"] for score in scores)


def test_a_picture_of_the_gallery_is_not_compared_with_itself(front, picture):
    _, numbers = match(front, "uniter-tiny", picture, SENTENCE)
    assert numbers["pictures"] == len(front.gallery.files) - 1
    assert numbers["worse"] + numbers["better"] == numbers["pictures"]


def test_a_model_that_can_tell_neither_names_some_that_can(front, picture):
    with pytest.raises(ValueError, match=r"vlp-tiny .* neither .* choose .*unimo-tiny"):
        match(front, "vlp-tiny", picture, SENTENCE)


def test_a_blank_is_a_hidden_word(front, picture):
    answer, numbers = match(front, "uniter-tiny", picture, "a ___ below a crab.")
    assert numbers["sentence"] == "a ___ below a crab." and "hidden" in answer
    assert (
        numbers["score"]
        == match(front, "uniter-tiny", picture, "a [MASK] below a crab.")[1]["score"]
    )
    assert numbers["unknown"] == []


def test_probabilities_of_any_lead():
    assert probability(0.0) == 0.5 and probability(1000.0) == 1.0 and probability(-1000.0) == 0.0
    assert probability(2.0) + probability(-2.0) == pytest.approx(1)


@pytest.mark.parametrize(
    ("file", "sentence", "says"), [(None, "a crab", "no picture"), ("01.png", "", "no sentence")]
)
def test_what_is_wrong_is_said(front, file, sentence, says):
    with pytest.raises(ValueError, match=says):
        match(front, "uniter-tiny", file and str(front.gallery.folder / file), sentence)
