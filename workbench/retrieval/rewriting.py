"""Captions with one detail changed: does the model see the difference? (M37, M38, M5)."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.data.datasets.cutouts import indefinite
from workbench.data.example import Example, Span

Opposites = Mapping[str, Sequence[Sequence[str]]]
"""For each role of a span its groups of words; words of one group exclude each other there."""

SIDES: Opposites = {
    "relation": (("left", "right"), ("above", "below")),
    "place": (("left", "right"), ("top", "bottom")),
    "count": (("two", "three", "four"),),
}
"""Groups that hold of any pictures: relations, places and numbers."""


@dataclass(frozen=True)
class Rewritten:
    """A sentence in which one span was exchanged, so that it is no longer true of its picture.

    ``text`` numbers the sentence it was made of, ``kind`` is the span's role; ``before`` and
    ``after`` are the changed characters (start, end) in the one and in the other.
    """

    text: int
    sentence: str
    kind: str
    before: tuple[int, int]
    after: tuple[int, int]


def rewritings(
    examples: Sequence[Example],
    opposites: Opposites,
    shown: Sequence[Collection[str]] = (),
    seed: int = 0,
) -> list[Rewritten]:
    """For every sentence one rewriting a role: a span of it chosen at random, and another word.

    ``shown`` are, for each sentence, words that hold of its picture and so would leave it true.
    A word is passed over where "a" or "an" before it would no longer be right.
    """
    found = []
    for number, example in enumerate(examples):
        rng = random.Random(f"rewriting/{seed}/{example.name}")
        avoided = set(shown[number]) if shown else set()
        for role in dict.fromkeys(span.role for span in example.spans):
            spans = [span for span in example.spans if span.role == role]
            choices = [
                (span, word)
                for span in spans
                for word in _others(example.sentence, span, opposites.get(role, ()))
                if word not in avoided
            ]
            if choices:
                span, word = rng.choice(choices)
                found.append(_exchanged(number, example.sentence, span, word))
    return found


def _others(sentence: str, span: Span, groups: Sequence[Sequence[str]]) -> Iterator[str]:
    """The words of the groups of a span's word that fit behind the article before it."""
    word = sentence[span.start : span.end]
    before = sentence[: span.start].split()
    article = before[-1].lower() if before else ""
    for group in groups:
        if word in group:
            for other in group:
                if other != word and (article not in ("a", "an") or indefinite(other) == article):
                    yield other


def _exchanged(number: int, sentence: str, span: Span, word: str) -> Rewritten:
    changed = sentence[: span.start] + word + sentence[span.end :]
    after = (span.start, span.start + len(word))
    return Rewritten(number, changed, span.role, (span.start, span.end), after)
