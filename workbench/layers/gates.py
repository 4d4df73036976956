"""How text turns the attention among regions up: factors for their queries and keys."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.pairs import Offsets
from workbench.patterns import Read


class TextGate(nn.Module):
    """Scales the queries and keys of one region block by what its text says (X1, [c]).

    The factor of each unit is 1 + sigmoid(linear(mean of the text's present states)), the same
    for all regions of a pair.
    """

    def __init__(self, text_width: int, region_width: int) -> None:
        super().__init__()
        self.query = nn.Linear(text_width, region_width)
        self.key = nn.Linear(text_width, region_width)

    def forward(
        self, text: Float[Tensor, "T D"], read: Read, regions: Offsets
    ) -> tuple[Float[Tensor, "R Dv"], Float[Tensor, "R Dv"]]:
        """Factors for every region row; ``read`` says which text rows regions may see.

        Under a seq2seq pattern these are the source rows alone: the mean of a whole text would
        tell its target's future.  A pair without text has a mean of zero.
        """
        seen = text if read.keys is None else text[read.keys]
        runs = read.key_offsets
        total = seen.new_zeros(len(runs), seen.shape[-1]).index_add(0, runs.owner, seen)
        mean = total / runs.lengths.clamp_min(1)[:, None]
        query, key = (
            1 + torch.sigmoid(linear(mean))[regions.owner] for linear in (self.query, self.key)
        )
        return query, key
