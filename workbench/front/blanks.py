"""Blanks in a visitor's sentence: ``___`` or [MASK] where a word is to be guessed."""

from __future__ import annotations

import re

from workbench.data.tokenizer import Tokenizer
from workbench.explain.hiding import Hidden, every_word
from workbench.explain.shown import Shown

BLANK = re.compile(r"_{2,}|\[mask\]|<mask>", re.IGNORECASE)
"""Two underscores or more, or the mask of either kind of vocabulary."""


def with_masks(sentence: str, tokenizer: Tokenizer) -> str:
    """The sentence with every blank as the tokenizer spells a hidden word."""
    mask = tokenizer.pieces([tokenizer.mask_id])[0]
    return BLANK.sub(lambda _: mask, sentence)


def without_blanks(sentence: str) -> str:
    """The words that are left of a sentence."""
    return BLANK.sub(" ", sentence)


def asked_words(shown: Shown, mask_id: int) -> list[Hidden]:
    """All blanks of a sentence together; of one that has none, every word in turn."""
    places = (shown.batch.text.ids == mask_id).nonzero().squeeze(1).tolist()
    return [Hidden(tuple(places))] if places else every_word(shown)
