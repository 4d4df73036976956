"""One process of this machine, kept alive by a small one beside it."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from workbench.training.engines.detached import launch_kept
from workbench.training.folder import RunFolder


@dataclass(frozen=True)
class Local:
    """Trains in one process, which is started again from its newest checkpoint if it is killed."""

    processes: int = 1

    def __post_init__(self) -> None:
        if self.processes != 1:
            raise ValueError(f"Local trains in one process; take Processes({self.processes})")

    def __str__(self) -> str:
        return "local"

    def launch(self, folder: RunFolder) -> None:
        """Starts it and returns at once; raises ``RunBusy``."""
        launch_kept(folder, [sys.executable, "-P", "-m", "workbench.training.worker"])
