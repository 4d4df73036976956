"""Whether the pieces of a batch, read one by one, are the batch."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from workbench.data.division import Batches, piece_of


def same(one: Any, other: Any) -> bool:
    """Whether two records hold the same, tensors and all."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if dataclasses.is_dataclass(one):
        fields = [field.name for field in dataclasses.fields(one)]
        return all(same(getattr(one, name), getattr(other, name)) for name in fields)
    return one == other


def size_of_pieces(stream: Batches, step: int, shards: int) -> int:
    """How many pairs there are; fails unless every piece is the batch's own pairs."""
    batch = stream.batch(step)
    for shard in range(shards):
        piece = piece_of(stream, step, shard, shards)
        assert same(piece, batch.select(torch.arange(len(batch))[shard::shards]))
    return len(batch)
