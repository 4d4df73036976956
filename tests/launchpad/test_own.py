"""Pictures and captions of one's own become data that a run can name."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.cli import main
from workbench.data.manifest import StoreError
from workbench.data.store import RegionStore
from workbench.launchpad import Choice, recipe_of
from workbench.launchpad.own import prepare_own
from workbench.launchpad.stored import own_stream
from workbench.pairs import Offsets, Regions
from workbench.training.held_out import held_out_losses
from workbench.training.recipe import call

COLOURS = ("red", "green", "blue")


class Colours:
    """An extractor that needs no network: one region, its feature the mean colour."""

    feature_size = 3
    classes = 2

    def extract(self, picture, boxes=None) -> Regions:
        return Regions(
            torch.tensor(picture.mean((0, 1)) / 255)[None].float(),
            torch.tensor([[0.0, 0.0, 1.0, 1.0]]),
            torch.ones(1),
            torch.tensor([[0.25, 0.75]]),
            torch.tensor([[float(picture.shape[1]), float(picture.shape[0])]]),
            Offsets.from_lengths([1]),
        )


@pytest.fixture
def pictures(tmp_path):
    """Three pictures of one colour each, two sentences a picture, one picture that is none."""
    folder, lines = tmp_path / "photos", ["image,sentence"]
    folder.mkdir()
    for number, colour in enumerate(COLOURS):
        pixels = np.zeros((6, 8, 3), np.uint8)
        pixels[..., number] = 255
        Image.fromarray(pixels).save(folder / f"{colour}.png")
        lines += [f"{colour}.png,A {colour} picture.", f"{colour}.png,It is all {colour}."]
    (folder / "broken.png").write_bytes(b"no picture")
    lines += ["broken.png,It is broken.", "gone.png,It is gone."]
    (tmp_path / "captions.csv").write_text("\n".join(lines))
    return folder, tmp_path / "captions.csv", tmp_path / "mine"


def test_a_folder_becomes_data_and_bad_pictures_are_left_out_by_name(pictures):
    photos, captions, mine = pictures
    done = prepare_own(photos, captions, mine, extractor=Colours(), progress=False)
    assert (done.done, sorted(done.failed)) == (3, ["broken.png", "gone.png"])
    assert "no such file" in done.failed["gone.png"]
    stream = own_stream(folder=str(mine), budget=1000)
    batch = stream.batch(0)
    assert sorted(batch.images) == sorted(f"{c}.png" for c in COLOURS for _ in range(2))
    for image, feature in zip(batch.images, batch.regions.features, strict=True):
        assert COLOURS[int(feature.argmax())] in image
    again = prepare_own(photos, captions, mine, extractor=Colours(), progress=False)
    assert (again.done, again.already) == (0, 3)
    assert own_stream(folder=str(mine), budget=1000).fingerprint() == stream.fingerprint()


def test_what_was_added_is_seen_in_the_same_process(pictures, tmp_path, monkeypatch):
    photos, captions, _ = pictures
    monkeypatch.chdir(tmp_path)
    prepare_own(photos, captions, "mine", extractor=Colours(), progress=False)
    before = recipe_of(Choice(data="mine", steps=2)).model.arguments["vocabulary"]
    captions.write_text(captions.read_text() + "\nred.png,Unheard of zebras.")
    prepare_own(photos, captions, "mine", extractor=Colours(), progress=False)
    after = recipe_of(Choice(data="mine", steps=2))
    assert after.model.arguments["vocabulary"] > before
    assert after.data().tokenizer.vocabulary_size == after.model.arguments["vocabulary"]


def test_every_system_takes_it(pictures):
    prepare_own(*pictures, extractor=Colours(), progress=False)
    for system in ("uniter", "vilbert", "vlp", "unimo"):
        recipe = recipe_of(Choice(system, data=str(pictures[2]), steps=2))
        batch = recipe.data().batch(0)
        scored = recipe.model()(batch, torch.Generator().manual_seed(0))
        assert scored.total.isfinite()


def test_held_out_pairs_are_read_with_the_words_that_were_trained_on(pictures, tmp_path):
    photos, captions, mine = pictures
    prepare_own(photos, captions, mine, extractor=Colours(), progress=False)
    few, other = tmp_path / "held.csv", tmp_path / "held"
    few.write_text("image;sentence\nred.png;A red zebra.\n")
    prepare_own(photos, few, other, extractor=Colours(), progress=False)
    trained = own_stream(folder=str(mine))
    held = own_stream(folder=str(other), words=str(mine))
    assert held.tokenizer.fingerprint() == trained.tokenizer.fingerprint()
    assert own_stream(folder=str(other)).tokenizer.fingerprint() != trained.tokenizer.fingerprint()
    recipe = recipe_of(Choice("vilbert", data=str(mine), steps=2))
    data = call(own_stream, folder=str(other), words=str(mine))
    assert held_out_losses(data, batches=1)(recipe.model().eval())["mlm"] > 0


def test_a_folder_of_another_extractor_is_refused(pictures):
    photos, captions, mine = pictures
    RegionStore.create(mine, 5, 2).close()
    with pytest.raises(StoreError, match="5 features and 2 classes, and Colours makes 3 and 2"):
        prepare_own(photos, captions, mine, extractor=Colours(), progress=False)


def test_no_readable_picture_is_an_error(pictures):
    photos, captions, mine = pictures
    with pytest.raises(StoreError, match="none of the 5 pictures"):
        prepare_own(photos / "elsewhere", captions, mine, extractor=Colours(), progress=False)
    # what was meant can then be said; nothing was left that would be in its way
    assert prepare_own(photos, captions, mine, extractor=Colours(), progress=False).done == 3


def test_the_command_line_says_what_it_needs(pictures, capsys):
    photos, captions, mine = pictures
    for line, message in (
        (["prepare", str(photos)], "your own pictures need --captions FILE --into DIR"),
        (["prepare", str(photos), "--captions", str(captions)], "need both --captions"),
        (
            ["prepare", str(photos / "no"), "--captions", str(captions), "--into", str(mine)],
            "none of the 5 pictures",
        ),
    ):
        assert main(line) == 2
        assert message in capsys.readouterr().err
