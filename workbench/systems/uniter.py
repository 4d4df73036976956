"""UNITER: one stream, conditional masking, one objective a step (U1–U13).

Defaults are those of the released code and load its checkpoints; each field of
``UniterVariant`` names a place where the paper says otherwise (X2-X4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import nn

from workbench.encoders.inputs import PlainInputs
from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.encoders.summaries import FirstToken
from workbench.layers.blocks import Activation
from workbench.layers.embeddings import RegionEmbedder, TextEmbedder
from workbench.layers.heads import ClassifierHead, SigmoidHead, TiedHead
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
from workbench.systems.readings import named
from workbench.systems.uniter_names import ORIGINAL_ENCODER_NAMES as ORIGINAL_ENCODER_NAMES
from workbench.systems.uniter_names import ORIGINAL_NAMES as ORIGINAL_NAMES
from workbench.training.model import Pretraining


@dataclass(frozen=True)
class UniterVariant:
    """Where the text of the paper and the released code differ.

    * ``inner_norms``: feature and place of a region are normalised each before their sum (X3).
    * ``mask_row``: a learned row is added to hidden regions beside the zeros (X3).
    * ``region_loss``: "mean" over features or classes ([c]) or "sum", the squared distance and the
      divergence themselves (U10, U12).
    * ``region_heads``: "deep" with a transform, the regression tied to the input's projection
      ([c]), or one "linear" layer each (U10, U11).
    * ``background_target``: the best class of a region can be the background (U11, X3).
    * ``replace``: a wrong pair gets another picture ("image", [c]) or either side (U9, X2).
    * ``match_scores``: two classes ([c]) or one score through a sigmoid (U9).
    * ``at_least_one`` hidden word or region in each pair ([c]); the paper draws each by itself.
    * ``transport``: weight of the optimal-transport distance in matching, only in [c] (X4).
    """

    inner_norms: bool = True
    mask_row: bool = True
    region_loss: Reduction = "mean"
    region_heads: Literal["deep", "linear"] = "deep"
    background_target: bool = False
    replace: Literal["image", "either"] = "image"
    match_scores: Literal[1, 2] = 2
    at_least_one: bool = True
    transport: float = 0.1


Name = Literal["released", "paper"]
Reading = UniterVariant | Name
RELEASED = UniterVariant()
PAPER = UniterVariant(
    inner_norms=False,
    mask_row=False,
    region_loss="sum",
    region_heads="linear",
    background_target=True,
    replace="either",
    match_scores=1,
    at_least_one=False,
    transport=0.0,
)
READINGS = {"released": RELEASED, "paper": PAPER}


def reading(variant: UniterVariant | str) -> UniterVariant:
    """A variant, or the one of this name; raises ``ValueError`` naming those there are."""
    return named(variant, READINGS)


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
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    init_range: float = 0.02,
) -> SingleStream:
    """UNITER's encoder (U1–U4): BERT over [regions | text], pooled at the first token."""
    variant = reading(variant)
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
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    whole_words: bool = False,
    mask_probability: float | torch.Tensor = 0.15,
    region_probability: float = 0.15,
    joint: bool = False,
    init_range: float = 0.02,
) -> Pretraining:
    """The encoder with UNITER's objectives on it, mixed by ``ratios`` (names as in U6–U12).

    With ``joint`` words and regions are hidden in the same pass, and the objectives that recover
    them are trained together, each as much as its ratio says: the ablation of U8 (U18, L11).
    """
    variant = reading(variant)
    made = encoder(sizes, variant=variant, activation=activation, init_range=init_range)
    chooser = WholeWords if whole_words else Tokens
    word = made.inputs.text.word.weight
    pair = nn.Linear(sizes.width, 2) if variant.match_scores == 2 else SigmoidHead(sizes.width)
    regression, classifier = _region_heads(made, variant)
    shared = {"probability": region_probability, "at_least_one": variant.at_least_one}
    objectives: list[nn.Module] = [
        MaskedLanguage(
            TiedHead(word, activation=activation, eps=sizes.eps),
            mask_id,
            random_range,
            choose=chooser(mask_probability, variant.at_least_one),
        ),
        Matching(pair, replace=variant.replace, transport=variant.transport),
        RegionFeatures(regression, reduction=variant.region_loss, **shared),
        RegionClass(
            classifier, background=variant.background_target, already_hidden=joint, **shared
        ),
        RegionDistribution(
            classifier, reduction=variant.region_loss, already_hidden=joint, **shared
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


def _region_heads(made: SingleStream, variant: UniterVariant) -> tuple[nn.Module, nn.Module]:
    """What regresses features, and what scores classes for both objectives that need them."""
    sizes = made.sizes
    if variant.region_heads == "linear":
        return nn.Linear(sizes.width, sizes.feature_size), nn.Linear(sizes.width, sizes.classes)
    projection = cast(RegionEmbedder, made.inputs.regions).feature.weight
    regression = TiedHead(projection, transposed=True, eps=sizes.eps)
    return regression, ClassifierHead(sizes.width, sizes.width, sizes.classes, sizes.eps)


def _joint(objectives: Sequence[nn.Module], weights: Sequence[float]) -> Alternate:
    """Matching now and then; otherwise all that was hidden is recovered in one pass."""
    words, matching, *regions = objectives
    share = weights[0] + sum(weights[2:])
    hidden = Together([words, *regions], [each / share for each in (weights[0], *weights[2:])])
    return Alternate([matching, hidden], [weights[1], share])
