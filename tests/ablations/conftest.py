"""A home with prepared scenes, for grids that build or train their recipes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.ablations.small import SETTING
from workbench.ablations.grids.every import GRIDS, grid
from workbench.quickstart import scenes as prepared


@pytest.fixture(scope="package")
def home(tmp_path_factory) -> Iterator[Path]:
    """The workbench's folder, with the regions of all scenes that any grid needs."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        needed = {id(scenes): scenes for name in GRIDS for scenes in grid(name, SETTING).scenes}
        for place, scenes in {prepared.folder_of(s): s for s in needed.values()}.items():
            if not place.is_dir():
                prepared.prepare(scenes, progress=False)
        yield folder
    torch.set_num_threads(threads)
