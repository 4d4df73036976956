"""Unified VLP small enough for a laptop, built from plain numbers so that a recipe can name it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from workbench.objectives.masking import Tokens
from workbench.systems import vlp
from workbench.systems.text_initialisation import (
    SIX_SEGMENTS_OF_TWO,
    load_text_model,
    minilm_sizes,
    minilm_weights,
)
from workbench.systems.vlp_masking import OrTheEnd
from workbench.training.model import Pretraining

VARIANT = dataclasses.replace(vlp.RELEASED, random_specials=False)
"""The released one, but random tokens are words: a small vocabulary has few others."""


def vlp_tiny(
    *,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    separator_id: int | None = None,
    original_ids: Sequence[int] | None = None,
    seq2seq: float = 0.75,
    mask_probability: float = 0.15,
    emphasis: Mapping[str, float] | None = None,
    variant: vlp.Name | None = None,
) -> Pretraining:
    """VLP with 4 layers of 128 units, its weights drawn as wide as BERT-base's in proportion.

    With ``original_ids`` (our vocabulary's rows in MiniLM's) it has MiniLM's width of 384 and
    begins from its lowest 4 layers (P10).  ``separator_id`` is by default the id before [MASK],
    where BERT's vocabularies have [SEP].
    ``emphasis`` gives single vocabulary entries (ids as text, as JSON keeps them) a masking
    probability of their own.  Where that or ``mask_probability`` is chosen, tokens are hidden one
    by one, and the end of a sentence like one of them; otherwise as the variant says.  ``variant``
    None is this module's ``VARIANT``.
    """
    sizes = vlp.tiny(vocabulary, feature_size, classes)
    if original_ids is not None:
        wide = minilm_sizes(vocabulary, feature_size, classes)
        sizes = dataclasses.replace(
            wide, positions=sizes.positions, segments=sizes.segments, eps=sizes.eps
        )
    low, high = random_range
    choose = None
    if emphasis or mask_probability != 0.15:
        probability = torch.full((vocabulary,), mask_probability)
        for entry, own in (emphasis or {}).items():
            probability[int(entry)] = own
        choose = OrTheEnd(Tokens(probability), mask_probability)
    model = vlp.pretraining(
        sizes,
        mask_id,
        mask_id - 1 if separator_id is None else separator_id,
        (low, high),
        seq2seq=seq2seq,
        variant=variant or VARIANT,
        choose=choose,
        init_range=0.02 * (768 / sizes.width) ** 0.5,
    )
    if original_ids is not None:
        load_text_model(
            model, minilm_weights(), np.array(original_ids), segment_rows=SIX_SEGMENTS_OF_TWO
        )
    return model
