"""Hiding spans of geometric length until a share of the sentence is hidden (M15)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.objectives.units import chance, first_rows, phrase_of_row
from workbench.pairs import TextTokens


@dataclass(frozen=True)
class GeometricSpans:
    """Spans of words (or phrases, where they are known) until ``share`` of the tokens is hidden.

    A span's length in words is geometric with parameter ``p``, at most ``longest`` (M15); spans
    start anywhere, end where another begins, and the last is cut to the budget of
    ``max(1, round(share * tokens))``, but never inside a word or phrase (M14).
    """

    share: float = 0.15
    p: float = 0.2
    longest: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.p < 1 or not 0 < self.share <= 1 or self.longest < 1:
            raise ValueError(
                "spans need 0 < p < 1, 0 < share <= 1 and longest >= 1, got "
                f"p={self.p}, share={self.share}, longest={self.longest}"
            )

    def __call__(self, text: TextTokens, rng: torch.Generator) -> Bool[Tensor, "T"]:
        """Which token rows to hide."""
        unit = phrase_of_row(text)
        first = first_rows(unit)
        count = int(first.sum())
        order = chance(count, rng, "cpu")
        lengths = geometric_lengths(chance(count, rng, "cpu"), self.p, self.longest).tolist()
        rows = torch.bincount(unit, minlength=count).tolist()
        allowed = (text.words >= 0)[first].tolist()
        per_sentence = torch.bincount(text.offsets.owner[first], minlength=len(text)).tolist()
        hidden = torch.zeros(count, dtype=torch.bool)
        begin = 0
        for units in per_sentence:
            free = {u for u in range(begin, begin + units) if allowed[u]}
            starts = begin + torch.argsort(order[begin : begin + units])
            budget = max(1, round(self.share * sum(rows[u] for u in free)))
            hidden[list(_spent(starts.tolist(), free, lengths, rows, budget))] = True
            begin += units
        return hidden.to(unit.device)[unit]


def geometric_lengths(uniform: Float[Tensor, "n"], p: float, longest: int) -> Int[Tensor, "n"]:
    """Lengths 1 to ``longest`` with probability in proportion to ``(1 - p) ** length``."""
    shortened = uniform.double() * (1 - (1 - p) ** longest)
    return (1 + torch.floor(torch.log1p(-shortened) / math.log1p(-p))).long().clamp(1, longest)


def _spent(
    starts: list[int], free: set[int], lengths: list[int], rows: list[int], budget: int
) -> set[int]:
    """Units in spans from these starts in turn, until they hold ``budget`` rows."""
    hidden: set[int] = set()
    for start in starts:
        for unit in range(start, start + lengths[start]):
            if budget <= 0 or unit not in free or unit in hidden:
                break
            hidden.add(unit)
            budget -= rows[unit]
    return hidden
