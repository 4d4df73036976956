"""How well sentences and pictures fit by a checkpoint's own way, in words that say what it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from workbench.explain.shown import Shown
from workbench.front.able import refusal
from workbench.front.blanks import with_masks
from workbench.front.visit import MOST_TOKENS, Front
from workbench.generation.prefixes import beside
from workbench.pairs import PairBatch
from workbench.quickstart.opened import Opened
from workbench.retrieval.scorer import Scorer


@dataclass(frozen=True)
class Fit:
    """A score, its probability where the model was trained to decide, and its place in a gallery.

    ``worse`` and ``better`` count, of the gallery's ``pictures`` other than this one, those that
    fit the same sentence worse and better.
    """

    kind: str
    score: float
    probability: float | None
    pictures: int
    worse: int
    better: int


def scorer(front: Front, opened: Opened) -> Scorer:
    """How a checkpoint scores; raises ``ValueError`` naming others for one that cannot."""
    if opened.scorer is None:
        lacks = "was trained neither to match sentences with pictures nor to contrast them"
        raise refusal(front, opened, lacks, lambda other: other.scorer is not None)
    return opened.scorer


def decides(scorer: Scorer) -> bool:
    """Whether its scores are leads of "matches" in logits, and not similarities."""
    return scorer.kind == "matching lead"


def probability(lead: float) -> float:
    """How surely two belong together, of two classes, by the lead of one in logits (U9, V10)."""
    return 1 / (1 + math.exp(-lead)) if lead >= 0 else math.exp(lead) / (1 + math.exp(lead))


def fit(front: Front, opened: Opened, shown: Shown) -> Fit:
    """How well a sentence fits its picture, and how well those of the gallery do.

    Raises as ``scorer``.
    """
    by = scorer(front, opened)
    score = float(by.own(shown.batch)[0])
    other = [not np.array_equal(one, shown.picture) for one in front.gallery.pictures]
    others = beside_gallery(front, by, shown.batch)[0][other]
    return Fit(
        by.kind,
        score,
        probability(score) if decides(by) else None,
        len(others),
        int((others < score).sum()),
        int((others > score).sum()),
    )


def beside_gallery(front: Front, by: Scorer, texts: PairBatch) -> Float[np.ndarray, "T I"]:
    """Scores of every sentence of a batch with every picture of the gallery."""
    return by.table(texts, beside(front.gallery.regions))


def sentences_for(
    front: Front, opened: Opened, sentences: Sequence[str], names: Sequence[str] | None = None
) -> PairBatch:
    """Sentences for the rows of a table of scores; which picture they stand beside says nothing.

    Raises ``ValueError``, naming it by ``names``, for one without words or with too many.
    """
    masked = [with_masks(sentence, opened.tokenizer) for sentence in sentences]
    text = opened.tokenizer.encode(masked, MOST_TOKENS, names=names)
    pictures = front.gallery.regions.select(torch.zeros(len(text), dtype=torch.int64))
    called = tuple(names or map(str, range(len(text))))
    return PairBatch(pictures, text, torch.ones(len(text), dtype=torch.bool), called)


def told(by: Scorer, score: float) -> str:
    """A score as a visitor reads it."""
    return f"{score:+.1f} logits" if decides(by) else f"similarity {score:.2f}"
