"""Words as people read them, and the sentence that says what is shown.  Twin of ``text.js``."""

from __future__ import annotations

import math
from collections.abc import Sequence

SPECIAL = frozenset({"[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<|endoftext|>"})


def readable_pieces(words: Sequence[str]) -> list[tuple[str, bool]]:
    """Sub-words as (text, joined): markers of WordPiece, byte-pair and SentencePiece taken off."""
    marked = any(word.startswith(("Ġ", "▁")) for word in words)
    pieces = []
    for index, word in enumerate(words):
        if word in SPECIAL:
            pieces.append((word, False))
        elif word.startswith("##"):
            pieces.append((word[2:], True))
        elif word.startswith(("Ġ", "▁")):
            pieces.append((word[1:], False))
        else:
            pieces.append((word, marked and index > 0 and words[index - 1] not in SPECIAL))
    return pieces


def special_words(words: Sequence[str]) -> list[int]:
    """Indices of the sentence marks that carry no word ([CLS], [SEP], <s>, padding), not [MASK]."""
    return [index for index, word in enumerate(words) if word in SPECIAL]


def percent(share: float) -> str:
    """A share as a whole percentage: "31 %", "<1 %", "0 %"."""
    if not share > 0:
        return "0 %"
    return "<1 %" if share < 0.005 else f"{math.floor(share * 100 + 0.5)} %"


def region_name(region: int, label: str) -> str:
    """ "region 4 (toucan)", or "region 4" where it has no label."""
    return f"region {region} ({label})" if label else f"region {region}"


def attention_sentence(
    focus: str, focus_is_word: bool, other: str, direction: str, share: float
) -> str:
    """The one sentence under the picture: who attends most to whom, and how much."""
    query, key = direction.split("_to_")
    crossing = query != key
    who = f"“{focus}”" if focus_is_word else focus.replace("region", "Region", 1)
    whom = f"“{other}”" if focus_is_word != crossing else other
    if not share > 0:
        return f"{who} has no attention to show here."
    reads = not crossing or (query == "word") == focus_is_word
    verb = "attends most to" if reads else "is attended to most by"
    return f"{who} {verb} {whom}, {percent(share)}."
