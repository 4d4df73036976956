"""Systems small enough for a laptop, built from plain numbers so that a recipe can name them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from workbench.systems import uniter
from workbench.systems.text_initialisation import load_text_encoder, minilm_sizes, minilm_weights
from workbench.training.model import Pretraining

VARIANT = dataclasses.replace(uniter.RELEASED, transport=0.0)
"""The released one without the optimal-transport distance, which takes longer than the rest."""


def uniter_tiny(
    *,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    original_ids: Sequence[int] | None = None,
    ratios: Mapping[str, float] = uniter.IN_DOMAIN_RATIOS,
    mask_probability: float = 0.15,
    emphasis: Mapping[str, float] | None = None,
    region_probability: float = 0.15,
    joint: bool = False,
    variant: uniter.Name | None = None,
) -> Pretraining:
    """UNITER with 4 layers of 128 units, its weights drawn as wide as BERT-base's in proportion.

    With ``original_ids`` (our vocabulary's rows in MiniLM's) it has MiniLM's width of 384 and
    begins from its lowest 4 layers (U5).  ``emphasis`` gives single vocabulary entries (ids as
    text, as JSON keeps them) a masking probability of their own: a curriculum for words that are
    rare and hard.  ``joint`` hides words and regions in one pass (U18, L11).  ``variant`` None is
    this module's ``VARIANT``.
    """
    if original_ids is None:
        sizes = uniter.tiny(vocabulary, feature_size, classes)
    else:
        sizes = minilm_sizes(vocabulary, feature_size, classes)
    low, high = random_range
    model = uniter.pretraining(
        sizes,
        mask_id,
        (low, high),
        variant=variant or VARIANT,
        ratios=ratios,
        mask_probability=by_entry(vocabulary, mask_probability, emphasis or {}),
        region_probability=region_probability,
        joint=joint,
        init_range=init_range(sizes.width),
    )
    if original_ids is not None:
        load_text_encoder(model.encoder, minilm_weights(), np.array(original_ids))
    return model


def init_range(width: int) -> float:
    """How wide to draw the weights of a model so that its rows vary like BERT-base's."""
    return 0.02 * (768 / width) ** 0.5


def by_entry(vocabulary: int, others: float, emphasis: Mapping[str, float]) -> float | torch.Tensor:
    """Masking probabilities for every entry of a vocabulary; one number where all are alike."""
    if not emphasis:
        return others
    probability = torch.full((vocabulary,), others)
    for entry, own in emphasis.items():
        probability[int(entry)] = own
    return probability
