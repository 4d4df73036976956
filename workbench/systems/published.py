"""The one place that knows every system with a published checkpoint: its sizes, builder and names.

Everything here is one value per system; what reads, writes or shares checkpoints takes such a
value and asks nothing of the system's own.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from workbench.encoders.two_stream import TwoStreamSizes
from workbench.systems import measuring, unimo, uniter, vilbert, vilbert_names, vilbert_sizes, vlp
from workbench.systems.description import ACTIVATIONS, Description, Words, described
from workbench.systems.measuring import Measured
from workbench.systems.readings import named
from workbench.systems.unimo_names import pretraining_names as unimo_names
from workbench.systems.vlp_names import ORIGINAL_NAMES as VLP_NAMES
from workbench.training.model import Pretraining
from workbench.weights.table import Layers, NameTable

Original = Mapping[str, Tensor]

BERT_CASED = Words(103, 102, 101, (106, 28996))
BERT_UNCASED = Words(103, 102, 101, (999, 30522))
ROBERTA_ORDER = Words(50264, 2, 0, (4, 50261))
"""UNIMO's vocabulary: RoBERTa's with other names for the special words (B4)."""


@dataclass(frozen=True)
class Published:
    """One system: how a model is built from a description, and how the authors call its parts.

    ``table`` and ``seen`` take the authors' weights as well: what a file holds says which options
    it was trained with (``seen``) and which parts it has.  ``stored`` is the reading whose weights
    the authors' files hold, given the one that is wanted.  ``tasks`` are beginnings of names of
    heads that belong to single tasks, with the reason why they are left out.
    """

    title: str
    papers: str
    words: Words
    sizes: Mapping[str, Callable[[], Any]]
    variants: Mapping[str, Any]
    build: Callable[[Description], Pretraining]
    table: Callable[[Any, Original], NameTable]
    measure: Callable[[Measured, Any, Mapping[str, Any]], Any]
    seen: Callable[[Any, Original, Mapping[str, Any]], Any]
    stored: Callable[[Any], Any]
    tasks: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def layers(self, sizes: Any) -> Layers:
        """How many layers each letter of the table stands for."""
        if isinstance(sizes, TwoStreamSizes):
            return vilbert_names.layers_of(sizes.schedule)
        return sizes.layers


def _as_given(variant: Any, original: Original, config: Mapping[str, Any]) -> Any:
    return variant


def _uniter(given: Description) -> Pretraining:
    return uniter.pretraining(
        given.sizes,
        given.words.mask,
        given.words.ordinary,
        variant=given.variant,
        activation=ACTIVATIONS[given.activation],
    )


def _measure_uniter(measured: Measured, like: Any, config: Mapping[str, Any]) -> Any:
    classes = measured.shape("mix.by_name.mrc.head.scores.weight")[0]
    return measuring.single_stream(measured, like, config, classes)


def _vilbert(given: Description) -> Pretraining:
    return vilbert.pretraining(
        given.sizes,
        given.words.mask,
        given.words.ordinary,
        variant=given.variant,
        activation=ACTIVATIONS[given.activation],
        region_activation=ACTIVATIONS[given.region_activation],
    )


def _region_objective(variant: vilbert.VilbertVariant) -> str:
    return "mrc-kl" if variant.region_target == "kl" else "mrfr"


def _measure_vilbert(measured: Measured, like: Any, config: Mapping[str, Any]) -> Any:
    classes = config.get("v_target_size", like.classes)
    if measured.has("mix.by_name.mrc-kl.head.scores.weight"):
        classes = measured.shape("mix.by_name.mrc-kl.head.scores.weight")[0]
    return measuring.two_stream(measured, like, config, classes)


def _seen_vilbert(
    variant: vilbert.VilbertVariant, original: Original, config: Mapping[str, Any]
) -> vilbert.VilbertVariant:
    """Task tokens and gates show in the names; the region target in the config alone."""
    tasks = original.get("bert.embeddings.task_embeddings.weight")
    features = config.get("predict_feature") or config.get("visual_target") == 1
    return dataclasses.replace(
        variant,
        tasks=0 if tasks is None else len(tasks),
        text_gates=any(".dyLinear_q." in name for name in original),
        fusion=config.get("fusion_method", variant.fusion),
        region_target="mse" if features else variant.region_target,
    )


def _vlp(given: Description) -> Pretraining:
    return vlp.pretraining(
        given.sizes,
        given.words.mask,
        given.words.separator,
        given.words.ordinary,
        variant=given.variant,
        activation=ACTIVATIONS[given.activation],
    )


def _measure_vlp(measured: Measured, like: Any, config: Mapping[str, Any]) -> Any:
    of_geometry = vlp.RELEASED.geometry()[1]
    classes = measured.shape("encoder.inputs.regions.place.weight")[1] - of_geometry
    return measuring.single_stream(measured, like, config, classes)


def _unimo(given: Description) -> Pretraining:
    return unimo.pretraining(
        given.sizes,
        given.words.mask,
        given.words.ordinary,
        given.words.start,
        given.words.separator,
        variant=given.variant,
        activation=ACTIVATIONS[given.activation],
    )


def _measure_unimo(measured: Measured, like: Any, config: Mapping[str, Any]) -> Any:
    """No released file tells the number of classes; the config does, or it is the usual one."""
    classes = int(config.get("image_class_size", like.classes))
    return measuring.single_stream(measured, like, config, classes)


VILBERT_TASKS = {
    name: "the head of a single task"
    for name in (
        *("vil_prediction", "vil_logit", "vil_binary_prediction", "vil_tri_prediction"),
        *("vision_logit", "linguisic_logit"),
    )
}

SYSTEMS: Mapping[str, Published] = {
    "uniter": Published(
        "UNITER",
        "UNITER: UNiversal Image-TExt Representation Learning, arXiv 1909.11740",
        BERT_CASED,
        {"base": uniter.base, "large": uniter.large},
        uniter.READINGS,
        _uniter,
        lambda variant, original: uniter.ORIGINAL_NAMES,
        _measure_uniter,
        _as_given,
        lambda variant: uniter.RELEASED,
    ),
    "vilbert": Published(
        "ViLBERT",
        "ViLBERT, arXiv 1908.02265; 12-in-1, arXiv 1912.02315",
        BERT_UNCASED,
        {"base": vilbert_sizes.base, "large": vilbert_sizes.large},
        vilbert.READINGS,
        _vilbert,
        lambda variant, original: vilbert_names.original_names(_region_objective(variant)),
        _measure_vilbert,
        _seen_vilbert,
        lambda variant: variant,  # all its options were trained with
        VILBERT_TASKS,
    ),
    "vlp": Published(
        "Unified VLP",
        "Unified Vision-Language Pre-Training for Image Captioning and VQA, arXiv 1909.11059",
        BERT_CASED,
        {"base": vlp.base, "large": vlp.large},
        vlp.READINGS,
        _vlp,
        lambda variant, original: VLP_NAMES,
        _measure_vlp,
        _as_given,
        lambda variant: vlp.RELEASED,
    ),
    "unimo": Published(
        "UNIMO",
        "UNIMO: Towards Unified-Modal Understanding and Generation, arXiv 2012.15409",
        ROBERTA_ORDER,
        {"base": unimo.base, "large": unimo.large},
        unimo.READINGS,
        _unimo,
        lambda variant, original: unimo_names(original or None),
        _measure_unimo,
        _as_given,
        lambda variant: unimo.RELEASED,
    ),
}


def find(system: str) -> Published:
    """The system of this name; raises ``ValueError`` naming those there are."""
    if system not in SYSTEMS:
        raise ValueError(f"no system {system!r}; there are {', '.join(SYSTEMS)}")
    return SYSTEMS[system]


def description_in(folder: Path) -> Description:
    """The description in a folder's config.json; raises ``ValueError`` for anything but one."""
    path = folder / "config.json"
    try:
        plain = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{folder} has no config.json; is it a folder of ours?") from None
    except json.JSONDecodeError as problem:
        raise ValueError(f"{path} is not JSON: {problem}") from None
    if not isinstance(plain, dict) or not isinstance(plain.get("system"), str):
        raise ValueError(f"{path} names no system; there are {', '.join(SYSTEMS)}")
    name = plain["system"]
    system = find(name)
    sizes, variant = type(system.sizes["base"]()), type(system.variants["released"])
    if isinstance(plain.get("variant"), str):
        plain["variant"] = dataclasses.asdict(named(plain["variant"], system.variants))
    return described(plain, sizes, variant, name)


def resolved(description: Description) -> Description:
    """The same with a named variant spelled out; raises ``ValueError`` for an unknown name."""
    variant = named(description.variant, find(description.system).variants)
    return dataclasses.replace(description, variant=variant)


def build(description: Description) -> Pretraining:
    """The model that a description means, with fresh weights."""
    return find(description.system).build(description)


def sketch(description: Description) -> Pretraining:
    """The same without memory for its weights: names, shapes and settings only."""
    with torch.device("meta"):
        return build(description)
