from __future__ import annotations

import random
import re

import pytest

from workbench.data.datasets import grammar
from workbench.data.datasets.composing import relation
from workbench.data.datasets.cutouts import Noun
from workbench.data.datasets.grammar import Thing
from workbench.data.datasets.mixture import Mixture, relations

NOUNS = (
    Noun("owl"), Noun("hat"), Noun("cherries", "many"), Noun("corn", "mass"), Noun("umbrella"),
    Noun("fox"), Noun("cup of coffee"),
)  # fmt: skip
KINDS = [kind for kind, _ in Mixture().kinds]
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}


def _things(rng: random.Random, repeated: bool = False) -> list[Thing]:
    nouns = rng.sample(NOUNS, rng.randint(2, 4))
    if repeated:
        nouns[0] = nouns[1] = NOUNS[0]
    things = []
    for noun in nouns:
        x, y = rng.uniform(0, 250), rng.uniform(0, 190)
        box = (x, y, x + rng.uniform(20, 70), y + rng.uniform(20, 60))
        colour, size = rng.choice(("orange", "white", None)), rng.choice(("small", None))
        things.append(Thing(noun, box, colour, size, rng.choice(("photo", "drawing"))))
    return things


def _sentences(count: int = 400):
    rng = random.Random(3)
    for place in range(count):
        things = _things(rng, repeated=place % 3 == 0)
        for kind in KINDS:
            sentence = kind(things, rng)
            if sentence is not None:
                yield things, sentence


def test_every_kind_is_said():
    assert {sentence.kind for _, sentence in _sentences()} == {
        "existence", "list", "relation", "count", "attribute",
    }  # fmt: skip


def test_spans_cut_out_exactly_what_they_say():
    for things, sentence in _sentences():
        for span in sentence.spans:
            words = sentence.text[span.start : span.end]
            noun = things[span.object].noun
            if span.role == "name":
                assert words in (noun.name, noun.plural)
                assert (words == noun.name) or sentence.kind in ("count", "list")
            elif span.role == "article":
                assert words in ("a", "an", "some")
            elif span.role == "count":
                assert words in ("two", "three", "four")
            elif span.role == "relation":
                assert words in OPPOSITE
            else:
                assert span.role == "attribute" and " " not in words


def test_every_name_in_a_sentence_is_a_span():
    for _, sentence in _sentences():
        bare = list(sentence.text)
        for span in sentence.spans:
            bare[span.start : span.end] = "_" * (span.end - span.start)
        for noun in NOUNS:
            assert noun.name not in "".join(bare)


def test_articles_agree_with_the_word_after_them():
    seen = set()
    for _, sentence in _sentences():
        for article, word in re.findall(r"\b(an?|some|two|three|four) ([a-z]+)", sentence.text):
            seen.add((article, word))
    assert ("an", "owl") in seen and ("a", "hat") in seen and ("some", "cherries") in seen
    assert ("an", "orange") in seen and ("a", "white") in seen
    assert ("two", "owls") in seen or ("three", "owls") in seen
    assert not seen & {("a", "owl"), ("an", "hat"), ("a", "cherries"), ("a", "corn"),
                       ("some", "owl"), ("a", "orange"), ("an", "white")}  # fmt: skip


def test_no_verb_agrees_with_a_name():
    for _, sentence in _sentences():
        assert not re.search(r"\b(is|are|was|were|there|has|have)\b", sentence.text)


def test_telling_spans_hide_everything_about_a_name():
    """With name, article, adjective and number hidden, what is left is the same for any noun."""
    rng_things = _things(random.Random(1))
    for kind in KINDS:
        left = set()
        for noun in NOUNS:
            things = [Thing(noun, t.box, t.colour, t.size, t.style) for t in rng_things[:1]]
            sentence = kind(things, random.Random(5))
            if sentence is None:
                continue
            text = list(sentence.text)
            for span in sorted(grammar.telling(sentence.spans, 0), key=lambda s: -s.start):
                text[span.start : span.end] = ["#"]
            left.add("".join(text))
        assert len(left) <= 1, left


