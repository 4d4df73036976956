"""Several processes of this machine, started and started again by torch's elastic agent."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from workbench.training.engines.detached import launch_kept
from workbench.training.folder import RunFolder
from workbench.training.keeper import RESTARTS
from workbench.training.parentage import SHARDED


@dataclass(frozen=True)
class Processes:
    """Trains in ``processes`` processes that share each step's batch (torch.distributed.run).

    With ``sharded`` they share the model too: each keeps its part of weights and moments (FSDP2).
    """

    processes: int
    sharded: bool = False

    def __post_init__(self) -> None:
        if self.processes < 1:
            raise ValueError(f"a run needs 1 process or more, not {self.processes}")
        if self.sharded and self.processes < 2:
            raise ValueError("a model is sharded among 2 processes or more, not 1")

    def __str__(self) -> str:
        return f"processes:{self.processes}" + ",sharded" * self.sharded

    def launch(self, folder: RunFolder) -> None:
        """Starts them and returns at once; raises ``RunBusy``."""
        launch_kept(
            folder,
            [*agent(self.processes), "-m", "workbench.training.worker"],
            around(self.processes, self.sharded),
        )


def agent(processes: int) -> list[str]:
    """The command that starts what follows it so many times, and again when one is killed.

    All talk over the loopback, on ports that are free.
    """
    python = [sys.executable, "-P", "-m", "torch.distributed.run"]
    place = ["--standalone", "--local-addr=127.0.0.1", f"--nproc-per-node={processes}"]
    return [*python, *place, f"--max-restarts={RESTARTS}"]


def around(processes: int, sharded: bool = False) -> dict[str, str]:
    """Environment variables for the agent."""
    threads = max(1, (os.cpu_count() or 1) // processes)
    return {
        # A restarted attempt must not meet the addresses of the one before (pytorch issue 135712).
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(threads)),
        SHARDED: "1" if sharded else "0",
        **({"USE_LIBUV": "0"} if sys.platform == "win32" else {}),
    }
