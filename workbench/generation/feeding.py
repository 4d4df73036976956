"""How a model is fed while it writes: two schemes, and the rows that each makes of a draft.

A draft is the tokens written so far.  With ``t`` of them written both schemes stand at a target of
``t + 1`` rows whose last row's state says which token comes next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor

from workbench.pairs import Offsets, PairBatch, TextTokens


@runtime_checkable
class Feeding(Protocol):
    """What a writer asks of a scheme; ``end_id`` is the token that ends a text."""

    @property
    def end_id(self) -> int:
        """The token that ends a text."""
        ...

    @property
    def ids(self) -> dict[str, int]:
        """Every token of the scheme by the name of its field."""
        ...

    @property
    def fleeting(self) -> int:
        """How many last rows of a target stand only for the token to come."""
        ...

    def target(self, drafts: Int[Tensor, "n t"]) -> TextTokens:
        """The whole target of every draft, one run of ``t + 1`` rows each, places from 0."""
        ...

    def first_position(self, prefix: PairBatch) -> Int[Tensor, "P"]:
        """The position of the target's first row beside each source text."""
        ...


@dataclass(frozen=True)
class MaskAppended:
    """[MASK] stands for the next token and is predicted there, as in pre-training (P13).

    Target rows are the written tokens and one [MASK] that the next step forgets; positions go on
    after the source text.  ``segment`` is the target's segment number.
    """

    mask_id: int
    end_id: int
    segment: int = 0
    fleeting: int = 1

    @property
    def ids(self) -> dict[str, int]:
        """[MASK] and the end."""
        return {"mask_id": self.mask_id, "end_id": self.end_id}

    def target(self, drafts: Int[Tensor, "n t"]) -> TextTokens:
        """Every draft and a [MASK]."""
        mask = drafts.new_full((len(drafts), 1), self.mask_id)
        return target_text(torch.cat([drafts, mask], 1), self.segment)

    def first_position(self, prefix: PairBatch) -> Int[Tensor, "P"]:
        """One after that of the source text's last row; ``ValueError`` where there is no text."""
        text = prefix.text
        if len(text) and int(text.offsets.lengths.min()) == 0:
            name = prefix.names[int(text.offsets.lengths.argmin())]
            raise ValueError(
                f"{name!r} has no source text to go on after; give the token that captions begin "
                "with in training, [CLS]"
            )
        return text.positions[text.offsets.starts[1:] - 1] + 1


@dataclass(frozen=True)
class LeftToRight:
    """A start token, then what was written; each row's state predicts the next (M16, M24).

    Positions begin at 0 however long the source text is, and every row is kept.
    """

    start_id: int
    end_id: int
    segment: int = 0
    fleeting: int = 0

    @property
    def ids(self) -> dict[str, int]:
        """The start and the end."""
        return {"start_id": self.start_id, "end_id": self.end_id}

    def target(self, drafts: Int[Tensor, "n t"]) -> TextTokens:
        """The start token and every draft."""
        start = drafts.new_full((len(drafts), 1), self.start_id)
        return target_text(torch.cat([start, drafts], 1), self.segment)

    def first_position(self, prefix: PairBatch) -> Int[Tensor, "P"]:
        """Zero."""
        return torch.zeros_like(prefix.text.offsets.lengths)


def target_text(ids: Int[Tensor, "n t"], segment: int) -> TextTokens:
    """Runs of the same length as text, positions counting from 0 in each."""
    runs, rows = ids.shape
    offsets = Offsets.from_lengths(torch.full((runs,), rows, device=ids.device))
    flat = ids.flatten()
    return TextTokens(
        ids=flat,
        segments=torch.full_like(flat, segment),
        positions=offsets.within,
        words=torch.full_like(flat, -1),
        offsets=offsets,
    )
