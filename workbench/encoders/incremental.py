"""Encoding a text as it is written: the prefix once, then only the rows that are new.

The numbers are those of the whole encoding under a seq2seq pattern in evaluation mode
(tests/generation/test_incremental.py holds them equal at every step): the prefix, regions and
source text, never sees the target, and a target row sees the prefix and earlier target rows, so
that nothing computed before changes when a row is added (P13).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.encoders.inputs import InputRows
from workbench.encoders.single_stream import SingleStream, refuse_empty_pairs
from workbench.layers.blocks import Block
from workbench.layers.cached_attention import (
    KeysAndValues,
    attend_and_keep,
    attend_to_kept,
    keep,
    no_rows,
)
from workbench.pairs import Offsets, PairBatch, TextTokens
from workbench.patterns import AttentionPattern


@dataclass(frozen=True)
class Kept:
    """Keys and values of everything encoded so far, block by block.

    ``shared`` holds the prefixes, once a picture; ``hidden`` marks their filler; ``own`` holds the
    target rows, once a draft; ``regions`` counts the pictures' regions.
    """

    shared: tuple[KeysAndValues, ...]
    hidden: Bool[Tensor, "P k"]
    own: tuple[KeysAndValues, ...]
    regions: Offsets

    def follow(self, parents: Int[Tensor, "P b"]) -> Kept:
        """The same prefixes; draft ``i`` of picture ``p`` goes on from ``parents[p, i]``."""
        own = tuple(block.follow(parents) for block in self.own)
        return Kept(self.shared, self.hidden, own, self.regions)


def encode_prefix(encoder: SingleStream, prefix: PairBatch) -> Kept:
    """Encodes pictures and source texts for targets still to be written; one draft a picture.

    The text of ``prefix`` is all source (a length of 0 is legal beside regions).  Raises
    ``ValueError`` for a pair with nothing to go on from.
    """
    refuse_empty_pairs(prefix)
    rows, offsets = prefix_rows(encoder, prefix)
    blocks = _blocks(encoder)
    shared = []
    for block in blocks[:-1]:
        answer, kept = attend_and_keep(block.attention, rows, offsets)
        rows = _after_attention(block, rows, answer)
        shared.append(kept)
    # Nobody reads the prefix's own last states.
    shared.append(keep(blocks[-1].attention, rows, offsets))
    places = torch.arange(offsets.longest, device=rows.device)
    own = tuple(no_rows(block.attention, len(prefix)) for block in blocks)
    hidden = places[None] >= offsets.lengths[:, None]
    return Kept(tuple(shared), hidden, own, prefix.regions.offsets)


def prefix_rows(encoder: SingleStream, prefix: PairBatch) -> tuple[Float[Tensor, "S D"], Offsets]:
    """The embedded joint rows that ``encode_prefix`` begins with, and where each pair's lie.

    An input layer may treat pairs with a target in a way of its own (P4), so one target row is
    laid behind every source text and taken away again.
    """
    source = prefix.text.offsets.lengths
    text = followed(prefix.text, _one_row_each(prefix.text))
    pattern = AttentionPattern("seq2seq", source)
    given: InputRows = encoder.inputs(dataclasses.replace(prefix, text=text), pattern)
    layout, joint = given.layout, given.layout.joint
    rows = given.text.new_empty(joint.rows, encoder.widths.text)
    rows = rows.index_copy(0, layout.region_rows, given.regions.to(rows.dtype))
    rows = rows.index_copy(0, layout.text_rows, given.text)
    before = joint.within < joint.lengths[joint.owner] - 1
    return rows[before], Offsets.from_lengths(joint.lengths - 1)


def encode_more(
    encoder: SingleStream, kept: Kept, text: TextTokens, keep_rows: int
) -> tuple[Float[Tensor, "P b n D"], Kept]:
    """States of ``n`` new target rows of ``b`` drafts a picture, and what is kept after them.

    ``text`` has P·b runs of ``n`` rows, picture by picture, with positions as in a whole batch.
    Only the first ``keep_rows`` rows of each run are kept: a [MASK] that stands for a word still
    to come is fed but never seen again (P13).  Raises ``ValueError`` for runs that do not fit.
    """
    rows = fed_rows(encoder, kept, text)
    own = []
    for block, shared, earlier in zip(_blocks(encoder), kept.shared, kept.own, strict=True):
        answer, grown = attend_to_kept(block.attention, rows, shared, kept.hidden, earlier)
        rows = _after_attention(block, rows, answer)
        own.append(grown.first(earlier.keys.shape[-2] + keep_rows))
    return rows, Kept(kept.shared, kept.hidden, tuple(own), kept.regions)


def fed_rows(encoder: SingleStream, kept: Kept, text: TextTokens) -> Float[Tensor, "P b n D"]:
    """The embedded rows that ``encode_more`` begins with."""
    pictures, drafts = kept.own[0].keys.shape[:2]
    runs, longest = len(text), text.offsets.longest
    if runs != pictures * drafts or text.offsets.rows != runs * longest:
        raise ValueError(
            f"{pictures} pictures with {drafts} drafts each need as many runs of the same length, "
            f"got {runs} runs of up to {longest} rows, {text.offsets.rows} rows in all"
        )
    owner = torch.arange(pictures, device=text.ids.device).repeat_interleave(drafts)
    rows = encoder.inputs.target_rows(text, kept.regions.lengths[owner])
    return rows.unflatten(0, (pictures, drafts, longest))


def _blocks(encoder: SingleStream) -> list[Block]:
    return [cast(Block, block) for block in encoder.blocks]


def _after_attention(block: Block, rows: Tensor, answer: Tensor) -> Tensor:
    rows = block.attention_norm(rows + answer)
    # Row by row, whatever the rows are grouped by.
    widened = block.feed_forward(rows.flatten(0, -2)).view_as(rows)
    return block.feed_forward_norm(rows + widened)


def _one_row_each(text: TextTokens) -> TextTokens:
    zeros = torch.zeros_like(text.offsets.lengths)
    return TextTokens(zeros, zeros, zeros, zeros, Offsets.from_lengths(torch.ones_like(zeros)))


def followed(before: TextTokens, after: TextTokens) -> TextTokens:
    """Every sentence of ``before`` with that of ``after`` behind it, as one text."""
    offsets = Offsets.from_lengths(before.offsets.lengths + after.offsets.lengths)
    early = offsets.starts[before.offsets.owner] + before.offsets.within
    owner = after.offsets.owner
    late = offsets.starts[owner] + before.offsets.lengths[owner] + after.offsets.within

    def laid(name: str) -> Tensor:
        rows = before.ids.new_empty(offsets.rows).index_copy(0, early, getattr(before, name))
        return rows.index_copy(0, late, getattr(after, name))

    return TextTokens(laid("ids"), laid("segments"), laid("positions"), laid("words"), offsets)
