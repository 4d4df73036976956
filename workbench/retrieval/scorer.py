"""A model's own way of telling how well sentences and pictures fit: matching, or contrast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from workbench.objectives.contrastive import Contrastive
from workbench.objectives.matching import Matching
from workbench.pairs import PairBatch
from workbench.retrieval.contrast import nearness_table, own_nearness
from workbench.retrieval.matching import match_table, own_scores
from workbench.training.model import Pretraining


@dataclass(frozen=True)
class Scorer:
    """``table(texts, pictures)`` scores every sentence of a batch with every picture of another.

    ``own(batch)`` scores every sentence with the picture beside it; ``kind`` says what the scores
    are.
    """

    kind: str
    table: Callable[[PairBatch, PairBatch], Float[np.ndarray, "T I"]]
    own: Callable[[PairBatch], Float[np.ndarray, "P"]]


def scorer_of(model: Pretraining) -> Scorer:
    """A model's scorer: by matching where it was trained to (U9, V10), else by contrast (M4).

    Raises ``ValueError`` for a model that was trained to do neither.
    """
    found = model.mix.found()
    for objective in found.values():
        if isinstance(objective, Matching):
            given = (model.encoder, objective)
            return Scorer(
                "matching lead", partial(match_table, *given), partial(own_scores, *given)
            )
    for objective in found.values():
        if isinstance(objective, Contrastive):
            given = (model.encoder, objective)
            measure = objective.similarity
            kind = f"contrast {getattr(measure, '__name__', type(measure).__name__)}"
            return Scorer(kind, partial(nearness_table, *given), partial(own_nearness, *given))
    raise ValueError(
        "retrieval needs a model that was trained to match sentences and pictures (itm) or to "
        f"contrast them (cmcl); this one has the objectives {', '.join(found) or 'none'}"
    )
