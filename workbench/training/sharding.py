"""A model of which every process keeps a share: its weights, their gradients, their moments.

FSDP2 (``torch.distributed.fsdp.fully_shard``), by block and for all the rest.  Weights are put
together at the first pass of a step and shared out again after the last.  In between processes do
not talk: their pieces may ask for different heads and for different numbers of passes, so that
exchanges by block would meet the wrong partner.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from workbench.training.gradients import Module
from workbench.training.model import Pretraining, Scored
from workbench.training.recompute import blocks_of
from workbench.training.world import World, talking


class _Root(nn.Module):
    """The model, and a pass that does nothing but end a step."""

    def __init__(self, model: Pretraining) -> None:
        super().__init__()
        self.model = model

    def forward(self, *given: Any) -> Scored | Tensor:
        """The model's own answer; without an argument zero, of a parameter that has a gradient."""
        if given:
            return self.model(*given)
        return next(p for p in self.parameters() if p.grad is not None).flatten()[:0].sum()


class Shares:
    """A ``Team`` of which each process keeps a share of every weight between two steps."""

    def __init__(self, model: Pretraining, world: World, build: Callable[[], Pretraining]) -> None:
        self._world = world
        self._build = build
        self._model = model
        self._root = _Root(model)
        with talking():
            mesh = init_device_mesh(world.device.type, (world.size,))
            for part in [*blocks_of(model), self._root]:
                shared = cast(FSDPModule, fully_shard(part, mesh=mesh, reshard_after_forward=False))
                # Sums, not means: see ``Replicas``.
                shared.set_gradient_divide_factor(1.0)
                shared.set_force_sum_reduction_for_comms(True)
        self._sharded = cast(FSDPModule, self._root)
        self._talk(False)

    @property
    def module(self) -> Module:
        """The root of all shares; calling it puts the weights together."""
        return self._root

    def apart(self) -> AbstractContextManager[None]:
        """Nothing: gradients stay apart until ``gather``."""
        return nullcontext()

    def gather(self) -> None:
        """Adds the gradients up, of which each process keeps its share, and shares weights out.

        What no process used keeps no gradient.
        """
        parameters = list(self._root.parameters())
        used = self._world.sum([int(p.grad is not None) for p in parameters])
        for parameter, processes in zip(parameters, used, strict=True):
            if processes and parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        self._talk(True)
        cast(Tensor, self._root()).backward()
        self._talk(False)

    def whole(self) -> Pretraining:
        """A copy on this process's device, in evaluation mode."""
        copy = self._like()
        weights = {name: _whole(value) for name, value in self._model.state_dict().items()}
        copy.load_state_dict(weights)
        return copy

    @torch.no_grad()
    def fill(self, load: Callable[[nn.Module], None]) -> None:
        """Loads into a copy and keeps a share of it."""
        copy = self._like()
        load(copy)
        weights = copy.state_dict()
        for name, value in self._model.state_dict().items():
            value.copy_(_share(weights[name], value))

    def whole_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """Moments put together, on the CPU."""
        kept = {number: _mapped(_whole_on_cpu, of) for number, of in state["state"].items()}
        return {**state, "state": kept}

    def own_state(self, state: dict[str, Any], parameters: list[nn.Parameter]) -> dict[str, Any]:
        """This process's share of moments, which have the shapes of their parameters."""
        kept = {
            number: _mapped(lambda value, like=parameters[number]: _share(value, like), of)
            for number, of in state["state"].items()
        }
        return {**state, "state": kept}

    def _like(self) -> Pretraining:
        with torch.random.fork_rng():
            copy = self._build()
        return copy.to(self._world.device).eval().requires_grad_(False)

    def _talk(self, on: bool) -> None:
        self._sharded.set_requires_gradient_sync(on)
        self._sharded.set_reshard_after_backward(on)


def _mapped(change: Callable[[Any], Any], record: dict[str, Any]) -> dict[str, Any]:
    return {name: change(value) for name, value in record.items()}


def _whole(value: Any) -> Any:
    if not isinstance(value, DTensor):
        return value
    with talking():
        return value.full_tensor()


def _whole_on_cpu(value: Any) -> Any:
    return _whole(value).cpu() if isinstance(value, Tensor) else value


def _share(value: Any, like: Tensor) -> Any:
    """This process's share of a tensor that has the shape of ``like``; anything else as it is."""
    if not (isinstance(like, DTensor) and isinstance(value, Tensor) and value.shape == like.shape):
        return value
    whole = value.to(like.device, like.dtype)
    return distribute_tensor(whole, like.device_mesh, like.placements, src_data_rank=None)
