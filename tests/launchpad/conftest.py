"""A home of its own in which nothing is prepared, and one thread."""

from __future__ import annotations

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        yield folder
