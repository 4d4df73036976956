"""UNIMO: one stream for pictures, sentences and pairs of both (M1–M4, M11–M20).

Only its fine-tuning code was released (X6), so the encoder and the language head load the
published weights, and the pre-training is the paper's, with a named field for every number that
neither gives (X7) and for every place where they differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import nn

from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.encoders.summaries import TwoPoolers
from workbench.layers.blocks import Activation
from workbench.layers.embeddings import RegionEmbedder, TextEmbedder
from workbench.layers.geometry import geometry5
from workbench.layers.heads import TiedHead
from workbench.layers.initialisation import initialise
from workbench.systems.unimo_inputs import UnimoInputs


@dataclass(frozen=True)
class UnimoVariant:
    """Where the text of the paper and the released code differ, or neither says (X6, X7, B9).

    * ``fusion`` of h_CLS and h_IMG: "mul" as in the released retrieval graph and the hint
      ``fusion_method`` of its configuration, or "sum" as in the entailment graph (X7).
    * ``head_norm_bias``: where the language head's LayerNorm bias begins; 1 in the code (B9).
    """

    fusion: Literal["mul", "sum"] = "mul"
    head_norm_bias: float = 1.0


RELEASED = UnimoVariant()
PAPER = UnimoVariant(head_norm_bias=0.0)

_FUSIONS = {"mul": torch.mul, "sum": torch.add}

FIRST_POSITION = 2
"""The row of the position table at which a text begins [c]."""


def base(
    vocabulary: int = 50265, feature_size: int = 2048, classes: int = 1601
) -> SingleStreamSizes:
    """UNIMO-base (M1): RoBERTa-base's numbers, texts of up to 512 tokens."""
    return SingleStreamSizes(
        768, 12, 12, 3072, vocabulary, 514, feature_size, classes, segments=0, eps=1e-5
    )


def large(
    vocabulary: int = 50265, feature_size: int = 2048, classes: int = 1601
) -> SingleStreamSizes:
    """UNIMO-large (M1): RoBERTa-large's numbers, texts of up to 512 tokens."""
    return SingleStreamSizes(
        1024, 24, 16, 4096, vocabulary, 514, feature_size, classes, segments=0, eps=1e-5
    )


def tiny(vocabulary: int, feature_size: int, classes: int) -> SingleStreamSizes:
    """A model of one million parameters that learns on a laptop in minutes, without dropout."""
    return SingleStreamSizes(
        128,
        4,
        4,
        512,
        vocabulary,
        64 + FIRST_POSITION,
        feature_size,
        classes,
        segments=0,
        dropout=0.0,
        attention_dropout=0.0,
        eps=1e-5,
    )


def encoder(
    sizes: SingleStreamSizes,
    *,
    variant: UnimoVariant = RELEASED,
    activation: Activation = F.gelu,
    padding_id: int | None = None,
    init_range: float = 0.02,
) -> SingleStream:
    """UNIMO's encoder (M2): RoBERTa over [[IMG] regions | text], two poolers with ReLU [c].

    A picture or a sentence alone is a pair whose other run is empty; it is encoded as if the
    other modality did not exist, which is what masked pseudo inputs come to (M3).
    """
    text = TextEmbedder(
        sizes.width,
        sizes.vocabulary,
        sizes.positions,
        0,
        sizes.dropout,
        sizes.eps,
        padding_id=padding_id,
    )
    regions = RegionEmbedder(
        sizes.width,
        sizes.feature_size,
        sizes.dropout,
        sizes.eps,
        code=geometry5,
        code_size=5,
        inner_norms=False,
        mask_row=False,
    )
    inputs = UnimoInputs(text, regions, FIRST_POSITION)
    summary = TwoPoolers(sizes.width, sizes.width, sizes.width, fuse=_FUSIONS[variant.fusion])
    made = SingleStream(sizes, inputs, summary, activation)
    return made.apply(lambda module: initialise(module, init_range))


def language_head(
    encoder: SingleStream,
    *,
    variant: UnimoVariant = RELEASED,
    activation: Activation = F.gelu,
    init_range: float = 0.02,
) -> TiedHead:
    """Vocabulary scores of text rows by the encoder's own word embeddings (B1)."""
    word = cast(nn.Parameter, encoder.inputs.text.word.weight)
    head = TiedHead(word, activation=activation, eps=encoder.sizes.eps)
    head.transform.apply(lambda module: initialise(module, init_range))
    nn.init.constant_(head.transform.norm.bias, variant.head_norm_bias)
    return head
