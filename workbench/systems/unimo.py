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
from workbench.encoders.summaries import FirstRows, TwoPoolers
from workbench.layers.blocks import Activation
from workbench.layers.embeddings import RegionEmbedder, TextEmbedder
from workbench.layers.geometry import geometry5
from workbench.layers.heads import TiedHead
from workbench.layers.initialisation import initialise
from workbench.objectives.contrastive import Contrastive, WeightedProduct, cosine, product
from workbench.objectives.fragments import FragmentGeneration
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import (
    Reduction,
    RegionClass,
    RegionDistribution,
    RegionFeatures,
)
from workbench.objectives.masking import Chooser, GeometricSpans
from workbench.objectives.matching import Matching
from workbench.pairs import PairBatch
from workbench.patterns import AttentionPattern
from workbench.systems.readings import named
from workbench.systems.unimo_inputs import ObjectTags, UnimoInputs, with_object_tags
from workbench.systems.unimo_learning import UnimoLearning
from workbench.training.model import Pretraining


@dataclass(frozen=True)
class UnimoVariant:
    """Where the text of the paper and the released code differ, or neither says (X6, X7, B9).

    * ``fusion`` of h_CLS and h_IMG: "mul" as in the released retrieval graph and the hint
      ``fusion_method`` of its configuration, or "sum" as in the entailment graph (X7).
    * ``poolers``: a layer with ReLU behind h_CLS and behind h_IMG, which the paper does not have;
      it compares the states themselves (B9, M2).
    * ``head_norm_bias``: where the language head's LayerNorm bias begins; 1 in the code (B9).
    * ``overlap``: regions overlapping a hidden one by more than this are hidden too: 0.4 in the
      released base configuration, 0.3 in the large one and in the paper (M11, X6).
    * ``region_target``: the detector's distribution ("soft", as ``image_use_soft_label`` of the
      configuration hints) or its best class ("hard", as M13 reads).
    * ``region_loss`` of the regression: squared distance ("sum", M12), or its mean over the
      feature, which keeps it from drowning the other losses (nothing was released).
    * ``object_tags``: captions are made from the names of detected objects too (X6).
    * ``continuous_positions``: the sentence counts on where its tags end; off in every released
      script, and on it crashes (B9).
    * ``alternate``: the two language objectives are drawn for each step or for each pair (M17).
    * ``contrast``: what CMCL compares: pictures and sentences each encoded "alone", whole
      "pairs", or the pairs "masked" for the other objectives, in the one pass that Algorithm 1
      draws (X7).  Until captions are rewritten (M5-M7) only the first learns to tell pictures
      apart: in a pair each side has seen the other and knows it by that.
    * ``similarity``: the d(V, W) of equation 7, a "cosine", the inner "product" that
      ``fusion_method`` hints, or that "weighted" by one linear unit as for retrieval (X7).
    * ``temperature``: the tau of equation 7, told nowhere (X7).
    """

    fusion: Literal["mul", "sum"] = "mul"
    poolers: bool = True
    head_norm_bias: float = 1.0
    overlap: float = 0.4
    region_target: Literal["soft", "hard"] = "soft"
    region_loss: Reduction = "mean"
    object_tags: bool = True
    continuous_positions: bool = False
    alternate: Literal["step", "sample"] = "step"
    contrast: Literal["alone", "pairs", "masked"] = "alone"
    similarity: Literal["cosine", "product", "weighted"] = "cosine"
    temperature: float = 0.1


Name = Literal["released", "paper"]
Reading = UnimoVariant | Name
RELEASED = UnimoVariant()
PAPER = UnimoVariant(
    poolers=False,
    head_norm_bias=0.0,
    overlap=0.3,
    region_target="hard",
    region_loss="sum",
    object_tags=False,
    contrast="masked",
)
READINGS = {"released": RELEASED, "paper": PAPER}


