"""UNIMO small enough for a laptop, built from plain numbers so that a recipe can name it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from workbench.objectives.masking import Chooser, GeometricSpans, Tokens
from workbench.systems import unimo
from workbench.systems.text_initialisation import load_text_encoder, minilm_sizes, minilm_weights
from workbench.systems.tiny import by_entry, init_range
from workbench.training.model import Pretraining


def unimo_tiny(
    *,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    start_id: int,
    end_id: int,
    original_ids: Sequence[int] | None = None,
    contrastive: bool = True,
    mask_probability: float = 0.15,
    emphasis: Mapping[str, float] | None = None,
    region_probability: float = 0.15,
    variant: unimo.Name = "released",
) -> Pretraining:
    """UNIMO with 4 layers of 128 units, its weights drawn as wide as RoBERTa-base's in proportion.

    With ``original_ids`` (our vocabulary's rows in MiniLM's) it has MiniLM's width of 384 and
    begins from its lowest 4 layers (M1).  ``emphasis`` gives single vocabulary entries (ids as
    text, as JSON keeps them) a masking probability of their own; tokens are then hidden one by
    one instead of in spans that hold the share ``mask_probability``.
    """
    if original_ids is None:
        sizes = unimo.tiny(vocabulary, feature_size, classes)
    else:
        given = minilm_sizes(vocabulary, feature_size, classes)
        positions = given.positions + unimo.FIRST_POSITION
        sizes = dataclasses.replace(given, positions=positions, segments=0)
    low, high = random_range
    choose: Chooser = GeometricSpans(mask_probability)
    if emphasis:
        choose = Tokens(by_entry(vocabulary, mask_probability, emphasis))
    model = unimo.pretraining(
        sizes,
        mask_id,
        (low, high),
        start_id,
        end_id,
        variant=variant,
        contrastive=contrastive,
        choose=choose,
        region_probability=region_probability,
        init_range=init_range(sizes.width),
    )
    if original_ids is not None:
        load_text_encoder(model.encoder, minilm_weights(), np.array(original_ids))
    return model
