"""A model that several processes train together, each on its own pieces of every batch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from workbench.training.gradients import Module
from workbench.training.model import Pretraining
from workbench.training.world import World, talking


@runtime_checkable
class Team(Protocol):
    """What the processes of a run make of their model together.

    All call each method at the same place of the run, since some of them talk in it.
    """

    @property
    def module(self) -> Module:
        """What is called instead of the model."""
        ...

    def apart(self) -> AbstractContextManager[None]:
        """What surrounds every pass of a step but the last: gradients stay each process's own."""
        ...

    def gather(self) -> None:
        """After the last pass: gradients become the sums of all processes'."""
        ...

    def whole(self) -> Pretraining:
        """The model with all its weights, to look at or to keep; not to train."""
        ...

    def fill(self, load: Callable[[nn.Module], None]) -> None:
        """Takes over the weights that ``load`` puts into a whole model."""
        ...

    def whole_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """The state of an optimiser, as one over the whole model has it."""
        ...

    def own_state(self, state: dict[str, Any], parameters: list[nn.Parameter]) -> dict[str, Any]:
        """The opposite: what an optimiser over these parameters takes."""
        ...


class Replicas:
    """Every process has the whole model; ``DistributedDataParallel`` adds their gradients up.

    Parameters that no process used keep no gradient, as in a process that is alone.
    """

    def __init__(self, model: Pretraining, world: World) -> None:
        self._model = model
        self.module: Module = model
        self.apart: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
        if world.size > 1:
            with talking():
                wrapped = DistributedDataParallel(model, find_unused_parameters=True)
            # Its own hook takes the mean, but the whole is the sum of the pieces' shares; to
            # multiply them beforehand would leave float16 less room.
            wrapped.register_comm_hook(None, _sum)
            self.module, self.apart = wrapped, wrapped.no_sync

    def gather(self) -> None:
        """Nothing: it has happened during the last backward pass."""

    def whole(self) -> Pretraining:
        """The model itself."""
        return self._model

    def fill(self, load: Callable[[nn.Module], None]) -> None:
        """Loads into the model itself."""
        load(self._model)

    def whole_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """The state as it is."""
        return state

    def own_state(self, state: dict[str, Any], parameters: list[nn.Parameter]) -> dict[str, Any]:
        """The state as it is."""
        return state


def _sum(_, bucket):
    """The gradients of all processes, added up; torch refuses annotations that are texts."""
    adding = dist.all_reduce(bucket.buffer(), async_op=True)
    assert adding is not None
    return adding.get_future().then(lambda added: added.value()[0])


def together(model: Pretraining, world: World, build: Callable[[], Pretraining]) -> Team:
    """The team that the ``world`` asks for; ``build`` makes another model of the same shape."""
    if not world.sharded:
        return Replicas(model, world)
    from workbench.training.sharding import Shares

    return Shares(model, world, build)
