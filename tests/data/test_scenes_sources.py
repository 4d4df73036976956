from __future__ import annotations

import numpy as np
import pytest

from workbench.data.datasets import openmoji, splits, stamp_source, textures
from workbench.data.datasets.captions import named
from workbench.data.datasets.openmoji_classes import CLASSES as OPENMOJI
from workbench.data.datasets.scenes import Scenes
from workbench.data.datasets.stamp_classes import CLASSES
from workbench.data.datasets.stamps import Stamps


def test_stamps_are_unpacked_from_the_package(packages):
    source = stamp_source.source()
    cutouts = {cutout.id: cutout for cutout in source.cutouts}
    apple = cutouts["food/fruit/apple_red"]
    assert apple.noun.phrase == "an apple" and apple.colour == "red"
    assert apple.caption == "A red apple." and not apple.mirrorable
    cherries = cutouts["food/fruit/cartoon/cherries"]
    assert cherries.noun.phrase == "some cherries" and cherries.style == "drawing"
    assert cutouts["animals/birds/owl"].mirrorable
    zoo = {f"zoo/{name}" for name in ("dingo", "lark", "statue", "key", "anchor", "vase")}
    assert set(cutouts) == {apple.id, cherries.id, "animals/birds/owl"} | zoo
    assert {background.id for background in source.backgrounds} == {"rocks", "cliff", "mudstone"}


def test_unpacked_stamps_need_the_package_no_more(packages):
    first = stamp_source.source()
    for file in packages.iterdir():
        file.unlink()
    stamp_source.contents.cache_clear()
    stamp_source.source.cache_clear()
    assert stamp_source.source() == first


def test_a_damaged_package_says_so_and_leaves_no_folder(packages):
    file = packages / "tuxpaint-stamps-default_1_all.deb"
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(ValueError, match="cut off"):
        stamp_source.source()
    assert not stamp_source.folder().exists()


def test_stamps_are_pairs_of_picture_and_caption(packages):
    stamps = Stamps("all")
    examples, made = stamps.examples(), stamps.scenes()
    assert [e.sentence for e in examples][:4] == [
        "An owl.", "A red apple.", "Some cherries.", "No entry!",
    ]  # fmt: skip
    assert [e.image for e in examples] == [s.key for s in made]
    marked = [[e.sentence[s.start : s.end] for s in e.spans] for e in examples]
    assert marked[:4] == [["An", "owl"], ["A", "apple"], ["Some", "cherries"], []]
    assert stamps.card().counts["pairs"] == 10 and "GPL-2" in stamps.card().licence
    for scene in made:
        picture = stamps.picture(scene)
        x1, y1, x2, y2 = scene.objects[0].box
        assert 0 <= x1 < x2 <= 1 and max(x2 - x1, y2 - y1) > 0.8
        assert picture.shape == (256, 320, 3)
        middle = picture[100:156, 130:190]
        assert np.abs(middle.astype(int) - picture[0, 0]).max() > 20


def test_stamps_splits_are_disjoint_and_whole(packages):
    keys = [{s.key for s in Stamps(name).scenes()} for name in ("train", "validation", "test")]
    assert set.union(*keys) == {s.key for s in Stamps("all").scenes()}
    assert sum(map(len, keys)) == 10
    with pytest.raises(ValueError, match="all, train, validation, test"):
        Stamps("dev")


def test_there_are_96_names_and_no_stamp_bears_two():
    assert len(CLASSES) == 96
    ids = [id for several in CLASSES.values() for id in several]
    assert len(ids) == len(set(ids)) > 160
    assert sum(len(several) > 1 for several in CLASSES.values()) > 35
    assert all(name.isalpha() and name.islower() for name in CLASSES)


@pytest.mark.parametrize("classes", [CLASSES, OPENMOJI])
def test_each_name_is_one_piece_of_the_tokenizer(classes):
    """A masked name must not tell its length, so every default name is a single token."""
    from workbench.data.tokenizers import wordpiece

    pieces = wordpiece()
    text = pieces.encode(list(classes), max_tokens=8)
    assert text.offsets.lengths.tolist() == [3] * len(classes)


def test_textures_are_the_same_every_time():
    one, other = textures.textures(), textures.textures()
    assert len(one) == 16
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert all(picture.std() > 4 for picture in one.values())


def test_openmoji_has_96_names_and_makes_scenes():
    source = openmoji.source()
    assert len(source.names) > 250 and source.names[:21] == tuple(OPENMOJI)[:21]
    assert len(source.backgrounds) == 16 and "CC BY-SA" in source.licence
    made = Scenes(source, "train", 3)
    assert len(made.names) == 96
    pictures = [made.picture(scene) for scene in made.scenes()]
    assert all(picture.std() > 10 for picture in pictures)
    assert len(splits.cutouts(source, made.names, "test-cutouts")) >= 12
    phrases = {cutout.noun.phrase for cutout in source.cutouts}
    assert {"an owl", "some scissors", "some corn", "a unicorn face"} - phrases == {
        "a unicorn face"
    }


def test_captions_of_every_chosen_stamp_fit_their_name():
    """The chosen name is the last word of what the caption names, where it has a plain form."""
    source = _real_stamps()
    if source is None:
        pytest.skip("the stamps are not unpacked here; `make start` does")
    odd = {
        cutout.id: (cutout.noun.name, cutout.caption)
        for cutout in source.cutouts
        if cutout.noun.name in CLASSES
        and (said := named(cutout.caption)) is not None
        and cutout.noun.name not in said.noun.name
    }
    assert len(odd) < 25, odd
    assert len(source.of_names(tuple(CLASSES))) == 96
    assert all(source.of_names(tuple(CLASSES)).values())


def _real_stamps():
    folder = stamp_source.folder()
    if not (folder / "index.json").is_file():
        return None
    stamp_source.contents.cache_clear()
    stamp_source.source.cache_clear()
    return stamp_source.source()
