"""Processes of a cluster, started and started again by Ray Train under a Ray job."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from workbench import places
from workbench.training.engines.ray_jobs import ENDED, PORT, Jobs, address_of
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.lease import Lease, launch, read_lease, release

START_PATIENCE = 120.0
"""Seconds for the cluster to start the job, which needs no free CPU or GPU for that."""

_LOOK = 0.3


@dataclass(frozen=True)
class Ray:
    """Trains in ``processes`` processes of the Ray cluster whose dashboard is at ``address``.

    With ``sharded`` they share the model too: each keeps its part of weights and moments (FSDP2).
    The run's folder, the workbench and the recipe's modules have to lie where the cluster sees
    them under the same path (docs/engines.md).  Raises ``ValueError`` for an address of no
    dashboard and for too few processes.
    """

    address: str = f"http://127.0.0.1:{PORT}"
    processes: int = 1
    sharded: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", address_of(self.address))
        if self.processes < 1:
            raise ValueError(f"a run needs 1 process or more, not {self.processes}")
        if self.sharded and self.processes < 2:
            raise ValueError("a model is sharded among 2 processes or more, not 1")

    def __str__(self) -> str:
        return f"ray:{self.address},{self.processes}" + ",sharded" * self.sharded

    def launch(self, folder: RunFolder) -> None:
        """Submits the run as a job and returns when its driver holds the lease, seconds later.

        Raises ``RunBusy``, and ``RunError`` with what the cluster said when no driver came up;
        the run is then as it was before.
        """
        jobs = Jobs(self.address)
        jobs.version()
        # Until the driver takes over, this process holds the lease, so that nobody else starts.
        lease = launch(folder, lambda token: os.getpid())
        place = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.path.name)
        name = f"{place}-attempt-{lease.attempt}-{lease.token}"
        try:
            jobs.submit(name, self._command(folder, lease.token), {"run": str(folder.path)})
            self._await_driver(jobs, name, folder, lease)
        except BaseException:
            with contextlib.suppress(RunError):
                jobs.stop(name)
            release(folder, lease.token, started=False)
            raise

    def _command(self, folder: RunFolder, token: str) -> str:
        """The shell command of the driver, which finds the modules that this process finds."""
        module = "workbench.training.engines.ray_driver"
        what = [str(folder.path), str(self.processes), str(int(self.sharded)), token]
        path = shlex.quote(os.pathsep.join(own_modules()))
        home = shlex.quote(str(places.root()))
        around = f"PYTHONPATH={path}${{PYTHONPATH:+:$PYTHONPATH}} WORKBENCH_HOME={home}"
        return f"{around} python -P -m {module} {shlex.join(what)}"

    def _await_driver(self, jobs: Jobs, name: str, folder: RunFolder, mine: Lease) -> None:
        until = time.monotonic() + START_PATIENCE
        while time.monotonic() < until:
            status = jobs.status(name)
            current = read_lease(folder)
            if current is None or (current.pid, current.host) != (mine.pid, mine.host):
                return
            if status in ENDED:
                said = jobs.log(name).strip().splitlines()[-8:]
                raise RunError(
                    f"job {name} at {self.address} ended ({status}) before it could train in "
                    f"{folder.path}; the cluster has to see this folder and to import the "
                    "workbench under the same paths as this machine. It said:\n" + "\n".join(said)
                )
            time.sleep(_LOOK)
        raise RunError(
            f"job {name} did not start at {self.address} within {START_PATIENCE:g} s and was taken "
            "back: look at the cluster's dashboard there, then resume the run"
        )


def own_modules() -> list[str]:
    """The folders that modules are imported from, but for those that belong to this Python."""
    installed = [
        sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")
    ]
    belongs = {Path(path) for path in [*installed, sys.prefix, sys.base_prefix]}
    found: list[str] = []
    for entry in sys.path:
        path = Path(entry or os.getcwd()).absolute()
        packages = {"site-packages", "dist-packages"} & set(path.parts)
        if path.is_dir() and not packages and not belongs & {path, *path.parents}:
            found.append(str(path))
    return list(dict.fromkeys(found))
