"""ViLBERT: a text stream and a region stream that meet in co-attention blocks (V1–V11).

Defaults are those of the first released code and load its checkpoints; each field of
``VilbertVariant`` names a place where the paper or the multi-task code differs (X1).  The paper's
dagger rows (V22) are these models without pre-training: build one, fill its text side with
``text_initialisation.load_text_encoder`` and fine-tune.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from workbench.encoders.inputs import InputLayer, LedInputs
from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.encoders.summaries import TwoPoolers
from workbench.encoders.two_stream import TwoStream, TwoStreamSizes
from workbench.layers.blocks import Activation
from workbench.layers.embeddings import RegionEmbedder, TextEmbedder
from workbench.layers.geometry import geometry5
from workbench.layers.heads import ClassifierHead, TiedHead
from workbench.layers.initialisation import initialise
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import RegionDistribution, RegionFeatures
from workbench.objectives.masking import Tokens
from workbench.objectives.matching import Matching
from workbench.objectives.mixing import Alternate, Together
from workbench.systems.readings import named
from workbench.systems.vilbert_inputs import TaskInputs
from workbench.systems.vilbert_sizes import base as base
from workbench.systems.vilbert_sizes import large as large
from workbench.systems.vilbert_sizes import schedule as schedule
from workbench.systems.vilbert_sizes import single_base as single_base
from workbench.systems.vilbert_sizes import single_tiny as single_tiny
from workbench.systems.vilbert_sizes import tiny as tiny
from workbench.training.model import Pretraining

Sizes = TwoStreamSizes | SingleStreamSizes


@dataclass(frozen=True)
class VilbertVariant:
    """Where paper, first code and multi-task code differ (X1); each value loads and trains.

    * ``fusion`` of h_IMG and h_CLS: "mul" (V10), or "sum" where a configuration says so [c].
    * ``replace``: a wrong pair gets another caption ("text", [c]) or either side ("either", V10).
    * ``only_matched``: wrong pairs are not asked for their hidden words and regions (multi-task).
    * ``overlap``: regions overlapping a hidden one by more than this are hidden too, as the
      multi-task paper says; its code only leaves them out of the count of [IMG]'s mean, which is
      ``whole_overlap``.
    * ``region_target``: "kl" to the detector's classes (V9), or "mse" to the feature [c].
    * ``zeroed``: share of hidden regions that become zeros; the others stay as they are (V9).
    * ``at_least_one`` hidden row in each pair; no original has it, and its loss is NaN without any.
    * ``random_specials``: a random token may be a special one; [c] draws from all entries.
    * ``region_head``: the region head has the text stream's activation ([c]) or its own.
    * ``tasks``: how many task tokens there are, and ``text_gates``: text scales the regions'
      attention; both options of the multi-task code.
    """

    fusion: Literal["mul", "sum"] = "mul"
    replace: Literal["text", "either"] = "text"
    only_matched: bool = False
    overlap: float | None = None
    whole_overlap: float | None = None
    region_target: Literal["kl", "mse"] = "kl"
    zeroed: float = 0.9
    at_least_one: bool = False
    random_specials: bool = True
    region_head: Literal["text", "region"] = "text"
    tasks: int = 0
    text_gates: bool = False


Name = Literal["released", "paper", "multi-task"]
Reading = VilbertVariant | Name
RELEASED = VilbertVariant()
PAPER = VilbertVariant(replace="either", random_specials=False, region_head="region")
MULTI_TASK = VilbertVariant(only_matched=True, whole_overlap=0.4)
"""The multi-task code as its pre-training command runs it; task tokens come with fine-tuning."""
READINGS = {"released": RELEASED, "paper": PAPER, "multi-task": MULTI_TASK}


def reading(variant: VilbertVariant | str) -> VilbertVariant:
    """A variant, or the one of this name; raises ``ValueError`` naming those there are."""
    return named(variant, READINGS)


_FUSIONS = {"mul": torch.mul, "sum": torch.add}


def _inputs(sizes: Sizes, region_width: int, variant: VilbertVariant) -> InputLayer:
    text = TextEmbedder(
        sizes.width, sizes.vocabulary, sizes.positions, sizes.segments, sizes.dropout, sizes.eps
    )
    regions = RegionEmbedder(
        region_width,
        sizes.feature_size,
        sizes.dropout,
        sizes.eps,
        code=geometry5,
        code_size=5,
        inner_norms=False,
        mask_row=False,
    )
    return TaskInputs(text, regions, variant.tasks) if variant.tasks else LedInputs(text, regions)


def encoder(
    sizes: TwoStreamSizes,
    *,
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    region_activation: Activation = F.gelu,
    init_range: float = 0.02,
) -> TwoStream:
    """ViLBERT's encoder (V1–V7), pooled at [CLS] and [IMG] with ReLU into the shared width."""
    variant = reading(variant)
    summary = TwoPoolers(
        sizes.width,
        sizes.region_width,
        sizes.shared,
        fuse=_FUSIONS[variant.fusion],
        dropout=sizes.dropout,
    )
    made = TwoStream(
        sizes,
        _inputs(sizes, sizes.region_width, variant),
        summary,
        sizes.shared,
        activation,
        region_activation,
        text_gates=variant.text_gates,
    )
    return made.apply(lambda module: initialise(module, init_range))


