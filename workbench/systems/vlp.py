"""Unified VLP: one stream that reads both ways or writes a caption, as its mask says (P1–P13).

Defaults are those of the released code and load its checkpoints; each field of ``VlpVariant``
names a place where the text says otherwise or neither is sure (X5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import torch.nn.functional as F

from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.layers.blocks import Activation
from workbench.layers.embeddings import TextEmbedder
from workbench.layers.geometry import Code, geometry5, geometry6
from workbench.layers.initialisation import initialise
from workbench.objectives.language_losses import smoothed_divergence
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masking import Chooser, Counted, Tokens
from workbench.objectives.mixing import Alternate, Together
from workbench.systems.readings import named
from workbench.systems.vlp_head import language_heads
from workbench.systems.vlp_inputs import FirstTimesSeparator, PrefixedInputs
from workbench.systems.vlp_masking import OrTheEnd
from workbench.systems.vlp_pretext import RegionPretext
from workbench.systems.vlp_regions import (
    ClassAwareRegions,
    PlaceAndClasses,
    geometry5_and_confidence,
    geometry6_without_confidence,
)
from workbench.training.model import Pretraining


@dataclass(frozen=True)
class VlpVariant:
    """Where the text of the paper and the released code differ (X5, A11); Eq. 1 is P3.

    * ``confidence``: the detector's, a sixth number beside the box.
    * ``largest_coordinate``: boxes are fractions of the largest coordinates, not of the picture.
    * ``background``: a 1601st class among the probabilities.
    * ``geometry_first``: box numbers stand before classes.
    * ``projected``: W_c and W_g of Eq. 1 before the norms.
    * ``norm_weights``: these norms learn a scale and a shift.
    * ``relu`` after every layer of the region path; Eq. 1 says that it leaves nonlinearities out,
      so the text is read with them.
    * ``fc7``: the detector's layer that is fine-tuned (P11), in both.
    * ``block_hidden``: hidden regions cannot be looked at either, a line of the code that has no
      effect.
    * ``most_masked``: at most so many tokens of a sentence are hidden, and at least one; None is
      15 % of them, each by itself (P7).
    * ``last_masked``: the last [SEP] can be one of them (P7), in both, or no caption ever ended.
    * ``random_specials``: a random token may be a special one.

    Learning rates differ as well: ``optimisation.vlp``.
    """

    confidence: bool = True
    largest_coordinate: bool = True
    background: bool = True
    geometry_first: bool = True
    projected: bool = False
    norm_weights: bool = False
    relu: bool = True
    fc7: bool = True
    block_hidden: bool = False
    most_masked: int | None = 3
    last_masked: bool = True
    random_specials: bool = True

    def geometry(self) -> tuple[Code, int]:
        """The box numbers of this reading and how many they are."""
        if self.largest_coordinate:
            return (geometry6, 6) if self.confidence else (geometry6_without_confidence, 5)
        return (geometry5_and_confidence, 6) if self.confidence else (geometry5, 5)


Name = Literal["released", "paper"]
Reading = VlpVariant | Name
RELEASED = VlpVariant()
PAPER = VlpVariant(
    confidence=False,
    largest_coordinate=False,
    background=False,
    geometry_first=False,
    projected=True,
    norm_weights=True,
    block_hidden=True,
    most_masked=None,
    random_specials=False,
)
READINGS = {"released": RELEASED, "paper": PAPER}


def reading(variant: VlpVariant | str) -> VlpVariant:
    """A variant, or the one of this name; raises ``ValueError`` naming those there are."""
    return named(variant, READINGS)


EPS = 1e-5
"""Of every LayerNorm, where BERT has 1e-12 [c]."""


def base(
    vocabulary: int = 28996, feature_size: int = 2048, classes: int = 1601
) -> SingleStreamSizes:
    """VLP-base (P1): BERT-base's numbers, six segments [c]."""
    return SingleStreamSizes(
        768, 12, 12, 3072, vocabulary, 512, feature_size, classes, segments=6, eps=EPS
    )


def large(
    vocabulary: int = 28996, feature_size: int = 2048, classes: int = 1601
) -> SingleStreamSizes:
    """The same with BERT-large's numbers, which nobody has published."""
    return SingleStreamSizes(
        1024, 24, 16, 4096, vocabulary, 512, feature_size, classes, segments=6, eps=EPS
    )


