"""Captions with one detail rewritten: exactly one, of the right kind, and no longer true."""

from __future__ import annotations

import pytest

from workbench.data.example import Example, Span
from workbench.retrieval.rewriting import SIDES, rewritings

WORDS = {
    **SIDES,
    "name": (("owl", "pear", "ant", "flag"), ("owls", "pears", "flags")),
    "attribute": (("white", "red", "orange"), ("small", "large")),
}


def said(sentence: str, **roles: str) -> Example:
    spans = [
        Span(sentence.index(word), sentence.index(word) + len(word), role, place)
        for place, (role, word) in enumerate(roles.items())
    ]
    return Example("e", "i", sentence, spans=tuple(spans))


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        (said("a pear to the left of a flag.", relation="left"), {"right"}),
        (said("a pear below a flag.", relation="below"), {"above"}),
        (said("a pear at the top.", place="top"), {"bottom"}),
        (said("we see three owls.", count="three"), {"two", "four"}),
        (said("we see three owls.", name="owls"), {"pears", "flags"}),
        (said("look at a pear.", name="pear"), {"flag"}),
        (said("an owl.", name="owl"), {"ant"}),
        (said("a white owl.", attribute="white"), {"red"}),
        (said("a white owl.", name="owl"), {"pear", "ant", "flag"}),
        (said("a small owl.", attribute="small"), {"large"}),
    ],
)
def test_one_word_becomes_another_of_its_group(example, expected) -> None:
    found = [rewritings([example], WORDS, seed=seed) for seed in range(30)]
    words = {one.sentence[slice(*one.after)] for [one] in found}
    assert words == expected
    for [one] in found:
        assert one.kind == example.spans[0].role and one.text == 0
        before, after = example.sentence[: one.before[0]], example.sentence[one.before[1] :]
        assert one.sentence == before + one.sentence[slice(*one.after)] + after


def test_what_holds_of_the_picture_is_not_put_in() -> None:
    example = said("a white owl.", name="owl")
    for seed in range(20):
        [one] = rewritings([example], WORDS, [{"pear", "ant"}], seed)
        assert one.sentence == "a white flag."
    assert rewritings([example], WORDS, [{"pear", "ant", "flag"}]) == []


def test_one_rewriting_a_role_and_the_same_ones_again() -> None:
    examples = [
        said("an owl to the left of three pears.", name="owl", relation="left", count="three"),
        said("rain.", weather="rain"),
        said("a pear.", name="pear"),
    ]
    found = rewritings(examples, WORDS)
    assert [(one.text, one.kind) for one in found] == [
        *((0, "name"), (0, "relation"), (0, "count")), (2, "name"),
    ]  # fmt: skip
    assert rewritings(examples, WORDS) == found
    assert any(rewritings(examples, WORDS, seed=seed) != found for seed in range(1, 9))
