"""What is hidden as one: the words and phrases of a text, and draws that maskings share."""

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
    *,
    at_least_one: bool = True,
) -> Bool[Tensor, "rows"]:
    """Rows whose uniform ``score`` is below ``probability``; in a run without any, its lowest.

    So every pair with an allowed row hides at least one ([c] U6 and U7); without ``at_least_one``
    a run may hide none ([c] V8 and V9).
    """
    # a row's distance to its own threshold, so that likely rows are also the likelier fallback
    score = score / probability.clamp_min(1e-12)
    score = torch.where(allowed, score, torch.inf)
    chosen = (score < 1) & allowed
    if not at_least_one:
        return chosen
    lowest = score.new_full((len(offsets),), torch.inf)
    lowest = lowest.scatter_reduce(0, offsets.owner, score, "amin")
    fallback = (score == lowest[offsets.owner]) & (lowest[offsets.owner] >= 1)
    return chosen | (fallback & allowed)


def rank_in_run(score: Float[Tensor, "rows"], offsets: Offsets) -> Int[Tensor, "rows"]:
    """For each row how many rows of its run have a lower score."""
    order = torch.argsort(score, stable=True)
    order = order[torch.argsort(offsets.owner[order], stable=True)]
    return torch.empty_like(order).index_copy(0, order, offsets.within)


def word_of_row(text: TextTokens) -> Int[Tensor, "T"]:
    """For each token row a number shared by exactly the rows of its word, over the whole batch."""
    return _numbered(text, text.words[1:] != text.words[:-1])


def phrase_of_row(text: TextTokens) -> Int[Tensor, "T"]:
    """For each token row a number shared by the rows of its phrase, or else of its word (M14)."""
    words, phrases = text.words, text.phrases
    if phrases is None:
        return word_of_row(text)
    other_phrase = phrases[1:] != phrases[:-1]
    return _numbered(text, other_phrase | ((phrases[1:] < 0) & (words[1:] != words[:-1])))


def first_rows(unit: Int[Tensor, "T"]) -> Bool[Tensor, "T"]:
    """True on the first row of every unit."""
    first = torch.ones_like(unit, dtype=torch.bool)
    first[1:] = unit[1:] != unit[:-1]
    return first


def _numbered(text: TextTokens, changes: Tensor) -> Tensor:
    if len(text.ids) == 0:
        return text.words
    new = torch.ones_like(text.words, dtype=torch.bool)
    new[1:] = changes | (text.offsets.within[1:] == 0)
    return torch.cumsum(new, 0) - 1
