"""Who may see whom, read off the very reads that an encoder's blocks are given."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from workbench.encoders.inputs import InputLayer, InputRows
from workbench.encoders.two_stream import TwoStream
from workbench.pairs import Offsets, PairBatch
from workbench.patterns import AttentionPattern, Layout, Read

HIDDEN, SEEN, SEEN_ACROSS = 0, 1, 2
"""How a row sees another one: not at all, in its own stream, or in co-attention (V2)."""


def input_rows(encoder: nn.Module, batch: PairBatch, pattern: AttentionPattern) -> InputRows:
    """What the input layer of an encoder makes of a batch."""
    return cast(InputLayer, encoder.inputs)(batch, pattern)


def who_sees_whom(
    encoder: nn.Module, given: InputRows, pattern: AttentionPattern
) -> list[Int[np.ndarray, "n n"]]:
    """For each pair ``HIDDEN``, ``SEEN`` or ``SEEN_ACROSS``: row = who looks, column = at whom.

    Rows stand [regions | text] with those that the input layer adds, as in ``given.layout``.  It
    is what one block lets through; with two streams, one block of each kind.
    """
    layout, size = given.layout, given.layout.joint.rows
    how = np.full((size, size), HIDDEN)
    if isinstance(encoder, TwoStream):
        text, regions = layout.text_rows, layout.region_rows
        _mark(how, pattern.text_reads(layout), text, text, SEEN)
        _mark(how, pattern.region_reads(layout), regions, regions, SEEN)
        _mark(how, pattern.text_to_regions(layout), text, regions, SEEN_ACROSS)
        _mark(how, pattern.regions_to_text(layout), regions, text, SEEN_ACROSS)
    else:
        everything = torch.arange(size)
        _mark(how, (given.pattern or pattern).reads(layout), everything, everything, SEEN)
    starts = layout.joint.starts.tolist()
    return [how[a:b, a:b] for a, b in pairwise(starts)]


def _mark(how: np.ndarray, reads: tuple[Read, ...], queries: Tensor, keys: Tensor, kind: int):
    for read in reads:
        for pair in range(len(read.key_offsets)):
            looking = _rows(read.queries, read.query_offsets, pair, queries)
            seen = _rows(read.keys, read.key_offsets, pair, keys)
            block = np.ones((len(looking), len(seen)), dtype=bool)
            if read.causal:
                block = np.tril(block, len(seen) - len(looking))
            how[np.ix_(looking, seen)] = np.where(block, kind, how[np.ix_(looking, seen)])


def _rows(chosen: Tensor | None, offsets: Offsets, pair: int, joint: Tensor) -> np.ndarray:
    """Joint rows of one pair's run."""
    run = torch.arange(int(offsets.starts[pair]), int(offsets.starts[pair + 1]))
    return joint[run if chosen is None else chosen[run]].numpy()


def own_places(given: InputRows) -> tuple[Tensor, Tensor]:
    """Joint rows of the batch's own tokens and of its own regions, without those added."""
    layout: Layout = given.layout
    text, regions = layout.text_rows, layout.region_rows
    if given.leads is not None:
        own = given.leads
        regions = regions[layout.regions.starts[own.owner] + 1 + own.within]
    return text if given.own_text is None else text[given.own_text], regions
