"""Which words a captioner hides: some of them, and now and then the end of the sentence (P7)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from workbench.objectives.masking import Chooser
from workbench.objectives.units import chance
from workbench.pairs import TextTokens


@dataclass(frozen=True)
class OrTheEnd:
    """What ``choose`` picks, and the special token that ends a sentence with ``probability``.

    A caption that never learnt its end would never stop (P7, P13).
    """

    choose: Chooser
    probability: float = 0.15

    def __call__(self, text: TextTokens, rng: torch.Generator) -> Bool[Tensor, "T"]:
        """Which token rows to hide."""
        offsets = text.offsets
        ends = (offsets.within > 0) & (offsets.within == offsets.lengths[offsets.owner] - 1)
        drawn = chance(len(text.ids), rng, text.ids.device) < self.probability
        return self.choose(text, rng) | (ends & (text.words < 0) & drawn)