def tiny(vocabulary: int, feature_size: int, classes: int) -> SingleStreamSizes:
    """A model of one million parameters that learns on a laptop in minutes, without dropout.

    Positions leave room for 64 regions and 64 tokens.
    """
    return SingleStreamSizes(
        128,
        4,
        4,
        512,
        vocabulary,
        128,
        feature_size,
        classes,
        segments=6,
        dropout=0.0,
        attention_dropout=0.0,
        eps=EPS,
    )


def encoder(
    sizes: SingleStreamSizes,
    separator_id: int,
    *,
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    init_range: float = 0.02,
) -> SingleStream:
    """VLP's encoder (P1–P4): BERT over [regions | CLS SEP words SEP].

    It is given ordinary sentences, [CLS] words [SEP], and sets the first [SEP], of id
    ``separator_id``, itself.  Under a seq2seq pattern ``source`` counts the rows that were given:
    1 for the [CLS] of a caption.  The region path begins as PyTorch's layers do, the rest as
    BERT's [c].
    """
    variant = reading(variant)
    text = TextEmbedder(
        sizes.width,
        sizes.vocabulary,
        sizes.positions,
        sizes.segments,
        sizes.dropout,
        sizes.eps,
        padding_id=None,
    )
    geometry, geometry_size = variant.geometry()
    code = PlaceAndClasses(
        sizes.width,
        sizes.classes,
        geometry=geometry,
        geometry_size=geometry_size,
        background=variant.background,
        geometry_first=variant.geometry_first,
        projected=variant.projected,
        norm_weights=variant.norm_weights,
    )
    regions = ClassAwareRegions(
        sizes.width,
        sizes.feature_size,
        sizes.dropout,
        code,
        code.size,
        fc7=variant.fc7,
        relu=variant.relu,
    )
    inputs = PrefixedInputs(text, regions, separator_id, block_hidden=variant.block_hidden)
    made = SingleStream(sizes, inputs, FirstTimesSeparator(sizes.width), activation)
    for part in (inputs.text, made.blocks, made.summary):
        part.apply(lambda module: initialise(module, init_range))
    return made


def chooser(variant: Reading) -> Chooser:
    """Which words a reading hides: a counted few, or every token with 15 % (P7)."""
    variant = reading(variant)
    if variant.most_masked is not None:
        return Counted(0.15, variant.most_masked, variant.last_masked)
    tokens = Tokens(0.15, at_least_one=False)
    return OrTheEnd(tokens) if variant.last_masked else tokens


def pretraining(
    sizes: SingleStreamSizes,
    mask_id: int,
    separator_id: int,
    random_range: tuple[int, int] | None = None,
    *,
    seq2seq: float = 0.75,
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    choose: Chooser | None = None,
    task_parts: bool = False,
    smoothing: float = 0.0,
    drop_worst: float = 0.0,
    region_pretext: float = 0.0,
    init_range: float = 0.02,
) -> Pretraining:
    """The encoder with both objectives on one head, drawn for every pair (P5-P8).

    ``seq2seq`` is the chance of a causal target: 0.75 for pre-training, 1 for captions, 0 for
    questions.  ``random_range`` are the ids of ordinary words (None: all), for variants that draw
    random tokens from them.
    ``task_parts`` gives each objective its own part of a head four times as wide
    (``relax_projection``), ``smoothing`` spreads the targets, ``drop_worst`` leaves out pairs
    (of each objective's own, X5), ``region_pretext`` is the share of hidden regions; with it one
    objective is drawn a step.  All four are off in the released runs.
    """
    variant = reading(variant)
    made = encoder(
        sizes, separator_id, variant=variant, activation=activation, init_range=init_range
    )
    inputs = cast(PrefixedInputs, made.inputs)
    heads = language_heads(
        inputs.text.word.weight, parts=task_parts, activation=activation, eps=sizes.eps
    )
    words = (0, sizes.vocabulary)
    if random_range is not None and not variant.random_specials:
        words = random_range
    language = [
        MaskedLanguage(
            head,
            mask_id,
            words,
            choose=choose or chooser(variant),
            name=name,
            source_rows=source_rows,
            smoothing=smoothing,
            smoothed=smoothed_divergence,
            drop_worst=drop_worst,
        )
        for head, name, source_rows in zip(heads, ("seq2seq", "mlm"), (1, None), strict=True)
    ]
    for head in heads:
        head.transform.apply(lambda module: initialise(module, init_range))
    weights = [seq2seq, 1.0 - seq2seq]
    if not region_pretext:
        return Pretraining(made, Alternate(language, weights, per="sample"))
    both = [
        Together([each, RegionPretext(inputs.regions, each.pattern, share=region_pretext)])
        for each in language
    ]
    return Pretraining(made, Alternate(both, weights))
