"""A row that a model sets into every sentence behind its first (P2, X1)."""

from __future__ import annotations

import dataclasses

import torch
from jaxtyping import Int
from torch import Tensor

from workbench.pairs import Offsets, TextTokens


def with_row_after_first(
    text: TextTokens,
    ids: int | Int[Tensor, "added"],
    segments: int | Int[Tensor, "added"],
    positions: int | Int[Tensor, "added"],
) -> TextTokens:
    """Every sentence with a special row behind its first; an empty sentence stays empty.

    The row is in no word and no phrase; its other numbers are given, one for all or one for each
    sentence that is not empty.  The sentences' own rows keep theirs.
    """
    old = text.offsets
    new = Offsets.from_lengths(old.lengths + (old.lengths > 0))
    kept, added = own_rows(new), new.starts[:-1][old.lengths > 0] + 1

    def grown(given: Tensor, filler: int | Tensor) -> Tensor:
        rows = given.new_empty(new.rows).index_copy(0, kept, given)
        return rows.index_copy(0, added, torch.as_tensor(filler).to(given).expand(len(added)))

    return dataclasses.replace(
        text,
        ids=grown(text.ids, ids),
        segments=grown(text.segments, segments),
        positions=grown(text.positions, positions),
        words=grown(text.words, -1),
        offsets=new,
        phrases=None if text.phrases is None else grown(text.phrases, -1),
    )


def own_rows(grown: Offsets) -> Int[Tensor, "_"]:
    """The rows that were there before ``with_row_after_first``, in order."""
    return (grown.within != 1).nonzero().squeeze(1)
