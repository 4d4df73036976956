"""Gradient-weighted attention: which words and regions a model's answer came through.

A weight counts by what it does to the answer: the positive part of gradient times attention
(Chefer, Gur and Wolf 2021, "Generic attention-model explainability", here "Ā" as there).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from widgets.attention.record import AttentionRecord
from workbench.explain.attention import evaluating, record_of, traced
from workbench.explain.joint_maps import PairRows, laid_jointly, layers_of
from workbench.explain.questions import Question
from workbench.explain.rollout import rollout as rollout
from workbench.patterns import BIDIRECTIONAL
from workbench.training.model import Pretraining


def relevance(model: Pretraining, question: Question) -> Float[np.ndarray, "S"]:
    """How much of the answer came through attention to each row, words first, 0 or more.

    Ā is averaged over heads and accumulated through the layers by the paper's rules, those of
    self-attention and, where two streams meet, of co-attention (its equations 5 to 11).  Where an
    answer is read off several rows, each counts by the size of its gradient.  What a row keeps of
    itself is no attention and is left out.  Rows are those of an ``AttentionRecord``, added ones
    too.  Raises ``ValueError`` where attention has no gradient.
    """
    found = _weighted(model, question)
    means = {name: weights.mean(0, keepdim=True) for name, weights in found.weights.items()}
    laid = laid_jointly(means, found.rows)
    size = len(found.read)
    seen = torch.eye(size, dtype=torch.float64)
    for called, names in layers_of(means).items():
        crossed = names[0].startswith("cross.")
        step = laid[called][0]
        seen = seen + (_met(seen, step, found.rows.text) if crossed else step @ seen)
    return (found.read @ (seen - torch.eye(size, dtype=torch.float64))).numpy()


def gradient_attention(model: Pretraining, question: Question) -> AttentionRecord:
    """Ā of every layer and head as a record: each row's positive part, made to sum to 1.

    A row whose attention does not raise the answer is at rest.
    """
    found = _weighted(model, question)
    layers = {}
    for called, weights in laid_jointly(found.weights, found.rows).items():
        total = weights.sum(-1, keepdim=True)
        layers[called] = torch.where(total > 0, weights / total, weights)
    record = record_of(question.shown, found.rows, layers)
    return dataclasses.replace(record, title=f"{question.says} {record.title}".strip())


@dataclass(frozen=True)
class _Weighted:
    """The positive part of gradient times attention, [H, q, k] by traced name, in float64 on the
    CPU; how much the answer is read off each row [S]; and where the rows stand."""

    weights: Mapping[str, Tensor]
    read: Tensor
    rows: PairRows


def _weighted(model: Pretraining, question: Question) -> _Weighted:
    batch = question.shown.batch.to(next(model.parameters()).device)
    with evaluating(model), torch.enable_grad():
        encoding, trace, rows = traced(model.encoder, batch, BIDIRECTIONAL)
        score = question.score(encoding).sum()
        last = _last_rows(trace)
        attention = {name: weights for name, weights in trace.items() if weights.ndim == 4}
        asked = [*attention.values(), *(trace[name] for name in last)]
        if not score.requires_grad or not all(tensor.requires_grad for tensor in asked):
            raise ValueError(
                "the answer has no gradient: give a model whose parameters require one "
                "(model.requires_grad_(True)) and a question that reads its encoding"
            )
        gradients = torch.autograd.grad(score, asked, allow_unused=True)
    if all(gradient is None for gradient in gradients[: len(attention)]):
        raise ValueError(
            "no attention that was traced led to the answer: relevance follows the bidirectional "
            "pattern, without regions that nobody may see (block_hidden)"
        )
    weights = {
        name: torch.zeros_like(seen[0], dtype=torch.float64, device="cpu")
        if gradient is None
        else (gradient[0].double() * seen[0].double()).clamp_min(0).detach().cpu()
        for (name, seen), gradient in zip(attention.items(), gradients, strict=False)
    }
    read = torch.zeros(rows.text + rows.regions + rows.leads, dtype=torch.float64)
    place = {"text": slice(0, rows.text), "regions": slice(rows.text, None), "joint": slice(None)}
    for kind, gradient in zip(last.values(), gradients[len(attention) :], strict=True):
        if gradient is not None:
            read[place[kind]] = gradient.double().norm(dim=-1).cpu()[rows.order(kind)]
    return _Weighted(weights, read / read.sum().clamp_min(1e-300), rows)


def _last_rows(trace: Mapping[str, Tensor]) -> dict[str, str]:
    """The traced states that an encoder ends with, and whose rows they are."""
    last: dict[str, str] = {}
    for name in trace:
        if name.endswith(".rows"):
            parts = name.split(".")
            kind = next((part for part in parts if part in ("text", "regions")), "joint")
            last[kind] = name
    return {name: kind for kind, name in last.items()}


def _met(seen: Tensor, step: Tensor, words: int) -> Tensor:
    """What co-attention adds: to each stream's view of the other, and of itself through it."""
    added = torch.zeros_like(seen)
    text, regions = slice(0, words), slice(words, None)
    for own, other in ((text, regions), (regions, text)):
        across = step[own, other]
        added[own, other] = _evened(seen[own, own]).T @ across @ _evened(seen[other, other])
        added[own, own] = across @ seen[other, own]
    return added


def _evened(seen: Tensor) -> Tensor:
    """One stream's view of itself: its own row once, and all it has seen summing to 1."""
    own = torch.eye(len(seen), dtype=seen.dtype)
    total = (seen - own).sum(-1, keepdim=True)
    return own + torch.where(total > 0, (seen - own) / total, 0.0)
