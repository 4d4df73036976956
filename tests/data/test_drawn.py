from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from workbench.data.datasets import drawn, openmoji, scenes, splits, stamp_source, unpacking
from workbench.data.datasets.scenes import Scenes
from workbench.data.tokenizers import wordpiece


@pytest.fixture(scope="module")
def sheets():
    """The whole sheets that the source was cut out of, by their ids."""
    return {}


@pytest.fixture(scope="module")
def source(tmp_path_factory, sheets):
    """The source drawn once, in a folder of its own."""
    save = unpacking.save_cutout

    def remembered(pixels, id, folder):
        sheets[id] = pixels
        return save(pixels, id, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(unpacking, "save_cutout", remembered)
        drawn.source.cache_clear()
        yield drawn.source()
        drawn.source.cache_clear()


def test_each_name_is_one_piece_of_the_tokenizer():
    names = list(drawn.DRAWINGS)
    assert len(names) >= 40
    text = wordpiece().encode(names, max_tokens=8)
    assert text.offsets.lengths.tolist() == [3] * len(names)


def test_each_name_has_three_or_four_drawings_of_their_own_ids(source):
    counts = Counter(cutout.noun.name for cutout in source.cutouts)
    assert tuple(counts) == source.names and set(counts.values()) == {3, 4}
    assert len({cutout.id for cutout in source.cutouts}) == len(source.cutouts) > 140
    assert {cutout.style for cutout in source.cutouts} == {"drawing"}
    assert len(source.backgrounds) == 16 and "Apache-2.0" in source.licence


def test_outlines_are_clean_soft_and_tight(source):
    for cutout in source.cutouts:
        alpha = cutout.pixels()[..., 3]
        assert alpha.shape == (cutout.height, cutout.width), cutout.id
        assert 170 <= max(alpha.shape) <= 224, cutout.id
        edges = (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1])
        assert all(edge.max() >= 128 for edge in edges), cutout.id
        soft = ((alpha >= 20) & (alpha <= 235)).mean()
        assert 0 < soft < 0.15 and (alpha < 20).mean() > 0.02, cutout.id


def test_nothing_is_cut_off_at_the_edge_of_the_sheet(source, sheets):
    for id, pixels in sheets.items():
        alpha = pixels[..., 3]
        edges = (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1])
        assert all(edge.max() < 20 for edge in edges), id


def test_the_drawings_of_a_name_differ(source):
    for name, several in source.of_names(source.names).items():
        small = [_thumbnail(cutout) for cutout in several]
        for place, one in enumerate(small):
            for other in small[:place]:
                assert np.abs(one - other).mean() > 3, name


def test_measured_colours_are_those_seen(source):
    colours = {cutout.id: cutout.colour for cutout in source.cutouts}
    seen = {"apple-1": "red", "apple-2": "green", "cat-2": "grey", "cat-3": "black",
            "whale-1": "blue", "moon-1": "yellow", "house-1": None}  # fmt: skip
    assert {id: colours[id] for id in seen} == seen


@pytest.mark.parametrize("split", splits.SPLITS)
def test_the_default_vocabulary_takes_every_name_in_every_split(source, split):
    made = Scenes(source, split, 6)
    assert made.names == source.names
    held = {
        held.id
        for several in source.of_names(source.names).values()
        if (held := splits.held_out_cutout(several))
    }
    for scene in made.scenes():
        picture = made.picture(scene)
        assert picture.shape == (256, 320, 3) and picture.std() > 10
        assert {item.cutout in held for item in scene.objects} == {split == "test-cutouts"}
    assert len(made.examples()) >= 12


def test_the_source_is_chosen_by_name_and_stands_in_last(source, monkeypatch):
    from workbench.data import debian

    def missing(*_):
        raise debian.PackageUnavailable("none here")

    def not_installed():
        raise ModuleNotFoundError("none here")

    monkeypatch.delenv("WORKBENCH_SCENES_SOURCE", raising=False)
    monkeypatch.setattr(stamp_source, "source", missing)
    assert scenes.choose_source("drawn") is source
    assert Scenes("drawn", "train", 1).origin is source
    monkeypatch.setattr(openmoji, "source", not_installed)
    assert scenes.choose_source() is source


def test_the_same_pictures_in_another_process(source, sheets):
    script = (
        "import hashlib\n"
        "from workbench.data.datasets.drawings_pen import Pen\n"
        "from workbench.data.datasets.drawn import DRAWINGS\n"
        "mark = hashlib.sha256()\n"
        "for drawings in DRAWINGS.values():\n"
        "    pen = Pen()\n"
        "    drawings[0](pen)\n"
        "    mark.update(pen.pixels().tobytes())\n"
        "print(mark.hexdigest())\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = b"".join(sheets[f"{name}-1"].tobytes() for name in source.names)
    assert told.stdout.strip() == hashlib.sha256(here).hexdigest()


def _thumbnail(cutout) -> np.ndarray:
    from workbench.data.datasets import measuring

    pixels = measuring.resized(cutout.pixels(), 32, 32).astype(float)
    return pixels * (pixels[..., 3:] > 128)
