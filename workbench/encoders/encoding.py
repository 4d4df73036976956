"""The answer of every encoder, and the protocol that encoders keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from workbench.pairs import PairBatch
from workbench.patterns import AttentionPattern


@dataclass(frozen=True)
class Encoding:
    """A state for every token and region, and summaries of each text, picture and pair.

    Rows that an encoder adds for itself (the whole picture, V4) are not among ``regions``.
    Where a modality is absent its summary is zero or that of the other one, as the system says.
    """

    text: Float[Tensor, "T D"]
    regions: Float[Tensor, "R Dv"]
    text_summary: Float[Tensor, "P K"]
    image_summary: Float[Tensor, "P K"]
    pair: Float[Tensor, "P K"]


@dataclass(frozen=True)
class Widths:
    """The widths of an encoder's states: of tokens, of regions and of summaries, in units."""

    text: int
    regions: int
    summary: int


@runtime_checkable
class Encoder(Protocol):
    """Turns a batch into states under a pattern; knows no objective, no task, no file."""

    def __call__(
        self,
        batch: PairBatch,
        pattern: AttentionPattern = ...,
        trace: dict[str, Tensor] | None = None,
    ) -> Encoding:
        """Encode; a given ``trace`` is filled with named attention weights and states."""
        ...
