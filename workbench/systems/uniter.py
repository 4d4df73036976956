"""UNITER: one stream, conditional masking, one objective a step (U1–U13).

Defaults are those of the released code and load its checkpoints; each field of
``UniterVariant`` names a place where the paper says otherwise (X2, X3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from workbench.encoders.inputs import PlainInputs
from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.encoders.summaries import FirstToken
from workbench.layers.blocks import Activation
from workbench.layers.embeddings import RegionEmbedder, TextEmbedder
from workbench.layers.heads import ClassifierHead, TiedHead
from workbench.layers.initialisation import initialise
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import (
    Reduction,
    RegionClass,
    RegionDistribution,
    RegionFeatures,
)
from workbench.objectives.masking import Tokens, WholeWords
from workbench.objectives.matching import Matching
from workbench.objectives.mixing import Alternate, Together
from workbench.training.model import Pretraining
from workbench.weights.table import NameTable


@dataclass(frozen=True)
class UniterVariant:
    """Where the text of the paper and the released code differ.

    ``inner_norms`` and ``mask_row``: X3, the region embedder.  ``region_loss``: "mean" over
    features or classes (code) or "sum" (paper's squared L2 and divergence, U10, U12).
    """

    inner_norms: bool = True
    mask_row: bool = True
    region_loss: Reduction = "mean"


RELEASED = UniterVariant()
PAPER = UniterVariant(inner_norms=False, mask_row=False, region_loss="sum")

IN_DOMAIN_RATIOS = {"itm": 2.0, "mlm": 2.0, "mrfr": 1.0, "mrc-kl": 1.0}
"""One objective a step, drawn with these weights (U13)."""


def base(
    vocabulary: int = 28996, feature_size: int = 2048, classes: int = 1601
) -> SingleStreamSizes:
    """UNITER-base (U1): 86 M parameters without the word embeddings."""
    return SingleStreamSizes(768, 12, 12, 3072, vocabulary, 512, feature_size, classes)


def large(
    vocabulary: int = 28996, feature_size: int = 2048, classes: int = 1601
) -> SingleStreamSizes:
    """UNITER-large (U1): 303 M parameters without the word embeddings."""
    return SingleStreamSizes(1024, 24, 16, 4096, vocabulary, 512, feature_size, classes)


def tiny(vocabulary: int, feature_size: int, classes: int) -> SingleStreamSizes:
    """A model of one million parameters that learns on a laptop in minutes.

    Without dropout: it sees each example a few times only, and names come twice as fast.
    """
    return SingleStreamSizes(
        128, 4, 4, 512, vocabulary, 64, feature_size, classes, dropout=0.0, attention_dropout=0.0
    )


def encoder(
    sizes: SingleStreamSizes,
    *,
    variant: UniterVariant = RELEASED,
    activation: Activation = F.gelu,
    init_range: float = 0.02,
) -> SingleStream:
    """UNITER's encoder (U1–U4): BERT over [regions | text], pooled at the first token."""
    text = TextEmbedder(
        sizes.width, sizes.vocabulary, sizes.positions, sizes.segments, sizes.dropout, sizes.eps
    )
    regions = RegionEmbedder(
        sizes.width,
        sizes.feature_size,
        sizes.dropout,
        sizes.eps,
        inner_norms=variant.inner_norms,
        mask_row=variant.mask_row,
    )
    made = SingleStream(sizes, PlainInputs(text, regions), FirstToken(sizes.width), activation)
    return made.apply(lambda module: initialise(module, init_range))


def pretraining(
    sizes: SingleStreamSizes,
    mask_id: int,
    random_range: tuple[int, int],
    *,
    ratios: Mapping[str, float] = IN_DOMAIN_RATIOS,
    variant: UniterVariant = RELEASED,
    activation: Activation = F.gelu,
    whole_words: bool = False,
    mask_probability: float | torch.Tensor = 0.15,
    region_probability: float = 0.15,
    transport: float = 0.0,
    joint: bool = False,
    init_range: float = 0.02,
) -> Pretraining:
    """The encoder with UNITER's objectives on it, mixed by ``ratios`` (names as in U6–U12).

    With ``joint`` words and regions are hidden in the same pass, and the objectives that recover
    them are trained together, each as much as its ratio says: the ablation of U8 (U18, L11).
    """
    made = encoder(sizes, variant=variant, activation=activation, init_range=init_range)
    chooser = WholeWords if whole_words else Tokens
    word = made.inputs.text.word.weight
    projection = cast(RegionEmbedder, made.inputs.regions).feature.weight
    classifier = ClassifierHead(sizes.width, sizes.width, sizes.classes, sizes.eps)
    objectives: list[nn.Module] = [
        MaskedLanguage(
            TiedHead(word, activation=activation, eps=sizes.eps),
            mask_id,
            random_range,
            choose=chooser(mask_probability),
        ),
        Matching(nn.Linear(sizes.width, 2), transport=transport),
        RegionFeatures(
            TiedHead(projection, transposed=True, eps=sizes.eps),
            probability=region_probability,
            reduction=variant.region_loss,
        ),
        RegionClass(classifier, probability=region_probability, already_hidden=joint),
        RegionDistribution(
            classifier,
            probability=region_probability,
            reduction=variant.region_loss,
            already_hidden=joint,
        ),
    ]
    for objective in objectives:
        objective.apply(lambda module: initialise(module, init_range))
    names = [str(objective.name) for objective in objectives]
    unknown = sorted(set(ratios) - set(names))
    if unknown:
        raise ValueError(f"unknown objectives {unknown}; UNITER has {names}")
    weights = [ratios.get(name, 0.0) for name in names]
    mix = _joint(objectives, weights) if joint else Alternate(objectives, weights)
    return Pretraining(made, mix)


def _joint(objectives: Sequence[nn.Module], weights: Sequence[float]) -> Alternate:
    """Matching now and then; otherwise all that was hidden is recovered in one pass."""
    words, matching, *regions = objectives
    share = weights[0] + sum(weights[2:])
    hidden = Together([words, *regions], [each / share for each in (weights[0], *weights[2:])])
    return Alternate([matching, hidden], [weights[1], share])


_MLM, _MRFR, _ITM = "mix.by_name.mlm.head", "mix.by_name.mrfr.head", "mix.by_name.itm.head"


def _region_classifier(name: str) -> tuple[tuple[str, str], ...]:
    head = f"mix.by_name.{name}.head"
    return tuple(
        (f"region_classifier.net.{theirs}.{kind}", f"{head}.{ours}.{kind}")
        for theirs, ours in (("0", "transform.dense"), ("2", "transform.norm"), ("3", "scores"))
        for kind in ("weight", "bias")
    )


_ENCODER_MODULES = (
    ("uniter.embeddings.LayerNorm", "encoder.inputs.text.norm"),
    ("uniter.img_embeddings.img_linear", "encoder.inputs.regions.feature"),
    ("uniter.img_embeddings.pos_linear", "encoder.inputs.regions.geometry"),
    ("uniter.img_embeddings.img_layer_norm", "encoder.inputs.regions.feature_norm"),
    ("uniter.img_embeddings.pos_layer_norm", "encoder.inputs.regions.geometry_norm"),
    ("uniter.img_embeddings.LayerNorm", "encoder.inputs.regions.norm"),
    ("uniter.encoder.layer.{i}.attention.self.query", "encoder.blocks.{i}.attention.query"),
    ("uniter.encoder.layer.{i}.attention.self.key", "encoder.blocks.{i}.attention.key"),
    ("uniter.encoder.layer.{i}.attention.self.value", "encoder.blocks.{i}.attention.value"),
    ("uniter.encoder.layer.{i}.attention.output.dense", "encoder.blocks.{i}.attention.output"),
    ("uniter.encoder.layer.{i}.attention.output.LayerNorm", "encoder.blocks.{i}.attention_norm"),
    ("uniter.encoder.layer.{i}.intermediate.dense", "encoder.blocks.{i}.feed_forward.widen"),
    ("uniter.encoder.layer.{i}.output.dense", "encoder.blocks.{i}.feed_forward.narrow"),
    ("uniter.encoder.layer.{i}.output.LayerNorm", "encoder.blocks.{i}.feed_forward_norm"),
    ("uniter.pooler.dense", "encoder.summary.pooler.dense"),
)
_HEAD_MODULES = (
    ("cls.predictions.transform.dense", f"{_MLM}.transform.dense"),
    ("cls.predictions.transform.LayerNorm", f"{_MLM}.transform.norm"),
    ("feat_regress.net.0", f"{_MRFR}.transform.dense"),
    ("feat_regress.net.2", f"{_MRFR}.transform.norm"),
    ("itm_output", _ITM),
)
_ENCODER_ROWS = (
    ("uniter.embeddings.word_embeddings.weight", "encoder.inputs.text.word.weight"),
    ("uniter.embeddings.position_embeddings.weight", "encoder.inputs.text.position.weight"),
    ("uniter.embeddings.token_type_embeddings.weight", "encoder.inputs.text.segment.weight"),
    ("uniter.img_embeddings.mask_embedding.weight", "encoder.inputs.regions.mask.weight"),
)


def _both(modules: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{theirs}.{kind}", f"{ours}.{kind}")
        for theirs, ours in modules
        for kind in ("weight", "bias")
    )


ORIGINAL_NAMES = NameTable(
    (
        *_ENCODER_ROWS,
        *_both(_ENCODER_MODULES),
        *_both(_HEAD_MODULES),
        ("cls.predictions.bias", f"{_MLM}.bias"),
        ("cls.predictions.decoder.weight", f"{_MLM}.weight"),
        ("feat_regress.bias", f"{_MRFR}.bias"),
        ("feat_regress.weight", f"{_MRFR}.weight"),
        *_region_classifier("mrc"),
        *_region_classifier("mrc-kl"),
    )
)
"""Parameter names of the released ``UniterForPretraining`` beside ours."""

ORIGINAL_ENCODER_NAMES = NameTable(
    tuple(
        (theirs.removeprefix("uniter."), ours.removeprefix("encoder."))
        for theirs, ours in (*_ENCODER_ROWS, *_both(_ENCODER_MODULES))
    )
)
"""Parameter names of the released ``UniterModel`` beside those of ``SingleStream``."""