def reading(variant: UnimoVariant | str) -> UnimoVariant:
    """A variant, or the one of this name; raises ``ValueError`` naming those there are."""
    return named(variant, READINGS)


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
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    padding_id: int | None = None,
    init_range: float = 0.02,
) -> SingleStream:
    """UNIMO's encoder (M2): RoBERTa over [[IMG] regions | text], with two poolers [c].

    A picture or a sentence alone is a pair whose other run is empty; it is encoded as if the
    other modality did not exist, which is what masked pseudo inputs come to (M3).
    """
    variant = reading(variant)
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
    width, fuse = sizes.width, _FUSIONS[variant.fusion]
    summary = TwoPoolers(width, width, width, fuse=fuse) if variant.poolers else FirstRows(fuse)
    made = SingleStream(sizes, inputs, summary, activation)
    return made.apply(lambda module: initialise(module, init_range))


def language_head(
    encoder: SingleStream,
    *,
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    init_range: float = 0.02,
) -> TiedHead:
    """Vocabulary scores of text rows by the encoder's own word embeddings (B1)."""
    variant = reading(variant)
    word = cast(nn.Parameter, encoder.inputs.text.word.weight)
    head = TiedHead(word, activation=activation, eps=encoder.sizes.eps)
    head.transform.apply(lambda module: initialise(module, init_range))
    nn.init.constant_(head.transform.norm.bias, variant.head_norm_bias)
    return head


def captioning(
    batch: PairBatch, tags: ObjectTags, *, variant: Reading = RELEASED
) -> tuple[PairBatch, AttentionPattern]:
    """What a caption is made from: the picture, and its ``tags`` where the variant reads them."""
    variant = reading(variant)
    if variant.object_tags:
        return with_object_tags(batch, tags, continuous=variant.continuous_positions)
    return batch, AttentionPattern("seq2seq", torch.zeros_like(batch.text.offsets.lengths))


def pretraining(
    sizes: SingleStreamSizes,
    mask_id: int,
    random_range: tuple[int, int],
    start_id: int,
    end_id: int,
    *,
    variant: Reading = RELEASED,
    contrastive: bool = True,
    activation: Activation = F.gelu,
    choose: Chooser = GeometricSpans(),  # noqa: B008
    region_probability: float = 0.15,
    fragment_lengths: tuple[int, int] = (4, 32),
    fragment_share: float = 0.25,
    padding_id: int | None = None,
    init_range: float = 0.02,
) -> Pretraining:
    """The encoder under visual, language and contrastive learning (M4, M11-M17, M19).

    Objectives are "mlm" and "fragments" (language), "mrfr" with "mrc-kl" or "mrc" (visual), and
    "cmcl", or "itm" in its place without ``contrastive`` (M30).  Fragments stand between
    ``start_id`` and ``end_id`` ([CLS] and [SEP], M16).  Lone pictures and sentences are pairs
    with an empty run; they get no loss for what they lack (M3).
    """
    variant = reading(variant)
    made = encoder(
        sizes, variant=variant, activation=activation, padding_id=padding_id, init_range=init_range
    )
    head = language_head(made, variant=variant, activation=activation, init_range=init_range)
    language = [
        MaskedLanguage(head, mask_id, random_range, choose=choose),
        FragmentGeneration(head, start_id, end_id, lengths=fragment_lengths, share=fragment_share),
    ]
    classifier = nn.Linear(sizes.width, sizes.classes)
    soft = variant.region_target == "soft"
    regions = [
        RegionFeatures(
            nn.Linear(sizes.width, sizes.feature_size),
            probability=region_probability,
            overlap=variant.overlap,
            reduction=variant.region_loss,
        ),
        (RegionDistribution if soft else RegionClass)(
            classifier, already_hidden=True, reduction="sum"
        ),
    ]
    across = Matching(nn.Linear(sizes.width, 2), replace="either")
    if contrastive:
        across = _contrast(sizes.width, variant)
    for objective in (*regions, across):
        objective.apply(lambda module: initialise(module, init_range))
    together = contrastive and variant.contrast == "masked"
    mix = UnimoLearning(language, regions, across, per=variant.alternate, together=together)
    return Pretraining(made, mix)


def _contrast(width: int, variant: UnimoVariant) -> Contrastive:
    similarity = {"cosine": cosine, "product": product}.get(variant.similarity)
    return Contrastive(
        WeightedProduct(width) if similarity is None else similarity,
        temperature=variant.temperature,
        alone=variant.contrast == "alone",
        paired=variant.contrast != "alone",
    )
