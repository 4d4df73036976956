from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from workbench.data.datasets import measuring, unpacking
from workbench.data.datasets.captions import named
from workbench.data.datasets.cutouts import Noun, indefinite, plural


@pytest.mark.parametrize(
    ("noun", "phrase"),
    [
        (Noun("owl"), "an owl"),
        (Noun("toucan"), "a toucan"),
        (Noun("cherries", "many"), "some cherries"),
        (Noun("corn", "mass"), "some corn"),
        (Noun("university"), "a university"),
        (Noun("umbrella"), "an umbrella"),
        (Noun("uk post box"), "a uk post box"),
        (Noun("hourglass"), "an hourglass"),
        (Noun("t shirt"), "a t shirt"),
        (Noun("european bear"), "a european bear"),
    ],
)
def test_phrases_have_the_right_article(noun, phrase):
    assert noun.phrase == phrase


def test_the_article_goes_with_the_word_after_it():
    assert indefinite("orange hat") == "an" and indefinite("white owl") == "a"


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("owl", "owls"), ("fox", "foxes"), ("bus", "buses"), ("cherry", "cherries"),
        ("donkey", "donkeys"), ("mouse", "mice"), ("sheep", "sheep"), ("tomato", "tomatoes"),
        ("knife", "knives"), ("hot air balloon", "hot air balloons"), ("torch", "torches"),
        ("cup of coffee", "cups of coffee"), ("fireman", "firemen"),
    ],
)  # fmt: skip
def test_plurals(one, several):
    assert plural(one) == several
    assert Noun(one).plural == several
    assert Noun(several, "many").plural == several


@pytest.mark.parametrize(
    ("caption", "phrase", "adjectives"),
    [
        ("A toucan.", "a toucan", ()),
        ("An owl.", "an owl", ()),
        ("Some cherries.", "some cherries", ()),
        ("A pair of cherries.", "some cherries", ()),
        ("A bunch of grapes.", "some grapes", ()),
        ("A head of red lettuce.", "some lettuce", ("red",)),
        ("A very small pumpkin.", "a pumpkin", ("very", "small")),
        ("A “Granny Smith” apple.", None, None),
        ("An avocado fruit.", "an avocado", ()),
        ("A flower covered in dew drops.", "a flower", ()),
        ("A cup of coffee.", "a cup of coffee", ()),
        ("A happy lion!", "a lion", ("happy",)),
        ("No entry!", None, None),
        ("Mercury—the planet closest to the Sun.", None, None),
        ("Two flowers.", None, None),
        ("A red and white anemone flower.", None, None),
    ],
)
def test_captions_are_read_as_nouns(caption, phrase, adjectives):
    said = named(caption, frozenset({"lettuce"}))
    if phrase is None:
        assert said is None or len(said.noun.name.split()) < 4
    else:
        assert said is not None
        assert (said.noun.phrase, said.adjectives) == (phrase, adjectives)


def test_pixels_are_read_once_and_cannot_be_changed(tiny_source):
    cutout = tiny_source.cutouts[0]
    pixels = cutout.pixels()
    assert pixels.shape == (cutout.height, cutout.width, 4)
    assert cutout.pixels() is pixels
    with pytest.raises(ValueError):
        pixels[0, 0, 0] = 1
    missing = dataclasses.replace(cutout, file=cutout.file.with_name("none.png"))
    with pytest.raises(FileNotFoundError):
        missing.pixels()


@pytest.mark.parametrize(
    ("colour", "word"),
    [
        ((220, 20, 20), "red"), ((250, 250, 250), "white"), ((20, 20, 20), "black"),
        ((130, 130, 130), "grey"), ((240, 220, 40), "yellow"), ((40, 160, 60), "green"),
        ((30, 60, 200), "blue"), ((110, 70, 30), "brown"), ((240, 140, 20), "orange"),
        ((250, 120, 180), "pink"), ((120, 30, 160), "purple"),
    ],
)  # fmt: skip
def test_colours_are_named(disc, colour, word):
    assert measuring.colour(disc(colour)) == word


def test_a_thing_of_two_colours_has_none(disc):
    pixels = disc((220, 20, 20))
    pixels[:25, :, :3] = (30, 60, 200)
    assert measuring.colour(pixels) is None


def test_a_black_outline_is_not_the_colour(disc):
    pixels = disc((30, 160, 50))
    pixels[:, :14, :3] = 0
    assert measuring.colour(pixels) == "green"


def test_clean_outlines(disc):
    assert measuring.is_clean(disc((1, 2, 3)))
    opaque = np.full((20, 20, 4), 255, np.uint8)
    assert not measuring.is_clean(opaque)
    soft = disc((1, 2, 3))
    soft[..., 3] //= 2
    assert not measuring.is_clean(soft)
    assert not measuring.is_clean(np.zeros((20, 20, 4), np.uint8))


def test_trimmed_touches_all_four_sides(disc):
    framed = np.pad(disc((9, 9, 9)), ((5, 30), (2, 11), (0, 0)))
    cut = measuring.trimmed(framed, 224)
    assert cut.shape[:2] == (50, 60)
    solid = cut[..., 3] >= measuring.SOLID
    assert solid[0].any() and solid[-1].any() and solid[:, 0].any() and solid[:, -1].any()
    assert max(measuring.trimmed(framed, 30).shape) == 30


def test_resizing_brings_no_hidden_colour_to_the_edge(disc):
    pixels = disc((200, 30, 30), 120, 120)
    pixels[pixels[..., 3] == 0, :3] = (0, 255, 0)
    small = measuring.resized(pixels, 31, 37)
    seen = small[small[..., 3] > 0]
    assert seen[:, 1].max() <= 40 and seen[:, 0].min() >= 190


def test_photos_and_drawings_are_told_apart(disc):
    assert measuring.style(disc((90, 90, 90))) == "drawing"
    noisy = disc((90, 90, 90))
    noise = np.random.default_rng(0).integers(0, 60, (*noisy.shape[:2], 3), dtype=np.uint8)
    noisy[..., :3] += noise
    assert measuring.style(noisy) == "photo"


@pytest.mark.parametrize("size", ['width="3cm" height="2cm"', 'width="90pt" height="60pt"'])
def test_svg_of_any_unit_is_drawn(size):
    svg = (
        f'<svg {size} xmlns="http://www.w3.org/2000/svg">'
        '<rect x="0" y="0" width="40" height="70" fill="#ff0000"/></svg>'
    )
    pixels = unpacking.rasterised(svg.encode(), 120)
    assert pixels.shape[1:] == (120, 4) and abs(len(pixels) - 80) <= 1
    assert tuple(pixels[5, 5]) == (255, 0, 0, 255) and pixels[5, 110, 3] == 0


def test_an_svg_that_cannot_be_drawn_raises():
    with pytest.raises(ValueError):
        unpacking.rasterised(b"<svg>", 100)


def test_an_index_of_an_older_format_is_made_anew(tmp_path):
    made = []

    def fill(folder):
        made.append(folder)
        (folder / "thing.png").write_bytes(b"x")
        return {"cutouts": []}

    folder = tmp_path / "things"
    assert unpacking.unpacked(folder, fill) == unpacking.unpacked(folder, fill)
    assert len(made) == 1 and (folder / "thing.png").is_file()
    (folder / "index.json").write_text('{"format": 0}')
    unpacking.unpacked(folder, fill)
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["things"]


def test_filling_that_fails_leaves_nothing(tmp_path):
    def fill(folder):
        (folder / "half.png").write_bytes(b"x")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        unpacking.unpacked(tmp_path / "things", fill)
    assert list(tmp_path.iterdir()) == []
