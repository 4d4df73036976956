"""A home with a tiny trained run and a folder of pictures, as a reader of the pages has them."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw

torch.set_num_threads(1)

COLOURS, SHAPES = ("red", "green", "blue", "orange"), ("disc", "box")
SCENES, STEPS = 24, 20


@contextlib.contextmanager
def lived_in(folder: Path) -> Iterator[Path]:
    """The workbench's files lie in a folder, and its scenes are drawn, while this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        yield folder


@pytest.fixture(scope="session")
def house(tmp_path_factory) -> Path:
    """A folder that can be lived in."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def home(house):
    """A home of its own, whose scenes are drawn."""
    with lived_in(house):
        yield house


@pytest.fixture(scope="session")
def trained(house):
    """The run that ``ready.ready()`` finds in this home: 24 drawn scenes, 20 steps."""
    from workbench.data.datasets.scenes import Scenes
    from workbench.quickstart import scenes as prepared
    from workbench.quickstart.recipes import uniter_tiny
    from workbench.training.run import Run

    with lived_in(house):
        prepared.prepare(Scenes(split="train", count=SCENES), progress=False)
        recipe = dataclasses.replace(uniter_tiny(scenes=SCENES, steps=STEPS), probe=None)
        run = Run.start(recipe, house / "runs" / "quickstart")
        assert run.wait(120.0) == "finished", run.problem
        (run.path / "results.json").write_text("{}")


@pytest.fixture
def desk(home, tmp_path, monkeypatch) -> Path:
    """The folder that a reader works in: ``photos`` and ``captions.csv`` lie there."""
    (tmp_path / "photos").mkdir()
    lines = ["image,sentence"]
    for number, (colour, shape) in enumerate(product(COLOURS, SHAPES), 1):
        picture = Image.new("RGB", (160, 128), "white")
        draw = ImageDraw.Draw(picture)
        {"disc": draw.ellipse, "box": draw.rectangle}[shape]((30, 20, 120, 110), fill=colour)
        picture.save(tmp_path / "photos" / f"{number}.png")
        lines += [
            f"{number}.png,A {colour} {shape}.",
            f'{number}.png,"Look, a {shape} in {colour}!"',
        ]
    (tmp_path / "captions.csv").write_text("\n".join(lines) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path
