"""ViLBERT and its baseline small enough for a laptop, from plain numbers for recipes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from workbench.systems import vilbert
from workbench.systems.text_initialisation import load_text_encoder, minilm_sizes, minilm_weights
from workbench.systems.tiny import by_entry, init_range
from workbench.training.model import Pretraining

VARIANT = dataclasses.replace(vilbert.PAPER, only_matched=True, at_least_one=True)
"""The paper's, but no words or regions are asked of wrong pairs, and every pair hides some: with
few steps each one has to teach."""


def vilbert_tiny(
    *,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    original_ids: Sequence[int] | None = None,
    blocks: int = 2,
    text_layers: int = 4,
    ratios: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    mask_probability: float = 0.15,
    emphasis: Mapping[str, float] | None = None,
    region_probability: float = 0.15,
    variant: vilbert.Name | None = None,
) -> Pretraining:
    """ViLBERT with text layers of 128 units and ``blocks`` co-attention blocks (V1–V11, V23).

    With ``original_ids`` (our vocabulary's rows in MiniLM's) its text stream has MiniLM's width of
    384 and begins from its lowest ``text_layers`` layers (V22).  ``ratios``, if given, train one
    objective a step in these proportions, ``weights`` those that it names in one pass; ``emphasis``
    gives single vocabulary entries (ids as text, as JSON keeps them) a masking probability of their
    own.  ``variant`` None is this module's ``VARIANT``.
    """
    sizes = vilbert.tiny(vocabulary, feature_size, classes, blocks, text_layers)
    if original_ids is not None:
        text = minilm_sizes(vocabulary, feature_size, classes)
        sizes = dataclasses.replace(sizes, width=text.width, heads=text.heads, inner=text.inner)
    low, high = random_range
    model = vilbert.pretraining(
        sizes,
        mask_id,
        (low, high),
        variant=variant or VARIANT,
        ratios=ratios,
        weights=weights,
        mask_probability=by_entry(vocabulary, mask_probability, emphasis or {}),
        region_probability=region_probability,
        init_range=init_range(sizes.width),
    )
    if original_ids is not None:
        load_text_encoder(model.encoder, minilm_weights(), np.array(original_ids))
    return model


def vilbert_single_stream_tiny(
    *,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    original_ids: Sequence[int] | None = None,
    ratios: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    mask_probability: float = 0.15,
    emphasis: Mapping[str, float] | None = None,
    region_probability: float = 0.15,
    variant: vilbert.Name | None = None,
) -> Pretraining:
    """The single-stream baseline of ``vilbert_tiny`` (V21), with the same arguments."""
    if original_ids is None:
        sizes = vilbert.single_tiny(vocabulary, feature_size, classes)
    else:
        sizes = minilm_sizes(vocabulary, feature_size, classes)
    low, high = random_range
    model = vilbert.single_stream(
        sizes,
        mask_id,
        (low, high),
        variant=variant or VARIANT,
        ratios=ratios,
        weights=weights,
        mask_probability=by_entry(vocabulary, mask_probability, emphasis or {}),
        region_probability=region_probability,
        init_range=init_range(sizes.width),
    )
    if original_ids is not None:
        load_text_encoder(model.encoder, minilm_weights(), np.array(original_ids))
    return model
