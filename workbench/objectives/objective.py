"""What an objective is: it hides or breaks something in a batch and scores the recovery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.moving import moved
from workbench.pairs import LossSum, PairBatch
from workbench.patterns import BIDIRECTIONAL, AttentionPattern


@dataclass(frozen=True)
class Corrupted:
    """A broken batch, who may see whom in it, the rows to recover, and what was there.

    ``flexible`` says that any other pattern would do as well.  ``counted`` is the count that the
    loss will have where it is not the number of rows; −1 where only the loss itself can tell.
    """

    batch: PairBatch
    rows: Int[Tensor, "m"]
    targets: Shaped[Tensor, "m *more"]
    pattern: AttentionPattern = BIDIRECTIONAL
    flexible: bool = False
    counted: int | None = None

    @property
    def count(self) -> int:
        """The count of the loss, known before any forward pass; −1 where it cannot be."""
        return len(self.rows) if self.counted is None else self.counted

    def to(self, device: torch.device | str) -> Corrupted:
        """The same on another device."""
        return moved(self, device)


@runtime_checkable
class Objective(Protocol):
    """Owns its head; knows no encoder.  ``rng`` is the only source of chance."""

    name: str

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """A broken copy of the batch; touches nothing but what it reports."""
        ...

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """How badly the states recover what was hidden, as a sum and a count."""
        ...


def asked_of(
    head: nn.Module, rows: Float[Tensor, "m width"], name: str
) -> Float[Tensor, "m outputs"]:
    """The head's answer for these rows; raises ``ValueError`` when it was built for another width.

    ``name`` says whose head it is.
    """
    try:
        return head(rows)
    except RuntimeError as problem:
        widths = {layer.in_features for layer in head.modules() if isinstance(layer, nn.Linear)}
        if not widths or rows.shape[-1] in widths:
            raise
        raise ValueError(
            f"the head of {name!r} takes rows of {min(widths)} units but this encoder's have "
            f"{rows.shape[-1]}; build it from the encoder's widths"
        ) from problem
