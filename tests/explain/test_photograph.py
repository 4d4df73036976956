"""A picture of one's own becomes what every look inside a model begins with."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.data.tokenizers import wordpiece
from workbench.explain.photograph import Photograph
from workbench.vision.extractor import DetectedRegions, GridRegions
from workbench.vision.pictures import PictureError

torch.set_num_threads(1)
GRID = GridRegions(1, 2)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    """64 wide, 32 high: a red half and a blue one."""
    made = np.zeros((32, 64, 3), np.uint8)
    made[:, :32, 0] = made[:, 32:, 2] = 255
    return made


def encoded(pixels: np.ndarray, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def test_a_path_bytes_and_pixels_are_the_same_picture(pixels, tmp_path):
    data = encoded(pixels)
    (tmp_path / "mine.png").write_bytes(data)
    ways = (pixels, data, tmp_path / "mine.png", str(tmp_path / "mine.png"))
    found = [Photograph.of(way, GRID) for way in ways]
    assert [one.name for one in found] == ["picture", "picture", "mine.png", "mine.png"]
    for one in found:
        assert np.array_equal(one.pixels, pixels)
        assert torch.equal(one.regions.features, found[0].regions.features)
        assert len(one.labels) == len(one.regions.boxes) == 2
        assert one.regions.sizes.tolist() == [[64.0, 32.0]]


def test_the_cameras_rotation_is_undone_before_regions_are_sought(pixels):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Photograph.of(encoded(pixels, "JPEG", exif=exif, quality=95), GRID)
    assert turned.pixels.shape == (64, 32, 3)
    assert turned.regions.sizes.tolist() == [[32.0, 64.0]]


def test_the_detector_proposes_regions_and_names_them(pixels):
    found = Photograph.of(pixels, DetectedRegions(fewest=3, most=5))
    assert 3 <= len(found.regions.boxes) <= 5 and all(found.labels)


def test_boxes_and_labels_of_ones_own(pixels):
    halves = torch.tensor([[0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 1.0, 1.0]])
    found = Photograph.of(pixels, boxes=halves, labels=["red", "blue"], name="flag")
    assert found.labels == ("red", "blue") and found.name == "flag"
    assert torch.equal(found.regions.boxes, halves)
    with pytest.raises(ValueError, match="3 labels were given for 2 regions"):
        Photograph.of(pixels, GRID, labels=["a", "b", "c"])
    with pytest.raises(ValueError, match="expected x1, y1, x2, y2 as fractions"):
        Photograph.of(pixels, boxes=halves * 64)


def test_any_sentence_stands_beside_it(pixels):
    tokenizer, picture = wordpiece(), Photograph.of(pixels, GRID, name="flag")
    for sentence in ("a red half", "something else altogether"):
        shown = picture.beside(sentence, tokenizer)
        assert shown.words[0] == "[CLS]" and shown.words[-1] == "[SEP]"
        assert tokenizer.decode(shown.batch.text.ids) == shown.sentence == sentence
        assert shown.batch.names == ("flag",) and shown.batch.matched.tolist() == [True]
        assert torch.equal(shown.batch.regions.features, picture.regions.features)
        assert shown.labels == picture.labels and shown.picture is picture.pixels
    cut = tokenizer.encode(["red"])
    by_hand = picture.with_tokens(cut, ("first", "red", "last"), "red")
    assert by_hand.words == ("first", "red", "last")


@pytest.mark.parametrize("empty", ["", "   "])
def test_sentences_that_cannot_be_read_are_refused(pixels, empty):
    tokenizer, picture = wordpiece(), Photograph.of(pixels, GRID, name="flag")
    with pytest.raises(ValueError, match="flag"):
        picture.beside(empty, tokenizer)
    with pytest.raises(ValueError, match="flag"):
        picture.beside("word " * 50, tokenizer, max_tokens=20)


def test_what_is_no_picture_says_so(tmp_path, pixels):
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(PictureError, match=r"notes\.png: not a readable picture"):
        Photograph.of(tmp_path / "notes.png", GRID)
    with pytest.raises(PictureError, match="there is no such file; check the path"):
        Photograph.of(tmp_path / "nowhere.png", GRID)
    with pytest.raises(PictureError, match="holiday: not a readable picture"):
        Photograph.of(encoded(pixels)[:40], GRID, name="holiday")
