"""The processes that train one run together: who this one is, and what they tell each other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist

from workbench.training.errors import PeerLost, RunError
from workbench.training.parentage import SHARDED

Value = TypeVar("Value")

PATIENCE = timedelta(seconds=120)
"""How long a process waits for the others before it gives the attempt up."""


@dataclass(frozen=True)
class World:
    """``rank`` of ``size`` processes, and the device that this one computes on.

    ``sharded`` says that each keeps a share of the model instead of the whole.
    """

    rank: int
    size: int
    device: torch.device
    sharded: bool = False

    @classmethod
    def alone(cls) -> World:
        """One process, on the first GPU where there is one."""
        return cls(0, 1, torch.device("cuda" if torch.cuda.is_available() else "cpu"))

    @classmethod
    def joined(cls) -> World:
        """The world that a launcher describes in RANK, WORLD_SIZE and LOCAL_RANK.

        Without these, or with a world of one, this process is alone.  Waits for all others; raises
        ``PeerLost`` when they do not come, ``RunError`` for more processes than GPUs.
        """
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return cls.alone()
        if not dist.is_initialized():
            backend = "gloo"
            if torch.cuda.is_available():
                _refuse_to_share(torch.cuda.device_count())
                torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
                backend = "cpu:gloo,cuda:nccl"
            with talking():
                dist.init_process_group(backend, timeout=PATIENCE)
        device = f"cuda:{torch.cuda.current_device()}" if torch.cuda.is_available() else "cpu"
        sharded = os.environ.get(SHARDED) == "1"
        return cls(dist.get_rank(), size, torch.device(device), sharded)

    @property
    def first(self) -> bool:
        """Whether this process speaks for all: it writes checkpoints and the run's events."""
        return self.rank == 0

    def shards(self, count: int) -> range:
        """Which of so many pieces of a batch this process plays."""
        return range(self.rank, count, self.size)

    def sum(self, values: Sequence[float | int]) -> list[float | int]:
        """The values of all processes added up, place by place, in double precision."""
        if self.size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64)
        with talking():
            dist.all_reduce(total)
        return total.tolist()

    def agreed(self, value: Value) -> Value:
        """The value that the first process has."""
        if self.size == 1:
            return value
        box = [value]
        with talking():
            dist.broadcast_object_list(box, src=0)
        return box[0]

    def leave(self) -> None:
        """Ends the talking; afterwards the process is alone."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()


def _refuse_to_share(gpus: int) -> None:
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if here > gpus:
        raise RunError(
            f"{here} processes were started on a machine with {gpus} GPU, and each needs its own: "
            f"resume with {gpus}, or with CUDA_VISIBLE_DEVICES empty to train on the CPU"
        )


@contextlib.contextmanager
def talking() -> Iterator[None]:
    """Where processes wait for one another; raises ``PeerLost`` when one does not answer."""
    try:
        yield
    except RuntimeError as problem:
        # gloo has no error of its own: what its connections say comes as a plain RuntimeError.
        if isinstance(problem, dist.DistError) or "gloo" in str(problem):
            raise PeerLost(f"another process of this run does not answer: {problem}") from problem
        raise
