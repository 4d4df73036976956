"""Guesses for what is hidden: how surprised a model is, what helps it, how that reads.

Twin of ``guesses.js``.  Surprise is −log₂ of the probability of what was there, in bits: 0 where
the model is sure of it, 1 where it holds it for as likely as not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from widgets.core.text import percent

_LEAST = 1e-12  # a probability of 0 is 40 bits and not infinitely many


def surprise(chance: float) -> float:
    """How surprised a model is by what it held for this likely, in bits."""
    return -math.log2(min(1.0, max(_LEAST, chance)))


def total_surprise(chances: Sequence[float]) -> float:
    """How surprised it is by the pieces of a word together, in bits."""
    return sum(surprise(chance) for chance in chances)


def word_groups(
    rows: Sequence[int], joined: Sequence[bool], turns: Sequence[int]
) -> list[list[int]]:
    """Hidden places by the word that they are pieces of: neighbours, hidden in the same turn."""
    groups: list[list[int]] = []
    for place, row in enumerate(rows):
        before = groups[-1][-1] if groups else -1
        goes_on = before >= 0 and joined[place] and rows[before] == row - 1
        if goes_on and turns[before] == turns[place]:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def bits_text(bits: float) -> str:
    """Bits as people read them: "2.4", "−0.3", "0"."""
    if abs(bits) < 0.05:
        return "0"
    size = math.floor(abs(bits) * 10 + 0.5) / 10
    return f"{'−' if bits < 0 else ''}{size:.1f}"


def guess_sentence(
    asked: str, is_word: bool, best: Sequence[str], chance: Sequence[float], bits: float
) -> str:
    """What is guessed with and without the other modality, and how much that helps."""
    helper, verb = ("the picture", "helps") if is_word else ("the words", "help")
    it = "it" if is_word else "them"
    if abs(bits) < 0.05:
        verdict = f"{helper} {'makes' if is_word else 'make'} no difference"
    elif bits > 0:
        verdict = f"{helper} {verb} by {bits_text(bits)} bits"
    else:
        misleads = "misleads" if is_word else "mislead"
        verdict = f"{helper} {misleads} by {bits_text(-bits)} bits"
    guessed = (
        f"With {helper} the model guesses “{best[0]}” ({percent(chance[0])}), "
        f"without {it} “{best[1]}” ({percent(chance[1])})"
    )
    return f"{asked} is hidden. {guessed}: {verdict}."


def riddle(is_word: bool) -> str:
    """What is said while the answer is kept back."""
    what = "Which word is hidden here?" if is_word else "What is hidden in this region?"
    return f"{what} Guess before you look at the answer."


def rank_text(detected: str, rank: int, chance: float) -> str:
    """Where the truth, or the class that a detector saw, stands among all guesses, from 1."""
    truth = f"The detector’s “{detected}”" if detected else "The truth"
    return f"{truth} is guess {rank:,}, {percent(chance)}."
