"""Mirroring a pair: boxes change sides and the words for the sides change with them.

Features stay as they are, so a mirrored pair costs nothing; what it teaches is that "left" is a
matter of places and not of which two things are named.
"""

from __future__ import annotations

import dataclasses

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from workbench.data.tokenizer import Tokenizer
from workbench.pairs import PairBatch


def opposites(tokenizer: Tokenizer, *pairs: tuple[str, str]) -> Int[Tensor, "V"]:
    """For every id itself, but the ids of each pair of words exchanged.

    Raises ``ValueError`` for a word that is not one token of this vocabulary.
    """
    table = torch.arange(tokenizer.vocabulary_size)
    for words in pairs:
        rows = [tokenizer.encode([word]).ids.tolist()[1:-1] for word in words]
        for word, ids in zip(words, rows, strict=True):
            if len(ids) != 1 or ids[0] in tokenizer.special_ids:
                raise ValueError(
                    f"{word!r} is {tokenizer.pieces(ids)} in this vocabulary; mirroring needs "
                    "one token"
                )
        table[rows[0][0]], table[rows[1][0]] = rows[1][0], rows[0][0]
    return table


def mirrored(
    batch: PairBatch, chosen: Bool[Tensor, "P"], swap: Int[Tensor, "V"], *, axis: int
) -> PairBatch:
    """The batch with the chosen pairs mirrored: ``axis`` 0 left–right, 1 top–bottom."""
    boxes = batch.regions.boxes.clone()
    near, far = boxes[:, axis], boxes[:, axis + 2]
    turned = chosen[batch.regions.offsets.owner]
    boxes[:, axis], boxes[:, axis + 2] = (
        torch.where(turned, 1 - far, near),
        torch.where(turned, 1 - near, far),
    )
    ids = batch.text.ids
    ids = torch.where(chosen[batch.text.offsets.owner], swap[ids], ids)
    return dataclasses.replace(
        batch,
        regions=dataclasses.replace(batch.regions, boxes=boxes),
        text=dataclasses.replace(batch.text, ids=ids),
    )