def single_stream_encoder(
    sizes: SingleStreamSizes,
    *,
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    init_range: float = 0.02,
) -> SingleStream:
    """The baseline (V21): one BERT over the same inputs, both first rows pooled in the same way."""
    variant = reading(variant)
    if variant.text_gates:
        raise ValueError("text_gates scale a region stream, and a single stream has none")
    fuse = _FUSIONS[variant.fusion]
    summary = TwoPoolers(sizes.width, sizes.width, sizes.width, fuse=fuse, dropout=sizes.dropout)
    made = SingleStream(sizes, _inputs(sizes, sizes.width, variant), summary, activation)
    return made.apply(lambda module: initialise(module, init_range))


def pretraining(
    sizes: TwoStreamSizes,
    mask_id: int,
    random_range: tuple[int, int],
    *,
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    region_activation: Activation = F.gelu,
    ratios: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    mask_probability: float | torch.Tensor = 0.15,
    region_probability: float = 0.15,
    init_range: float = 0.02,
) -> Pretraining:
    """The encoder under its three objectives, all in one pass and equally weighted (V8–V11).

    ``weights`` weighs their losses otherwise; those that it does not name are left out.
    ``random_range`` are the ids of ordinary words, for variants that draw random tokens from
    them.  With ``ratios`` each step trains one objective drawn in proportion instead (conditional
    masking, U8); names are "itm", "mlm" and "mrc-kl" (or "mrfr" with ``region_target="mse"``).
    """
    variant = reading(variant)
    made = encoder(
        sizes,
        variant=variant,
        activation=activation,
        region_activation=region_activation,
        init_range=init_range,
    )
    own = activation if variant.region_head == "text" else region_activation
    masks = _Masks(mask_id, random_range, mask_probability, region_probability)
    return _under_objectives(made, variant, masks, activation, own, (ratios, weights), init_range)


def single_stream(
    sizes: SingleStreamSizes,
    mask_id: int,
    random_range: tuple[int, int],
    *,
    variant: Reading = RELEASED,
    activation: Activation = F.gelu,
    ratios: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    mask_probability: float | torch.Tensor = 0.15,
    region_probability: float = 0.15,
    init_range: float = 0.02,
) -> Pretraining:
    """The single-stream baseline under the same objectives (V21); arguments as ``pretraining``."""
    variant = reading(variant)
    made = single_stream_encoder(
        sizes, variant=variant, activation=activation, init_range=init_range
    )
    masks = _Masks(mask_id, random_range, mask_probability, region_probability)
    mixing = ratios, weights
    return _under_objectives(made, variant, masks, activation, activation, mixing, init_range)


@dataclass(frozen=True)
class _Masks:
    mask_id: int
    random_range: tuple[int, int]
    words: float | torch.Tensor
    regions: float


def _under_objectives(
    made: TwoStream | SingleStream,
    variant: VilbertVariant,
    masks: _Masks,
    activation: Activation,
    region_activation: Activation,
    mixing: tuple[Mapping[str, float] | None, Mapping[str, float] | None],
    init_range: float,
) -> Pretraining:
    sizes, width, eps = made.sizes, made.widths.regions, made.sizes.eps
    kl = variant.region_target == "kl"
    recover = RegionDistribution if kl else RegionFeatures
    outputs = sizes.classes if kl else sizes.feature_size
    regions: nn.Module = recover(
        ClassifierHead(width, width, outputs, eps, region_activation),
        probability=masks.regions,
        zeroed=variant.zeroed,
        overlap=variant.overlap,
        at_least_one=variant.at_least_one,
        whole_overlap=variant.whole_overlap,
        only_matched=variant.only_matched,
        reduction="sum" if kl else "mean",
    )
    objectives: list[nn.Module] = [
        Matching(nn.Linear(made.widths.summary, 2), replace=variant.replace, match_class=0),
        MaskedLanguage(
            TiedHead(made.inputs.text.word.weight, activation=activation, eps=eps),
            masks.mask_id,
            (0, sizes.vocabulary) if variant.random_specials else masks.random_range,
            choose=Tokens(masks.words, at_least_one=variant.at_least_one),
            only_matched=variant.only_matched,
        ),
        regions,
    ]
    for objective in objectives:
        objective.apply(lambda module: initialise(module, init_range))
    names = [str(objective.name) for objective in objectives]
    ratios, weights = mixing
    if unknown := sorted({*(ratios or ()), *(weights or ())} - set(names)):
        raise ValueError(f"unknown objectives {unknown}; ViLBERT has {names}")
    if ratios is not None:
        return Pretraining(made, Alternate(objectives, [ratios.get(name, 0.0) for name in names]))
    if weights is None:
        return Pretraining(made, Together(objectives))
    kept = [objective for objective in objectives if weights.get(str(objective.name))]
    return Pretraining(made, Together(kept, [weights[str(one.name)] for one in kept]))
