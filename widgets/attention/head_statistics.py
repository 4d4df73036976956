"""What kind of head each one is, in a few numbers that can be compared over layers and models.

A statistic is an array [L, H].  One of your own is such an array too and stands beside these.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from widgets.attention.record import AttentionRecord
from widgets.core.text import special_words

MEANINGS: dict[str, str] = {
    "entropy": "How widely rows look, in bits: 0 is one row alone, 5 is 32 rows alike.",
    "word_distance": "How far from a word the words that it looks at stand, in rows.",
    "region_distance": "How far apart the centres of a region and of those it looks at are, "
    "in widths and heights of the picture.",
    "word_to_region": "The share of the words' attention that goes to regions.",
    "region_to_word": "The share of the regions' attention that goes to words.",
    "word_to_word": "The share of the words' attention that stays among words.",
    "region_to_region": "The share of the regions' attention that stays among regions.",
    "special": "The share of all attention that goes to special tokens such as [CLS] and [SEP].",
    "itself": "The share of its attention that a row keeps for itself.",
}
"""What each statistic says, in one sentence."""


def statistics(record: AttentionRecord) -> dict[str, Float[np.ndarray, "L H"]]:
    """Every statistic of ``MEANINGS`` for each head, a mean over its rows.

    A row that sees itself alone is at rest (a stream that a block does not touch) and does not
    count; a head without rows to speak of has NaN.  Distances weigh every step by the attention it
    gets; the row of a whole picture has no place and counts in no distance.
    """
    attention = record.attention.astype(np.float64)
    words, size = len(record.words), attention.shape[-1]
    itself = np.diagonal(attention, axis1=2, axis2=3)
    active = attention.sum(-1) - itself > 0
    is_word = np.arange(size) < words
    to_words, to_regions = attention[..., :words].sum(-1), attention[..., words:].sum(-1)
    special = attention[..., special_words(record.words)].sum(-1)
    bits = -(attention * np.log2(np.where(attention > 0, attention, 1.0))).sum(-1)
    return {
        "entropy": _mean(bits, active),
        "word_distance": _step(attention, active, _between_words(record)),
        "region_distance": _step(attention, active, _between_regions(record)),
        "word_to_region": _mean(to_regions, active & is_word),
        "region_to_word": _mean(to_words, active & ~is_word),
        "word_to_word": _mean(to_words, active & is_word),
        "region_to_region": _mean(to_regions, active & ~is_word),
        "special": _mean(special, active),
        "itself": _mean(itself, active),
    }


def _mean(
    values: Float[np.ndarray, "L H S"], counted: Bool[np.ndarray, "L H S"]
) -> Float[np.ndarray, "L H"]:
    """The mean over the rows that count; NaN where there are none."""
    return _ratio((values * counted).sum(-1), counted.sum(-1))


def _step(
    attention: Float[np.ndarray, "L H S S"],
    active: Bool[np.ndarray, "L H S"],
    distance: Float[np.ndarray, "S S"],
) -> Float[np.ndarray, "L H"]:
    """The mean distance under attention, over the row pairs that have one."""
    seen = attention * active[..., None] * np.isfinite(distance)
    return _ratio((seen * np.nan_to_num(distance)).sum((-1, -2)), seen.sum((-1, -2)))


def _ratio(above: Float[np.ndarray, "L H"], below: np.ndarray) -> Float[np.ndarray, "L H"]:
    empty = np.full(above.shape, np.nan)
    return np.divide(above, below, out=empty, where=below > 0)


def _between_words(record: AttentionRecord) -> Float[np.ndarray, "S S"]:
    """Rows between two words; NaN where a region is one of the two."""
    place = np.full(record.attention.shape[-1], np.nan)
    place[: len(record.words)] = np.arange(len(record.words))
    return np.abs(place[:, None] - place[None])


def _between_regions(record: AttentionRecord) -> Float[np.ndarray, "S S"]:
    """Distances between box centres; NaN where a word or an added row is one of the two."""
    place = np.full((record.attention.shape[-1], 2), np.nan)
    place[len(record.words) :] = (record.boxes[:, :2] + record.boxes[:, 2:]) / 2
    if len(record.added):
        place[record.added] = np.nan
    return np.linalg.norm(place[:, None] - place[None], axis=-1)
