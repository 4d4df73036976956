"""A front of three small runs and a gallery of six scenes, in a house of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.front.desk import home  # noqa: F401
from tests.quickstart.conftest import trained

torch.set_num_threads(1)
PICTURES = 6


@pytest.fixture(scope="session")
def house(home, tmp_path_factory) -> Path:  # noqa: F811
    """The home of the demo with one run more, which contrasts."""
    from workbench.front.gallery import Gallery

    made = tmp_path_factory.mktemp("front") / "house"
    shutil.copytree(home, made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(made))
        trained("unimo-tiny", made / "runs" / "unimo-tiny")
        assert len(Gallery.prepared("drawn", PICTURES).files) == PICTURES
    return made


@pytest.fixture(scope="module")
def front(house) -> Iterator[object]:
    """All that the tabs share."""
    from workbench.front.checkpoints import Checkpoints
    from workbench.front.gallery import Gallery
    from workbench.front.visit import Front

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(house))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        yield Front(Checkpoints(), Gallery.prepared("drawn", PICTURES))


@pytest.fixture(scope="module")
def fewer(front) -> object:
    """The same, with two models more that have only some of the objectives of others."""
    from workbench.front.checkpoints import Checkpoints
    from workbench.objectives.mixing import Apart
    from workbench.quickstart.opened import Opened
    from workbench.training.model import Pretraining

    def only(name: str, objective: str) -> Opened:
        opened = front.checkpoints.open(name)
        model = Pretraining(opened.model.encoder, Apart([opened.model.mix[objective]]))
        return replace(opened, name=f"{objective}-only", model=model)

    class WithFewer(Checkpoints):
        def open(self, name: str) -> Opened:
            return made[name] if name in made else super().open(name)

    made = {one.name: one for one in (only("vlp-tiny", "seq2seq"), only("uniter-tiny", "itm"))}
    return replace(front, checkpoints=WithFewer())


@pytest.fixture(scope="module")
def picture(front) -> str:
    """The file of the gallery's second picture."""
    return str(front.gallery.files[1])
