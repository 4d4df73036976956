"""From a human caption ("A red apple.") to the noun that names the thing and what is said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.data.datasets.cutouts import Noun

COLOURS = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white",
    "grey", "silver", "ginger",
)  # fmt: skip
_SAID = (*COLOURS, "big", "small", "little", "large", "huge", "very", "happy", "ripe", "colorful",
         "lit", "old", "folded", "sliced", "modern", "old-fashioned",
         "sitting", "sleeping", "male", "female", "shelled", "empty", "plain", "closed", "open",
         "singing", "floppy-eared", "wrapped", "european", "magellanic", "adelaide", "sumatran",
         "tamworth", "fuji", "granny", "poisonous", "spiny")  # fmt: skip
_CONTAINERS = "pair|bunch|cluster|head|string|bulb|couple"
_QUOTED = re.compile(r"[“”\"]")
_ENDINGS = re.compile(
    r"[.!,;:?(—–]|\b(?:with|in|on|at|inside|by|from|for|to|covered|hatched|that|is|lets|worn|used"
    r"|said|making|playing|dancing|resembles|fruit|plant|'root')(?:\b|$)"
)


@dataclass(frozen=True)
class Named:
    """A noun, and the adjectives that a caption gives it."""

    noun: Noun
    adjectives: tuple[str, ...]


def named(caption: str, masses: frozenset[str] = frozenset()) -> Named | None:
    """The noun of a caption of the form "A <noun>.", "Some <nouns>." or "A pair of <nouns>.".

    None where the caption has another form; ``masses`` are the names that have no plural.
    """
    found = re.match(rf"(?:(?:a|an) (?:{_CONTAINERS}) of (.+)|(some|a|an) (.+))", caption.lower())
    if found is None:
        return None
    many = found[1] is not None or found[2] == "some"
    rest = _ENDINGS.split(_QUOTED.sub("", found[1] or found[3]))[0].strip()
    words = rest.split()
    adjectives = []
    while len(words) > 1 and words[0] in _SAID:
        adjectives.append(words.pop(0))
    if not words or len(words) > 3 or not all(re.fullmatch(r"[a-z-]+", w) for w in words):
        return None
    name = " ".join(words)
    number = "mass" if name in masses else "many" if many else "one"
    return Named(Noun(name, number), tuple(adjectives))
