"""``python -m workbench.training.engines.ray_driver FOLDER PROCESSES SHARDED TOKEN``: its job.

It holds the run's lease on the cluster while Ray Train starts the workers, and starts them again
when one of them dies.  What they train from is the run's own newest whole checkpoint; Ray keeps
none.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench import places
from workbench.training.engines.ray import own_modules
from workbench.training.errors import RunError, writing
from workbench.training.events import last_event
from workbench.training.folder import RunFolder
from workbench.training.keeper import RESTARTS
from workbench.training.lease import RENEW_EVERY, beat, release, take_over
from workbench.training.parentage import LAUNCHER, SHARDED

QUIET = {
    # Or each line that a worker prints is in the log twice, and in colours.
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",
    "RAY_COLOR_PREFIX": "0",
    # The workers stay in the folder they are started in; Ray would make one for each.
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
}


def main(path: str, processes: str, sharded: str, token: str) -> int:
    """Trains the run of a folder on this cluster; 0 when it finished or was stopped.

    ``sharded`` is 1 for workers that share the model too, else 0.
    """
    folder = RunFolder(Path(path))
    if not folder.recipe.is_file():
        print(
            f"{path} holds no run on {socket.gethostname()}: the folder of a run has to lie on "
            "storage that this cluster sees under the same path"
        )
        return 1
    try:
        take_over(folder, token)
    except RunError as problem:
        print(f"error: {problem}", flush=True)
        return 1
    _print_to(folder)
    over = threading.Event()
    heart = threading.Thread(target=_beat, args=(folder, token, over), daemon=True)
    heart.start()
    try:
        train(folder, int(processes), {LAUNCHER: token, SHARDED: sharded})
    except RunError as problem:
        print(f"error: {problem}", flush=True)
    finally:
        over.set()
        release(folder, token)
    last = last_event(folder)
    well = last is not None and last.kind == "stop" and last["reason"] != "error"
    return 0 if well else 1


def train(folder: RunFolder, processes: int, environment: Mapping[str, str]) -> None:
    """Has Ray train the run in so many workers until they end by themselves.

    ``environment`` is what they find in theirs besides what the cluster's nodes have.  Raises
    ``RunError`` when workers died three times in a row without a step done between, and when the
    cluster has GPUs, but fewer than processes.
    """
    os.environ.update(QUIET)
    import ray
    from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
    from ray.train.torch import TorchConfig, TorchTrainer

    from workbench.training.world import PATIENCE

    ray.init()
    gpus = int(ray.cluster_resources().get("GPU", 0))
    if 0 < gpus < processes:
        raise RunError(
            f"the cluster has {gpus} GPU, fewer than the {processes} processes asked for: resume "
            f"with {gpus} or add nodes"
        )
    settings = {
        "folder": str(folder.path),
        "path": own_modules(),
        "environment": {**environment, "WORKBENCH_HOME": str(places.root())},
    }
    backend = "cpu:gloo,cuda:nccl" if gpus else "gloo"
    scratch = folder.path / ".ray"
    try:
        while True:
            before = _step(folder)
            trainer = TorchTrainer(
                work,
                train_loop_config=settings,
                torch_config=TorchConfig(backend, timeout_s=int(PATIENCE.total_seconds())),
                scaling_config=ScalingConfig(num_workers=processes, use_gpu=gpus > 0),
                run_config=RunConfig(
                    name="workers",
                    storage_path=str(scratch),
                    failure_config=FailureConfig(max_failures=RESTARTS),
                ),
            )
            try:
                trainer.fit()
                return
            except TrainingFailedError as problem:
                if _step(folder) <= before:
                    raise RunError(f"not started again after step {before}: {problem}") from problem
                print(f"workers died after step {_step(folder)}; starting them again", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def work(settings: dict[str, Any]) -> None:
    """One worker.  Ray carries this function over by value, so that it finds the workbench."""
    import os
    import sys

    sys.path[:0] = [entry for entry in settings["path"] if entry not in sys.path]
    os.environ.update(settings["environment"])
    from pathlib import Path

    from workbench.training.worker import carry_out

    if carry_out(Path(settings["folder"])):
        raise RuntimeError("another worker was lost; Ray starts all of them again")


def _step(folder: RunFolder) -> int:
    last = last_event(folder)
    return -1 if last is None else last.step


def _beat(folder: RunFolder, token: str, over: threading.Event) -> None:
    """Heartbeats for the times in which no worker trains."""
    while not over.wait(RENEW_EVERY) and beat(folder, token):
        pass


def _print_to(folder: RunFolder) -> None:
    """From now on what this process and its workers print goes to the run's log."""
    sys.stdout.flush()
    with writing(folder.log):
        log = os.open(folder.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
