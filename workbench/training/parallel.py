"""A model that several processes train together, each on its own pieces of every batch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from torch.nn.parallel import DistributedDataParallel

from workbench.training.gradients import Module
from workbench.training.model import Pretraining
from workbench.training.world import World, talking


def together(
    model: Pretraining, world: World
) -> tuple[Module, Callable[[], AbstractContextManager[None]]]:
    """What to call instead of the model, and what to be in while gradients stay apart.

    Parameters that no process used keep no gradient, as in a process that is alone.
    """
    if world.size == 1:
        return model, contextlib.nullcontext
    with talking():
        wrapped = DistributedDataParallel(model, find_unused_parameters=True)
    return wrapped, wrapped.no_sync
