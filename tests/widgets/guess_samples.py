"""A made-up guess record: words of the drawn landscape in turn, two regions, four steps."""

from __future__ import annotations

import numpy as np

from tests.widgets import widget_samples as samples
from widgets.guesses.record import CLASS, WORD, GuessRecord

PLACES = (2, 3, 4, 8, 11, 12, 13, 16, 18)
TURNS = (0, 1, 2, 3, 4, 5, 5, 6, 7)
TRUTH = ("red", "ball", "lies", "house", "yellow", "sun", "##shine", "sports ball", "kite")
OTHERS = ("ball", "house", "tree", "door", "cloud", "boat")
NAMED = (2, 3, 8, 11, 12, 13)
STEPS = (0, 400, 800, 1200)


def guess_record(guesses: int = 4, seed: int = 1) -> GuessRecord:
    """Named words come to be known by the picture alone; the others are known either way."""
    rng = np.random.default_rng(seed)
    shape = (len(STEPS), 2, len(PLACES))
    top = np.zeros((*shape, guesses), dtype="<U16")
    chance, own, rank = np.zeros((*shape, guesses)), np.zeros(shape), np.zeros(shape, dtype=int)
    for moment, side, place in np.ndindex(*shape):
        learned = moment / (len(STEPS) - 1)
        knows = PLACES[place] not in NAMED or side == 0
        sure = 0.04 + 0.8 * learned * (knows + 0.12 * (not knows)) * rng.uniform(0.8, 1)
        others = [word for word in OTHERS if word != TRUTH[place]]
        rest = np.sort(rng.dirichlet(np.ones(len(others))))[::-1] * (1 - sure)
        pairs = sorted([(sure, TRUTH[place]), *zip(rest, others, strict=True)], reverse=True)
        top[moment, side, place] = [word for _, word in pairs[:guesses]]
        chance[moment, side, place] = [share for share, _ in pairs[:guesses]]
        own[moment, side, place] = sure
        rank[moment, side, place] = 1 + [word for _, word in pairs].index(TRUTH[place])
    return GuessRecord(
        samples.WORDS,
        samples.attention_record().boxes,
        samples.scene(),
        np.array(PLACES),
        TRUTH,
        top,
        chance,
        own,
        rank,
        np.array(STEPS),
        np.array(TURNS),
        tuple(WORD if row < len(samples.WORDS) else CLASS for row in PLACES),
        samples.LABELS,
        "drawn landscape, made-up guesses",
    )
