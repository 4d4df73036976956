"""One training example before tokenisation: a picture, a sentence, and what is known of both."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Characters ``start:end`` of a sentence, what they are, and the object they speak of.

    ``role`` is ``"name"`` (a whole object name without its article), ``"article"`` (a, an, some),
    ``"relation"`` (the one word that tells a relation apart: left, right, above, below),
    ``"place"`` (left, right, top, bottom), ``"count"`` or ``"attribute"``;
    ``object`` is the index into the scene's objects, −1 where the span speaks of none in it.
    """

    start: int
    end: int
    role: str
    object: int = -1


@dataclass(frozen=True)
class Example:
    """A picture and one sentence about it.

    ``name`` is unique in a data set, ``image`` is the picture's key in the feature store, ``kind``
    is the sentence's kind (``"existence"``, ``"relation"``, ``"list"``, ``"count"``,
    ``"attribute"``, ``"place"`` or ``"caption"``).
    """

    name: str
    image: str
    sentence: str
    kind: str = "caption"
    spans: tuple[Span, ...] = ()
