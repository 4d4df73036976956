"""Eight drawn scenes, prepared once for all tests that need no more."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def eight_scenes(tmp_path_factory):
    """The home in which they lie; a test module sets it as its own."""
    from workbench.data.datasets.scenes import Scenes
    from workbench.quickstart import scenes as prepared

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(home))
        prepared.prepare(Scenes("drawn", "train", 8), progress=False)
    return home
