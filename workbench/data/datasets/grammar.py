"""Sentences about a scene: existence, lists, relations, counts and attributes.

No sentence lets a word outside a name say which name it is: templates need no verb that agrees
with the name, and the article is a span of its own (role ``"article"``, same object) which a
measurement masks together with the name.  Given the two names alone, either order and either
relation of an axis is equally likely.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.data.datasets.composing import Box, relation
from workbench.data.datasets.cutouts import Noun, indefinite
from workbench.data.example import Span

NUMBERS = {2: "two", 3: "three", 4: "four"}
_LEADS = ("", "a picture of ", "you can see ", "the picture shows ", "look at ", "we see ")
_SIDES = {"left": "to the left of", "right": "to the right of", "above": "above", "below": "below"}


@dataclass(frozen=True)
class Thing:
    """An object as the grammar sees it: noun, box in pixels, colour, size, style, and where its
    middle is in parts of the picture's width and height."""

    noun: Noun
    box: Box
    colour: str | None
    size: str | None
    style: str
    middle: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True)
class Sentence:
    """A sentence, its kind, its spans, and what it says once its lead is taken away."""

    text: str
    kind: str
    spans: tuple[Span, ...]
    core: str


class _Writer:
    """A sentence under construction that remembers where its marked words are."""

    def __init__(self, lead: str = "") -> None:
        self.lead = lead
        self.text = lead
        self.spans: list[Span] = []

    def plain(self, words: str) -> None:
        self.text += words

    def marked(self, words: str, role: str, object: int) -> None:
        self.spans.append(Span(len(self.text), len(self.text) + len(words), role, object))
        self.text += words

    def thing(self, noun: Noun, object: int, adjective: str = "") -> None:
        """ "an owl", or "a white owl"."""
        phrase = f"{adjective} {noun.name}".strip()
        article = indefinite(phrase) if noun.number == "one" else "some"
        self.marked(article, "article", object)
        self.plain(" ")
        if adjective:
            self.marked(adjective, "attribute", object)
            self.plain(" ")
        self.marked(noun.name, "name", object)

    def several(self, noun: Noun, count: int, object: int) -> None:
        """ "three owls"."""
        self.marked(NUMBERS[count], "count", object)
        self.plain(" ")
        self.marked(noun.plural, "name", object)

    def finished(self, kind: str) -> Sentence:
        return Sentence(self.text + ".", kind, tuple(self.spans), self.text.removeprefix(self.lead))


def telling(spans: Sequence[Span], object: int) -> tuple[Span, ...]:
    """The spans of a sentence that together give an object's name away: the name itself, its
    article, and the adjective or number beside it.

    Hide all of them to measure what a model knows of the name from the picture alone.
    """
    roles = ("name", "article", "attribute", "count")
    return tuple(span for span in spans if span.object == object and span.role in roles)


Kind = Callable[[Sequence[Thing], random.Random], Sentence | None]


def existence(things: Sequence[Thing], rng: random.Random) -> Sentence | None:
    """ "you can see an owl." — one object, any of the scene."""
    index = rng.randrange(len(things))
    writer = _Writer(rng.choice(_LEADS))
    writer.thing(things[index].noun, index)
    return writer.finished("existence")


def listing(things: Sequence[Thing], rng: random.Random) -> Sentence | None:
    """ "an owl, some cherries and two flags." — every object, in any order."""
    groups = list(_groups(things).values())
    if len(groups) < 2:
        return None
    rng.shuffle(groups)
    writer = _Writer(rng.choice(_LEADS))
    for place, group in enumerate(groups):
        if place:
            writer.plain(" and " if place == len(groups) - 1 else ", ")
        noun = things[group[0]].noun
        if len(group) > 1:
            writer.several(noun, len(group), group[0])
        else:
            writer.thing(noun, group[0])
    return writer.finished("list")


def relating(things: Sequence[Thing], rng: random.Random) -> Sentence | None:
    """ "an owl to the left of a pear." — two objects whose places differ plainly on one axis."""
    alone = [group[0] for group in _groups(things).values() if len(group) == 1]
    pairs = [
        (a, b, side)
        for a in alone
        for b in alone
        if a != b and (side := relation(things[a].box, things[b].box))
    ]
    if not pairs:
        return None
    # Scenes are wider than high, so that pairs across are the more common: even that out.
    down = [pair for pair in pairs if pair[2] in ("above", "below")]
    across = [pair for pair in pairs if pair[2] in ("left", "right")]
    wanted = down if not across or (down and rng.random() < 0.6) else across
    one, other, side = rng.choice(wanted)
    writer = _Writer(rng.choice(_LEADS))
    writer.thing(things[one].noun, one)
    before, _, after = _SIDES[side].partition(side)
    writer.plain(f" {before}")
    writer.marked(side, "relation", one)
    writer.plain(f"{after} ")
    writer.thing(things[other].noun, other)
    return writer.finished("relation")


def placing(things: Sequence[Thing], rng: random.Random) -> Sentence | None:
    """ "an owl on the left." — one object that lies plainly on one side of the picture.

    Plainly: its centre is off the middle by at least a twelfth of the picture's width or height.
    """
    alone = [group[0] for group in _groups(things).values() if len(group) == 1]
    sides = [(index, side) for index in alone for side in _places(things[index])]
    if not sides:
        return None
    index, side = rng.choice(sides)
    writer = _Writer(rng.choice(_LEADS))
    writer.thing(things[index].noun, index)
    writer.plain(" on the " if side in ("left", "right") else " at the ")
    writer.marked(side, "place", index)
    return writer.finished("place")


def counting(things: Sequence[Thing], rng: random.Random) -> Sentence | None:
    """ "we see three owls." — a name that the scene shows more than once."""
    groups = [group for group in _groups(things).values() if len(group) > 1]
    if not groups:
        return None
    group = rng.choice(groups)
    writer = _Writer(rng.choice(_LEADS))
    writer.several(things[group[0]].noun, len(group), group[0])
    return writer.finished("count")


def describing(things: Sequence[Thing], rng: random.Random) -> Sentence | None:
    """ "a small owl.", "a white owl." or "a drawing of an owl." — one thing known of an object."""
    groups = [group for group in _groups(things).values() if len(group) == 1]
    known = [
        (group[0], word)
        for group in groups
        for word in (things[group[0]].colour, things[group[0]].size, things[group[0]].style)
        if word
    ]
    if not known:
        return None
    index, word = rng.choice(known)
    if word in ("photo", "drawing"):
        writer = _Writer("a ")
        writer.marked(word, "attribute", index)
        writer.plain(" of ")
        writer.thing(things[index].noun, index)
    else:
        writer = _Writer(rng.choice(_LEADS))
        writer.thing(things[index].noun, index, word)
    return writer.finished("attribute")


def _places(thing: Thing) -> list[str]:
    """The sides of the picture on which a thing plainly lies."""
    words = (("left", "right"), ("top", "bottom"))
    off = [(side, place - 0.5) for side, place in zip(words, thing.middle, strict=True)]
    return [pair[int(away > 0)] for pair, away in off if abs(away) >= 1 / 12]


def _groups(things: Sequence[Thing]) -> dict[str, list[int]]:
    """For each name the objects that bear it."""
    groups: dict[str, list[int]] = {}
    for index, thing in enumerate(things):
        groups.setdefault(thing.noun.name, []).append(index)
    return groups
