"""Which tokens to hide: choosers, each called with (text, rng) and answering True where hidden.

Tokens, whole words and phrases are hidden with a probability each; spans until a share of the
sentence is hidden; or a counted few.  Special tokens stay, but for the last one where asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.objectives.spans import GeometricSpans as GeometricSpans
from workbench.objectives.units import (
    chance,
    choose_rows,
    first_rows,
    phrase_of_row,
    rank_in_run,
    word_of_row,
)
from workbench.pairs import TextTokens

Chooser = Callable[[TextTokens, torch.Generator], Bool[Tensor, "T"]]
"""Which token rows to hide."""

Probability = float | Float[Tensor, "V"]
"""One number, or one per vocabulary entry for a curriculum that looks harder at some words."""


@dataclass(frozen=True, eq=False)
class Tokens:
    """Every token with ``probability``, on its own (U6, V8).

    With ``at_least_one`` a sentence that drew none hides its likeliest token ([c] U6); the
    released code of V8 does without.
    """

    probability: Probability = 0.15
    at_least_one: bool = True

    def __call__(self, text: TextTokens, rng: torch.Generator) -> Bool[Tensor, "T"]:
        """Which token rows to hide."""
        score, probability = _drawn(text, self.probability, rng)
        allowed = text.words >= 0
        return choose_rows(
            score, probability, text.offsets, allowed, at_least_one=self.at_least_one
        )


@dataclass(frozen=True, eq=False)
class WholeWords:
    """Every word with ``probability``, all its sub-words together.

    A probability per vocabulary entry is that of the word's first sub-word.
    """

    probability: Probability = 0.15
    at_least_one: bool = True

    def __call__(self, text: TextTokens, rng: torch.Generator) -> Bool[Tensor, "T"]:
        """Which token rows to hide."""
        return _whole(text, word_of_row(text), self.probability, self.at_least_one, rng)


@dataclass(frozen=True, eq=False)
class Phrases:
    """Every phrase, and every word that is in none, with ``probability`` as a whole (M14).

    Raises ``ValueError`` for a text in which nobody looked for phrases.
    """

    probability: Probability = 0.15
    at_least_one: bool = True

    def __call__(self, text: TextTokens, rng: torch.Generator) -> Bool[Tensor, "T"]:
        """Which token rows to hide."""
        if text.phrases is None:
            raise ValueError(
                "hiding phrases needs TextTokens.phrases, but this text has none; mark spans in "
                "the examples, or hide whole words (WholeWords) instead"
            )
        return _whole(text, phrase_of_row(text), self.probability, self.at_least_one, rng)


@dataclass(frozen=True)
class Counted:
    """A counted few: ``min(most, max(1, round(share * tokens)))`` of each sentence (P7 [c]).

    ``tokens`` counts those of words; with ``last_special`` the special token that ends the
    sentence can be chosen too, though it is not counted.  Halves round to even [c].
    """

    share: float = 0.15
    most: int = 3
    last_special: bool = True

    def __call__(self, text: TextTokens, rng: torch.Generator) -> Bool[Tensor, "T"]:
        """Which token rows to hide."""
        offsets = text.offsets
        words = text.words >= 0
        counts = torch.zeros_like(offsets.lengths).index_add(0, offsets.owner, words.long())
        wanted = (counts.double() * self.share).round().long().clamp(1, self.most)
        last = (offsets.within == offsets.lengths[offsets.owner] - 1) & ~words
        allowed = words | last if self.last_special else words
        score = chance(len(text.ids), rng, text.ids.device).masked_fill(~allowed, 2.0)
        return (rank_in_run(score, offsets) < wanted[offsets.owner]) & allowed


def _drawn(
    text: TextTokens, probability: Probability, rng: torch.Generator
) -> tuple[Float[Tensor, "T"], Float[Tensor, "#T"]]:
    """A uniform number for every row, and the probability to compare it with."""
    score = chance(len(text.ids), rng, text.ids.device)
    given = torch.as_tensor(probability, device=text.ids.device).float().reshape(-1)
    return score, given if len(given) == 1 else given[text.ids]


def _whole(
    text: TextTokens,
    unit: Tensor,
    probability: Probability,
    at_least_one: bool,
    rng: torch.Generator,
) -> Bool[Tensor, "T"]:
    score, given = _drawn(text, probability, rng)
    first = first_rows(unit)
    allowed = (text.words >= 0) & first
    chosen = choose_rows(score, given, text.offsets, allowed, at_least_one=at_least_one)
    return chosen[first][unit]
