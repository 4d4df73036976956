"""Attention of new rows over earlier rows whose keys and values are kept.

Earlier rows are of two sorts: those that all drafts of a picture share (its prefix, kept once) and
those that each draft has written for itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.layers.attention import Attention, attend, pad
from workbench.pairs import Offsets
from workbench.patterns import Read


@dataclass(frozen=True)
class KeysAndValues:
    """Projected rows of one block, [..., H, rows, E] each."""

    keys: Float[Tensor, "*lead H rows E"]
    values: Float[Tensor, "*lead H rows E"]

    def follow(self, parents: Int[Tensor, "P b"]) -> KeysAndValues:
        """Draft ``parents[p, i]`` of picture ``p`` becomes its draft ``i``."""
        pictures = torch.arange(len(parents), device=parents.device)[:, None]
        return KeysAndValues(self.keys[pictures, parents], self.values[pictures, parents])

    def followed_by(self, more: KeysAndValues) -> KeysAndValues:
        """These rows and then ``more``."""
        return KeysAndValues(
            torch.cat([self.keys, more.keys], -2), torch.cat([self.values, more.values], -2)
        )

    def first(self, rows: int) -> KeysAndValues:
        """Only the first ``rows`` rows."""
        return KeysAndValues(self.keys[..., :rows, :], self.values[..., :rows, :])


def no_rows(attention: Attention, pictures: int) -> KeysAndValues:
    """Nothing kept yet, for one draft of each picture."""
    size = attention.key.out_features // attention.heads
    empty = attention.key.weight.new_zeros(pictures, 1, attention.heads, 0, size)
    return KeysAndValues(empty, empty)


def keep(attention: Attention, rows: Float[Tensor, "S D"], offsets: Offsets) -> KeysAndValues:
    """Keys and values of packed rows, [P, H, longest, E]; the filler is zero."""
    return KeysAndValues(
        pad(_heads(attention, attention.key(rows)), offsets).transpose(1, 2),
        pad(_heads(attention, attention.value(rows)), offsets).transpose(1, 2),
    )


def attend_and_keep(
    attention: Attention, rows: Float[Tensor, "S D"], offsets: Offsets
) -> tuple[Float[Tensor, "S D"], KeysAndValues]:
    """Every row's answer when each sees all rows of its own picture, and what to keep of them."""
    query, key, value = (
        _heads(attention, projection(rows))
        for projection in (attention.query, attention.key, attention.value)
    )
    mixed = attend(query, key, value, Read(None, offsets, None, offsets))
    kept = KeysAndValues(pad(key, offsets).transpose(1, 2), pad(value, offsets).transpose(1, 2))
    return attention.output(mixed.flatten(-2)), kept


def attend_to_kept(
    attention: Attention,
    rows: Float[Tensor, "P b n D"],
    shared: KeysAndValues,
    hidden: Bool[Tensor, "P k"],
    own: KeysAndValues,
) -> tuple[Float[Tensor, "P b n D"], KeysAndValues]:
    """``n`` new rows of ``b`` drafts a picture see the shared rows, their own and each other.

    ``shared`` is [P, H, k, E] (``hidden`` marks its filler), ``own`` [P, b, H, g, E]; a new row
    sees the new rows up to itself.  Also answers ``own`` followed by the new rows.
    """
    query, key, value = (
        projection(rows).unflatten(-1, (attention.heads, -1)).transpose(2, 3)
        for projection in (attention.query, attention.key, attention.value)
    )
    grown = own.followed_by(KeysAndValues(key, value))
    drafts, new, before = query.shape[1], query.shape[3], shared.keys.shape[-2]
    # One product per picture and head, over the rows of all its drafts at once.
    together = query.transpose(1, 2).flatten(2, 3)
    to_shared = together @ shared.keys.transpose(-1, -2)
    to_shared = to_shared.masked_fill(hidden[:, None, None], -torch.inf)
    to_own = query @ grown.keys.transpose(-1, -2)
    later = torch.ones(new, to_own.shape[-1], dtype=torch.bool, device=rows.device)
    to_own = to_own.masked_fill(later.triu(to_own.shape[-1] - new + 1), -torch.inf)
    scores = torch.cat([to_shared.unflatten(2, (drafts, new)).transpose(1, 2), to_own], -1)
    shares = (scores / math.sqrt(query.shape[-1])).softmax(-1)
    of_shared = shares[..., :before].transpose(1, 2).flatten(2, 3) @ shared.values
    mixed = of_shared.unflatten(2, (drafts, new)).transpose(1, 2)
    mixed = mixed + shares[..., before:] @ grown.values
    return attention.output(mixed.transpose(2, 3).flatten(-2)), grown


def _heads(attention: Attention, projected: Tensor) -> Tensor:
    return projected.unflatten(-1, (attention.heads, -1))
