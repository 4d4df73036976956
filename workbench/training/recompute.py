"""Activation checkpointing: a block's inner results are computed twice instead of kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from workbench.layers.blocks import Block, CoBlock


def blocks_of(model: nn.Module) -> list[Block | CoBlock]:
    """The transformer blocks of a model; raises ``ValueError`` where it has none."""
    found = [module for module in model.modules() if isinstance(module, Block | CoBlock)]
    if not found:
        raise ValueError(
            f"{type(model).__name__} has no Block or CoBlock (workbench.layers.blocks): train it "
            "with compiled=False and recompute=False"
        )
    return found


def recompute_blocks(model: nn.Module) -> None:
    """From now on every block keeps only what it is given, and passes forward again for gradients.

    Dropout falls on the same places both times; the gradients are the same to the bit.
    """
    for block in blocks_of(model):
        block.forward = _twice(block, block.forward)


def _twice(block: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
    def once_more(*given: Any, **named: Any) -> Any:
        # A trace would be written twice, and without gradients nothing is kept anyway.
        if not (block.training and torch.is_grad_enabled()):
            return forward(*given, **named)
        return checkpoint(forward, *given, use_reentrant=False, **named)

    return once_more
