"""``torch.compile`` for the part of a model where it pays: its blocks."""

from __future__ import annotations

from torch import nn

from workbench.training.recompute import blocks_of


def compile_blocks(model: nn.Module, backend: str = "inductor") -> None:
    """Every block is compiled when it is first called, once for batches of all lengths.

    The names of the weights stay as they are.
    """
    for block in blocks_of(model):
        block.compile(dynamic=True, backend=backend)
