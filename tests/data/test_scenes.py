from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from workbench.data.datasets import composing, scenes, splits
from workbench.data.datasets.scenes import Scenes

SIZE = (320, 256)


@pytest.fixture
def train(tiny_source):
    return Scenes(tiny_source, "train", 80, vocabulary=12)


def _pixel_box(box):
    return tuple(round(v * s) for v, s in zip(box, (*SIZE, *SIZE), strict=True))


def test_a_scene_depends_on_its_number_alone(tiny_source, train):
    other = Scenes(tiny_source, "train", 5, vocabulary=12)
    assert other.scenes() == train.scenes()[:5]
    assert other.scene(777) == train.scene(777)
    assert Scenes(tiny_source, "train", 5, seed=1, vocabulary=12).scenes() != other.scenes()
    assert Scenes(tiny_source, "validation", 5, vocabulary=12).scene(3) != other.scene(3)
    assert np.array_equal(other.picture(other.scene(4)), train.picture(train.scene(4)))


def test_the_same_scenes_in_another_process(packages):
    # Strings hash differently in every process; nothing may rest on that.
    program = (
        "from workbench.data.datasets.scenes import Scenes\n"
        "made = Scenes('stamps', 'train', 20, vocabulary=None)\n"
        "print(made.scenes(), made.examples())\n"
        "print(sum(int(made.picture(s).sum()) for s in made.scenes()))\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert said[0] == said[1] and "Scene(key='train-000019'" in said[0]


def test_boxes_lie_inside_and_hardly_overlap(train):
    counts = set()
    for scene in train.scenes():
        counts.add(len(scene.objects))
        for item in scene.objects:
            x1, y1, x2, y2 = item.box
            assert 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1
        boxes = [_pixel_box(item.box) for item in scene.objects]
        assert all(composing.covered(a, b) < composing.OVERLAP for a, b in combinations(boxes, 2))
    assert counts == {2, 3, 4}


def test_boxes_are_true_to_the_pixels(tiny_source):
    """Drawn on black, what is not black is inside the boxes and touches their sides."""
    made = Scenes(tiny_source, "train", 30, vocabulary=12)
    for scene in made.scenes():
        placed = [made._placed(item) for item in scene.objects]
        for item, place in zip(scene.objects, placed, strict=True):
            black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
            drawn = composing.pasted(black, [place]).max(-1) > 60
            rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
            found = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
            assert np.abs(np.subtract(found, _pixel_box(item.box))).max() <= 2


def test_pictures_have_the_size_asked_for(tiny_source):
    made = Scenes(tiny_source, "train", 1, vocabulary=12, size=(200, 160))
    picture = made.picture(made.scene(0))
    assert picture.shape == (160, 200, 3) and picture.dtype == np.uint8
    assert picture.std() > 3


def test_the_first_two_objects_are_plainly_related(tiny_source):
    made = Scenes(tiny_source, "test-pairs", 100, vocabulary=12)
    for scene in made.scenes():
        if len(scene.objects) == 2:
            one, other = (_pixel_box(item.box) for item in scene.objects)
            assert composing.relation(one, other) is not None


def test_pairs_of_names_are_held_out(tiny_source):
    def pairs(split):
        made = Scenes(tiny_source, split, 70, vocabulary=12)
        return [
            {frozenset((a.name, b.name)) for a, b in combinations(s.objects, 2) if a.name != b.name}
            for s in made.scenes()
        ]

    held = {
        frozenset(pair)
        for pair in combinations(tiny_source.names, 2)
        if splits.holds_out_pair(*pair)
    }
    assert 2 <= len(held) <= 20
    for split in ("train", "validation", "test", "test-cutouts", "test-backgrounds"):
        assert not any(found & held for found in pairs(split))
    assert all(found & held for found in pairs("test-pairs"))


def test_cutouts_and_backgrounds_are_held_out(tiny_source):
    def seen(split):
        made = Scenes(tiny_source, split, 70, vocabulary=12).scenes()
        return {o.cutout for s in made for o in s.objects}, {s.background for s in made}

    train_cutouts, train_backgrounds = seen("train")
    held_cutouts, same_backgrounds = seen("test-cutouts")
    same_cutouts, held_backgrounds = seen("test-backgrounds")
    assert len(train_cutouts) == len(held_cutouts) == 12
    assert not train_cutouts & held_cutouts and same_cutouts == train_cutouts
    assert not train_backgrounds & held_backgrounds and same_backgrounds == train_backgrounds
    assert len(held_backgrounds) == 1 and len(train_backgrounds) == 5
    for split in ("validation", "test", "test-pairs"):
        assert seen(split) == (train_cutouts, train_backgrounds)


def test_splits_share_no_scene(tiny_source):
    train, validation, test = (
        {
            tuple(item.box for item in scene.objects)
            for scene in Scenes(tiny_source, split, 50, vocabulary=12).scenes()
        }
        for split in ("train", "validation", "test")
    )
    assert len(train) == len(validation) == len(test) == 50
    assert not train & validation and not train & test and not validation & test


def test_examples_belong_to_their_scenes(train):
    examples = train.examples()
    by_key = {scene.key: scene for scene in train.scenes()}
    assert len({e.name for e in examples}) == len(examples) > 2.5 * len(by_key)
    assert list(dict.fromkeys(e.image for e in examples)) == list(by_key)
    for example in examples:
        objects = by_key[example.image].objects
        names = [s for s in example.spans if s.role == "name"]
        assert names
        for span in names:
            words = example.sentence[span.start : span.end]
            assert words.startswith(objects[span.object].name[:3])
        for span in example.spans:
            if span.role == "relation":
                one, other = (_pixel_box(objects[s.object].box) for s in names)
                assert composing.relation(one, other) == example.sentence[span.start : span.end]
            if span.role == "attribute":
                assert example.sentence[span.start : span.end] in objects[span.object].attributes
            if span.role == "count":
                count = sum(o.name == objects[span.object].name for o in objects)
                said = {"two": 2, "three": 3, "four": 4}
                assert said[example.sentence[span.start : span.end]] == count


def test_the_mixture_is_kept(tiny_source):
    made = Scenes(tiny_source, "train", 600, vocabulary=12, sentences_per_scene=1)
    examples = made.examples()
    share = {
        kind: sum(e.kind == kind for e in examples) / len(examples)
        for kind in ("existence", "list", "relation", "count", "attribute")
    }
    for kind in ("existence", "list", "relation"):
        assert 0.25 < share[kind] < 0.37, share
    assert 0.01 < share["count"] < 0.08 and 0.03 < share["attribute"] < 0.1, share
    words = [e.sentence[s.start : s.end] for e in examples for s in e.spans if s.role == "relation"]
    for side in ("left", "right", "above", "below"):
        assert 0.19 < words.count(side) / len(words) < 0.31


def test_repeated_names_can_be_counted(train):
    repeated = {
        o.name
        for s in train.scenes()
        for o in s.objects
        if sum(other.name == o.name for other in s.objects) > 1
    }
    assert repeated and not repeated & {"cherries", "corn"}


def test_the_card_counts(train):
    card = train.card()
    assert card.counts["scenes"] == 80
    assert card.counts["sentences"] == len(train.examples())
    assert card.counts["names"] == 12 and card.counts["backgrounds"] == 5
    assert set(card.splits) == set(splits.SPLITS)
    assert 2 < card.means["objects in a scene"] < 4
    assert "synthetic" in str(card)


def test_bad_arguments_say_what_is_possible(tiny_source):
    with pytest.raises(ValueError, match=r"no split 'dev'.*train, validation"):
        Scenes(tiny_source, "dev", 1)
    with pytest.raises(ValueError, match=r"vocabulary is 13, but tiny has 12"):
        _ = Scenes(tiny_source, "train", 1, vocabulary=13).names
    with pytest.raises(ValueError, match=r"no source 'photos'.*stamps"):
        Scenes("photos", "train", 1)


def test_a_source_of_few_names_says_so(tiny_source):
    few = dataclasses.replace(tiny_source, cutouts=tiny_source.cutouts[:6])
    with pytest.raises(ValueError, match=r"split test of tiny has cut-outs of 3 names.*four"):
        Scenes(few, "test", 1, vocabulary=12).scenes()


def test_the_environment_names_the_source(monkeypatch):
    monkeypatch.setenv("WORKBENCH_SCENES_SOURCE", "nothing")
    with pytest.raises(ValueError, match="nothing"):
        scenes.choose_source()


def test_openmoji_stands_in_where_stamps_cannot_be_had(monkeypatch, tmp_path, tiny_source):
    from workbench.data.datasets import openmoji, stamp_source

    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("WORKBENCH_SCENES_SOURCE", raising=False)
    monkeypatch.setattr(openmoji, "source", lambda: tiny_source)
    stamp_source.contents.cache_clear()
    stamp_source.source.cache_clear()
    assert scenes.choose_source() is tiny_source
    with pytest.raises(RuntimeError, match="tuxpaint-stamps-default"):
        scenes.choose_source("stamps")
