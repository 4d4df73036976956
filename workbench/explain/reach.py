"""Who may see whom, promised and measured: a pattern as a picture, and what really gets through."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.explain.attention import evaluating
from workbench.explain.visibility import input_rows, own_places, who_sees_whom
from workbench.pairs import PairBatch
from workbench.patterns import AttentionPattern

Pieces = Callable[[Tensor], Sequence[str]]
"""The pieces of words that token ids stand for."""


@dataclass(frozen=True)
class Sight:
    """Who sees whom among one pair's own rows [regions | text], for ``widgets.pattern_picture``.

    ``how`` is 0, 1 or 2 as in ``explain.visibility``; ``asked`` are the rows to recover.
    """

    rows: tuple[str, ...]
    how: Int[np.ndarray, "n n"]
    asked: Bool[np.ndarray, "n"]
    first_text: int

    @classmethod
    def of(
        cls,
        encoder: nn.Module,
        batch: PairBatch,
        pattern: AttentionPattern,
        pieces: Pieces,
        *,
        asked: Sequence[int] | Tensor = (),
    ) -> Sight:
        """What one block of an encoder lets through, for a batch of one pair.

        ``asked`` are rows of tokens.  Raises ``ValueError`` for several pairs.
        """
        _refuse_several(batch)
        given = input_rows(encoder, batch, pattern)
        text, regions = own_places(given)
        own = torch.cat([regions, text]).numpy()
        how = who_sees_whom(encoder, given, pattern)[0][np.ix_(own, own)]
        names = tuple(f"region {number + 1}" for number in range(len(regions)))
        marks = np.zeros(len(own), dtype=bool)
        marks[[len(regions) + int(row) for row in asked]] = True
        return cls((*names, *pieces(batch.text.ids)), how, marks, len(regions))

    def seeing(self, how: Int[np.ndarray, "n n"] | Bool[np.ndarray, "n n"]) -> Sight:
        """The same rows under another way to see."""
        return dataclasses.replace(self, how=how.astype(self.how.dtype))

    def twice(self) -> Sight:
        """Who reaches whom in two looks, one after the other: through a row that both see."""
        seen = (self.how > 0).astype(self.how.dtype)
        return self.seeing(seen @ seen > 0)


@torch.no_grad()
def influence(
    encoder: nn.Module, batch: PairBatch, pattern: AttentionPattern, *, other_id: int
) -> Float[np.ndarray, "n n"]:
    """How much the final state of each row (first axis) moves when another row's input changes.

    Every token in turn becomes ``other_id`` (a token that it is not), every region's features are
    turned round in sign; the largest change among a state's units is kept.  Rows stand
    [regions | text], without those that the encoder adds.  Zero means that nothing got through.
    Raises ``ValueError`` for a batch of several pairs and for a token that is ``other_id``.
    """
    _refuse_several(batch)
    if bool((batch.text.ids == other_id).any()):
        raise ValueError(f"token {other_id} stands in the sentence already; choose another one")
    with evaluating(encoder):
        before = encoder(batch, pattern)
        moved = [moved_rows(before, encoder(one, pattern)) for one in _changed(batch, other_id)]
    return torch.stack(moved, 1).numpy()


def _changed(batch: PairBatch, other_id: int) -> Iterator[PairBatch]:
    for region in range(batch.regions.offsets.rows):
        features = batch.regions.features.clone()
        features[region] = -features[region]
        regions = dataclasses.replace(batch.regions, features=features)
        yield dataclasses.replace(batch, regions=regions)
    for token in range(batch.text.offsets.rows):
        yield with_token(batch, token, other_id)


def with_token(batch: PairBatch, row: int, other_id: int) -> PairBatch:
    """The batch with another token in this row."""
    ids = batch.text.ids.clone()
    ids[row] = other_id
    return dataclasses.replace(batch, text=dataclasses.replace(batch.text, ids=ids))


def moved_rows(before: Encoding, after: Encoding) -> Float[Tensor, "n"]:
    """How far the state of each row moved, regions before text: the most that any unit did."""
    regions, text = after.regions - before.regions, after.text - before.text
    return torch.cat([regions.abs().amax(1), text.abs().amax(1)]).float()


def _refuse_several(batch: PairBatch) -> None:
    if len(batch) != 1:
        raise ValueError(f"one pair is looked at at a time; this batch has {len(batch)}")
