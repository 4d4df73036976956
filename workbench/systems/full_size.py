"""The four systems as large as their papers have them, from plain numbers for recipes.

Each is the released reading with the paper's masking; ``size`` is "base" or "large".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from workbench.systems import unimo as unimo_system
from workbench.systems import uniter as uniter_system
from workbench.systems import vilbert as vilbert_system
from workbench.systems import vlp as vlp_system
from workbench.training.model import Pretraining

Size = Literal["base", "large"]


def uniter(
    *,
    size: Size,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    ratios: Mapping[str, float] = uniter_system.IN_DOMAIN_RATIOS,
    joint: bool = False,
    variant: uniter_system.Name = "released",
) -> Pretraining:
    """UNITER-base or -large under its objectives (U1–U13)."""
    sizes = {"base": uniter_system.base, "large": uniter_system.large}[size]
    low, high = random_range
    return uniter_system.pretraining(
        sizes(vocabulary, feature_size, classes),
        mask_id,
        (low, high),
        ratios=ratios,
        joint=joint,
        variant=variant,
    )


def vilbert(
    *,
    size: Size,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    blocks: int = 6,
    ratios: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    variant: vilbert_system.Name = "released",
) -> Pretraining:
    """ViLBERT on BERT-base or -large with ``blocks`` co-attention blocks (V1–V11, V23).

    ``ratios`` and ``weights`` as in ``vilbert.pretraining``.
    """
    sizes = {"base": vilbert_system.base, "large": vilbert_system.large}[size]
    low, high = random_range
    return vilbert_system.pretraining(
        sizes(blocks, vocabulary, feature_size, classes),
        mask_id,
        (low, high),
        ratios=ratios,
        weights=weights,
        variant=variant,
    )


def vilbert_single_stream(
    *,
    size: Literal["base"],
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    ratios: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    variant: vilbert_system.Name = "released",
) -> Pretraining:
    """The single-stream baseline as large as BERT-base (V21)."""
    low, high = random_range
    return vilbert_system.single_stream(
        vilbert_system.single_base(vocabulary, feature_size, classes),
        mask_id,
        (low, high),
        ratios=ratios,
        weights=weights,
        variant=variant,
    )


def vlp(
    *,
    size: Size,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    separator_id: int | None = None,
    seq2seq: float = 0.75,
    variant: vlp_system.Name = "released",
) -> Pretraining:
    """VLP-base or -large (P1–P8); ``separator_id`` is by default the id before [MASK]."""
    sizes = {"base": vlp_system.base, "large": vlp_system.large}[size]
    low, high = random_range
    return vlp_system.pretraining(
        sizes(vocabulary, feature_size, classes),
        mask_id,
        mask_id - 1 if separator_id is None else separator_id,
        (low, high),
        seq2seq=seq2seq,
        variant=variant,
    )


def unimo(
    *,
    size: Size,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    start_id: int,
    end_id: int,
    contrastive: bool = True,
    variant: unimo_system.Name = "released",
) -> Pretraining:
    """UNIMO-base or -large under its three kinds of learning (M1–M19)."""
    sizes = {"base": unimo_system.base, "large": unimo_system.large}[size]
    low, high = random_range
    return unimo_system.pretraining(
        sizes(vocabulary, feature_size, classes),
        mask_id,
        (low, high),
        start_id,
        end_id,
        contrastive=contrastive,
        variant=variant,
    )
