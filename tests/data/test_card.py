from __future__ import annotations

import dataclasses
import json

import pytest

from workbench.data.card import Card

CARD = Card(
    name="things",
    source="a <package>",
    licence="GPL-2",
    counts={"pairs": 1234},
    means={"words in a sentence": 3.5},
    splits={"train": "most of them"},
    notes=("made up",),
)


def test_a_card_reads_as_text():
    text = str(CARD)
    for part in ("things", "GPL-2", "1,234", "mean words in a sentence", "3.50", "made up"):
        assert part in text
    assert len(text.splitlines()) == 7


def test_a_card_shows_as_a_table_with_escaped_text():
    shown = CARD._repr_html_()
    assert "a &lt;package&gt;" in shown and "<package>" not in shown
    assert shown.count("<tr>") == 6


def test_a_card_is_plain_values():
    again = Card(**{**json.loads(json.dumps(CARD.as_dict())), "notes": ("made up",)})
    assert again == CARD
    with pytest.raises(dataclasses.FrozenInstanceError):
        CARD.name = "other"
