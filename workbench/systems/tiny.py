"""Systems small enough for a laptop, built from plain numbers so that a recipe can name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from workbench.systems import uniter
from workbench.training.model import Pretraining


def uniter_tiny(
    *,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    ratios: Mapping[str, float] = uniter.IN_DOMAIN_RATIOS,
    mask_probability: float = 0.15,
    emphasis: Mapping[str, float] | None = None,
    region_probability: float = 0.15,
) -> Pretraining:
    """UNITER with 4 layers of 128 units, its weights drawn as wide as BERT-base's in proportion.

    ``emphasis`` gives single vocabulary entries (ids as text, as JSON keeps them) a masking
    probability of their own: a curriculum for words that are rare and hard.
    """
    low, high = random_range
    probability: float | torch.Tensor = mask_probability
    if emphasis:
        probability = torch.full((vocabulary,), mask_probability)
        for entry, own in emphasis.items():
            probability[int(entry)] = own
    sizes = uniter.tiny(vocabulary, feature_size, classes)
    return uniter.pretraining(
        sizes,
        mask_id,
        (low, high),
        ratios=ratios,
        mask_probability=probability,
        region_probability=region_probability,
        init_range=0.02 * (768 / sizes.width) ** 0.5,
    )
