"""Several processes of this machine, started and started again by torch's elastic agent."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from workbench.training.engines.detached import launch_kept
from workbench.training.folder import RunFolder
from workbench.training.keeper import RESTARTS

SURROUNDINGS = {
    # A restarted attempt must not meet the addresses of the one before (pytorch issue 135712).
    "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
}


@dataclass(frozen=True)
class Processes:
    """Trains in ``processes`` processes that share each step's batch (torch.distributed.run)."""

    processes: int

    def __post_init__(self) -> None:
        if self.processes < 1:
            raise ValueError(f"a run needs 1 process or more, not {self.processes}")

    def __str__(self) -> str:
        return f"processes:{self.processes}"

    def launch(self, folder: RunFolder) -> None:
        """Starts them and returns at once; raises ``RunBusy``."""
        agent = [sys.executable, "-P", "-m", "torch.distributed.run", "--standalone"]
        agent += [f"--nproc-per-node={self.processes}", f"--max-restarts={RESTARTS}"]
        launch_kept(folder, [*agent, "-m", "workbench.training.worker"], SURROUNDINGS)
