"""Captions are those of the two searches, and say what the model was trained to write."""

from __future__ import annotations

import pytest

from workbench.front.tabs.caption import LONGEST, MOST_BEAMS, caption
from workbench.generation.beam import Beam
from workbench.generation.greedy import Greedy


@pytest.mark.parametrize(
    ("checkpoint", "trained_on"), [("vlp-tiny", "sentences"), ("unimo-tiny", "fragments")]
)
def test_both_searches_are_told(front, picture, checkpoint, trained_on):
    answer, numbers = caption(front, checkpoint, picture, 3, 6)
    opened = front.checkpoints.open(checkpoint)
    regions = front.pictures.open(picture, opened.extractor).regions
    for name, search in (("greedy", Greedy(6)), ("beam", Beam(3, 6))):
        found = opened.captioner.write(regions, search)[0]
        assert numbers[name]["text"] == found.text
        assert numbers[name]["score"] == pytest.approx(found.score)
        assert numbers[name]["ended"] == found.ended
    assert numbers["trained_on"] == trained_on and numbers["beam"]["beams"] == 3
    assert ("fragment" in answer) == (trained_on == "fragments")


def test_a_caption_is_as_long_as_asked_for(front, picture):
    _, numbers = caption(front, "vlp-tiny", picture, 1, 1)
    assert not numbers["greedy"]["ended"] and len(numbers["greedy"]["text"].split()) == 1
    assert numbers["greedy"]["text"] == numbers["beam"]["text"]  # one draft is the greedy one


@pytest.mark.parametrize(
    ("beams", "longest", "says"),
    [
        (0, 5, f"0 drafts .* 1 to {MOST_BEAMS}"),
        (MOST_BEAMS + 1, 5, "drafts"),
        (2, 0, f"0 tokens .* 1 to {LONGEST}"),
        (2, 1000, "1000 tokens"),
    ],
)
def test_searches_are_held_to_limits(front, picture, beams, longest, says):
    with pytest.raises(ValueError, match=says):
        caption(front, "vlp-tiny", picture, beams, longest)


def test_a_model_that_does_not_write_names_some_that_do(front, picture):
    with pytest.raises(ValueError, match=r"not trained to write.* choose .*unimo-tiny") as refused:
        caption(front, "uniter-tiny", picture)
    assert "vlp-tiny" in str(refused.value)
    with pytest.raises(ValueError, match="no picture"):
        caption(front, "vlp-tiny", None)
