"""The toy's encoder under other objectives, without dropout: nothing depends on how it is cut.

The training process imports this file by name.
"""

from __future__ import annotations

import toy_pretraining as toy
from torch import nn

from tests.properties.everything import MIXES, batch_of
from workbench.layers.attention import Attention
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import RegionFeatures
from workbench.objectives.mixing import Alternate, Together
from workbench.objectives.next_token import NextToken
from workbench.training.model import Pretraining


def still(model: nn.Module) -> nn.Module:
    """The model without dropout."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(module, Attention):
            module.dropout = 0.0
    return model


def pretraining(mix: str) -> Pretraining:
    encoder = toy.pretraining(dropout=0.0).encoder
    words, regions = nn.Linear(16, toy.WORDS), nn.Linear(16, toy.FEATURES)
    # Sentences of four and five tokens have nothing to guess, those of six have one word.
    late, everywhere = NextToken(words, source=4), RegionFeatures(regions, probability=1.0)
    mixes = {
        "generation": lambda: Alternate([late], [1.0]),
        "regions": lambda: Alternate([everywhere], [1.0]),
        "together": lambda: Together([late, everywhere], [0.7, 2.0]),
        "per sample": lambda: Alternate([late, everywhere], [2.0, 1.0], per="sample"),
        "worst": lambda: Alternate(
            [MaskedLanguage(words, mask_id=3, random_range=(4, toy.WORDS), drop_worst=0.3)], [1.0]
        ),
    }
    return Pretraining(encoder, mixes[mix]())


def system(name: str) -> nn.Module:
    """Any system of the property tests."""
    return still(MIXES[name]())


class Pairs:
    """The pairs of the property tests."""

    def batch(self, step: int):
        return batch_of(step)

    def fingerprint(self) -> str:
        return "pairs"


def pairs() -> Pairs:
    return Pairs()
