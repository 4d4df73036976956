"""Which rows to hide: draws that every masking objective shares."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.pairs import Offsets, TextTokens


def chance(rows: int, rng: torch.Generator, device: torch.device | str) -> Float[Tensor, "rows"]:
    """Uniform numbers in [0, 1), drawn on the generator's device and moved to ``device``."""
    return torch.rand(rows, generator=rng, device=rng.device).to(device)


def choose_rows(
    score: Float[Tensor, "rows"],
    probability: Float[Tensor, "#rows"],
    offsets: Offsets,
    allowed: Bool[Tensor, "rows"],
) -> Bool[Tensor, "rows"]:
    """Rows whose uniform ``score`` is below ``probability``; in a run without any, its lowest.

    So every pair with an allowed row hides at least one ([c] U6 and U7).
    """
    # a row's distance to its own threshold, so that likely rows are also the likelier fallback
    score = score / probability.clamp_min(1e-12)
    score = torch.where(allowed, score, torch.inf)
    lowest = score.new_full((len(offsets),), torch.inf)
    lowest = lowest.scatter_reduce(0, offsets.owner, score, "amin")
    fallback = (score == lowest[offsets.owner]) & (lowest[offsets.owner] >= 1)
    return ((score < 1) | fallback) & allowed


def word_of_row(text: TextTokens) -> Int[Tensor, "T"]:
    """For each token row a number shared by exactly the rows of its word, over the whole batch."""
    if len(text.ids) == 0:
        return text.words
    new = torch.ones_like(text.words, dtype=torch.bool)
    new[1:] = (text.words[1:] != text.words[:-1]) | (text.offsets.within[1:] == 0)
    return torch.cumsum(new, 0) - 1
