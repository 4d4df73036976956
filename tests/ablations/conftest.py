"""A home with prepared scenes, for grids that build or train their recipes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.ablations.small import SETTING
from workbench.quickstart import scenes as prepared


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory) -> Path:
    """A folder with the regions that a grid of ``SETTING`` needs."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        for scenes in SETTING.needed:
            prepared.prepare(scenes, progress=False)
    return folder


@pytest.fixture(scope="module")
def home(prepared_home) -> Iterator[Path]:
    """The same folder as the workbench's own; for one module, since files run in any order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(prepared_home))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        yield prepared_home
    torch.set_num_threads(threads)
