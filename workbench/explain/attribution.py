"""What an answer rests on: every word and region of a pair, weighed by several methods.

All of them start from the same nothing: own words are masked, regions hidden (zero features, the
mark of the model for it), and the whole picture is the mean of zeros.  Sentence marks, words that
the question itself hides and the separator of an encoder stay as they are, and are ``fixed``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan

import numpy as np
from jaxtyping import Float
from torch import Tensor

from widgets.attention.record import AttentionRecord
from widgets.attribution.record import AttributionRecord
from workbench.explain.attention import attention_of
from workbench.explain.curves import removal_curves
from workbench.explain.embedded import Embedded
from workbench.explain.layer_attribution import layer_attributions
from workbench.explain.questions import Question, masked_language
from workbench.explain.relevance import relevance
from workbench.explain.removal import Removal
from workbench.training.model import Pretraining


@dataclass(frozen=True)
class Asked:
    """A question to a model, and what every method of answering "why" needs of it."""

    model: Pretraining
    question: Question
    embedded: Embedded
    removal: Removal

    @cached_property
    def given(self) -> tuple[Float[Tensor, "1 T D"], Float[Tensor, "1 R Dv"]]:
        """The input rows of the pair."""
        return self.embedded.rows_of(self.question.shown)

    @cached_property
    def nothing(self) -> tuple[Float[Tensor, "1 T D"], Float[Tensor, "1 R Dv"]]:
        """The input rows of the pair with every removable row taken away: the baseline."""
        return self.embedded.rows_of(self.removal.without(self.removal.removable))

    @cached_property
    def attention(self) -> AttentionRecord:
        """The attention record of the pair."""
        shown = self.question.shown
        return attention_of(
            self.model.encoder, shown.batch, shown.words, shown.picture, shown.labels
        )

    def by_row(self, text: Tensor, regions: Tensor) -> Float[np.ndarray, "S"]:
        """Numbers of rows [1, T, D] and [1, R, Dv], summed over their widths, in record order."""
        summed = self.embedded.in_order(text[0].sum(-1), regions[0].sum(-1))
        return summed.detach().double().cpu().numpy()


@dataclass(frozen=True)
class Attributed:
    """One signed value a row; ``delta``: what they miss of the whole difference (NaN: no claim)."""

    values: Float[np.ndarray, "S"]
    delta: float = nan


@dataclass(frozen=True)
class Method:
    """A way to attribute an answer to rows, and what it is called."""

    name: str
    attribute: Callable[[Asked], Attributed]


def integrated_gradients(
    asked: Asked, steps: Sequence[int] = (50, 100, 200), tolerance: float = 0.01, at_once: int = 25
) -> Attributed:
    """Gradients along the straight path from nothing to the pair's rows (Sundararajan 2017).

    Words and regions move together.  The path gets the next number of ``steps`` while the values
    miss more than the share ``tolerance`` of the difference of both scores.
    Raises ``ImportError`` where captum is missing.
    """
    method = _captum().IntegratedGradients(asked.embedded)
    found = Attributed(np.zeros(0))
    for count in steps:
        values, delta = method.attribute(
            asked.given,
            asked.nothing,
            n_steps=count,
            internal_batch_size=at_once,
            return_convergence_delta=True,
        )
        found = Attributed(asked.by_row(*values), float(delta))
        if abs(found.delta) <= tolerance * abs(found.values.sum() - found.delta):
            break
    return found


def input_times_gradient(asked: Asked) -> Attributed:
    """Each input row times the slope of the score in it (Shrikumar 2016).

    Raises ``ImportError`` where captum is missing.
    """
    rows = tuple(rows.clone().requires_grad_() for rows in asked.given)
    return Attributed(asked.by_row(*_captum().InputXGradient(asked.embedded).attribute(rows)))


def occlusion(asked: Asked) -> Attributed:
    """How far the score drops when one row is taken away and the model is asked again."""
    removable = asked.removal.removable
    scores = asked.removal.scores(asked.model.encoder, [(), *((row,) for row in removable)])
    values = np.zeros(len(asked.removal.fixed))
    values[list(removable)] = scores[0] - scores[1:]
    return Attributed(values)


def last_attention(asked: Asked) -> Attributed:
    """The share of the last layer's attention that each row gets, mean of heads and rows.

    No attribution, but what is often taken for one: here to be compared.
    """
    return Attributed(asked.attention.attention[-1].astype(np.float64).mean((0, 1)))


def gradient_relevance(asked: Asked) -> Attributed:
    """How much of the answer came through attention to each row (Chefer 2021), 0 or more."""
    return Attributed(relevance(asked.model, asked.question))


INTEGRATED_GRADIENTS = Method("integrated gradients", integrated_gradients)
OCCLUSION = Method("occlusion", occlusion)
INPUT_TIMES_GRADIENT = Method("input × gradient", input_times_gradient)
GRADIENT_RELEVANCE = Method("gradient relevance", gradient_relevance)
LAST_ATTENTION = Method("last-layer attention", last_attention)
METHODS = (
    INTEGRATED_GRADIENTS,
    OCCLUSION,
    INPUT_TIMES_GRADIENT,
    GRADIENT_RELEVANCE,
    LAST_ATTENTION,
)


def attributions(
    model: Pretraining,
    question: Question,
    methods: Sequence[Method] = METHODS,
    *,
    mask_id: int | None = None,
    curves: bool = True,
    layers: bool = True,
    seed: int = 0,
) -> AttributionRecord:
    """What the answer to a question rests on, by every method, with what removing rows does to it.

    ``mask_id`` is by default that of the model's masked-language objective; ``seed`` draws the
    random orders of the curves.  Raises ``ValueError`` for a model that masks no words where no
    ``mask_id`` is given, ``ImportError`` where captum is missing.
    """
    mask_id = masked_language(model).mask_id if mask_id is None else mask_id
    was_training = model.training
    model.eval()
    try:
        embedded = Embedded(model.encoder, question)
        asked = Asked(model, question, embedded, Removal(question, embedded.rows, mask_id))
        return _record(asked, methods, curves, layers, seed)
    finally:
        model.train(was_training)


def _record(
    asked: Asked, methods: Sequence[Method], curves: bool, layers: bool, seed: int
) -> AttributionRecord:
    answers = [method.attribute(asked) for method in methods]
    values, removal = np.stack([answer.values for answer in answers]), asked.removal
    score, baseline = removal.scores(asked.model.encoder, [(), removal.removable]).tolist()
    names, of_layers = (
        layer_attributions(asked.embedded, asked.nothing, asked.given) if layers else ((), None)
    )
    found = removal_curves(removal, asked.model.encoder, values, seed) if curves else None
    seen = asked.attention
    return AttributionRecord(
        seen.words,
        seen.boxes,
        seen.picture,
        asked.question.says,
        asked.question.unit,
        score,
        tuple(method.name for method in methods),
        values,
        np.array([answer.delta for answer in answers]),
        baseline,
        seen.labels,
        asked.question.shown.sentence,
        removal.fixed,
        None if found is None else found.shares,
        None if found is None else found.deletion,
        None if found is None else found.insertion,
        of_layers,
        names,
    )


def _captum():
    try:
        import captum.attr
    except ImportError as problem:
        raise ImportError(
            "gradients are followed by captum, which is not installed: "
            'pip install "vl-workbench[explain]"'
        ) from problem
    return captum.attr