def test_relations_are_true_of_the_boxes():
    for things, sentence in _sentences():
        if sentence.kind != "relation":
            continue
        said = next(s for s in sentence.spans if s.role == "relation")
        one, other = (s.object for s in sentence.spans if s.role == "name")
        side = sentence.text[said.start : said.end]
        assert relation(things[one].box, things[other].box) == side
        assert relation(things[other].box, things[one].box) == OPPOSITE[side]
        assert said.object == one


def test_the_names_alone_say_nothing_of_the_relation():
    """For one fixed scene both orders come equally often, so each name order is a coin toss."""
    rng = random.Random(0)
    owl = Thing(NOUNS[0], (0, 100, 40, 140), None, None, "photo")
    hat = Thing(NOUNS[1], (200, 100, 240, 140), None, None, "photo")
    said = [grammar.relating([owl, hat], rng).core for _ in range(1000)]
    share = said.count("an owl to the left of a hat") / 1000
    assert 0.45 < share < 0.55
    assert set(said) == {"an owl to the left of a hat", "a hat to the right of an owl"}


@pytest.mark.parametrize(
    ("one", "other", "side"),
    [
        ((0, 0, 10, 10), (50, 5, 60, 15), "left"),
        ((50, 5, 60, 15), (0, 0, 10, 10), "right"),
        ((0, 0, 10, 10), (5, 50, 15, 60), "above"),
        ((5, 50, 15, 60), (0, 0, 10, 10), "below"),
        ((0, 0, 10, 10), (40, 40, 50, 50), None),
        ((0, 0, 60, 10), (30, 12, 90, 22), None),
        ((0, 0, 40, 40), (20, 0, 60, 40), None),
    ],
)
def test_relation_is_plain_or_none(one, other, side):
    assert relation(one, other) == side


def test_a_list_names_every_object_once_in_any_order():
    rng = random.Random(0)
    things = [Thing(noun, (0, 0, 9, 9), None, None, "photo") for noun in NOUNS[:3]]
    said = {grammar.listing(things, rng).core for _ in range(200)}
    assert len(said) == 6
    assert "a hat, some cherries and an owl" in said


def test_repeated_names_are_counted_and_stay_out_of_relations():
    owls = [Thing(NOUNS[0], (60 * i, 0, 60 * i + 40, 40), None, None, "photo") for i in range(3)]
    hat = Thing(NOUNS[1], (100, 150, 140, 190), None, None, "drawing")
    rng = random.Random(0)
    assert grammar.counting([*owls, hat], rng).core == "three owls"
    assert {grammar.listing([*owls, hat], rng).core for _ in range(40)} == {
        "three owls and a hat", "a hat and three owls",
    }  # fmt: skip
    assert grammar.relating([*owls, hat], rng) is None
    assert grammar.counting([owls[0], hat], rng) is None
    assert grammar.listing(owls, rng) is None


def test_the_harder_mixture_leans_on_relations():
    mixture = relations()
    assert mixture.relation + mixture.place > 2 * Mixture().relation
    assert mixture.repeated == Mixture().repeated, "the pictures must stay the same"
    assert sum(weight for kind, weight in Mixture().kinds if kind is not grammar.counting) < 1


def test_places_are_said_of_things_that_plainly_lie_there():
    corner = Thing(NOUNS[0], (0, 0, 40, 40), None, None, "photo", middle=(0.1, 0.9))
    middle = Thing(NOUNS[1], (100, 100, 140, 140), None, None, "photo", middle=(0.5, 0.55))
    rng = random.Random(0)
    said = {grammar.placing([corner, middle], rng).core for _ in range(40)}
    assert said == {"an owl on the left", "an owl at the bottom"}
    assert grammar.placing([middle], rng) is None
    assert grammar.placing([corner, corner], rng) is None
