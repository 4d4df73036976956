"""What a system does with one batch: who sees whom, what it hides, what it asks, what it costs.

Plain arrays and words that a widget or a chart draws; nothing here knows a system.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.encoders.single_stream import SingleStream
from workbench.encoders.two_stream import TwoStream
from workbench.explain.joint_maps import ADDED_WORD, WHOLE_PICTURE
from workbench.explain.visibility import input_rows, own_places, who_sees_whom
from workbench.objectives.mixing import Part
from workbench.objectives.objective import Corrupted, Objective
from workbench.pairs import Offsets, PairBatch
from workbench.training.model import Pretraining
from workbench.weights.counting import count

Pieces = Callable[[Tensor], Sequence[str]]
"""The pieces of words that token ids stand for."""


@dataclass(frozen=True)
class PairView:
    """One pair in one forward pass, as the model reads it.

    ``rows`` name its joint rows [regions | text], the last ``text_rows`` of them text; ``how`` says
    who sees whom (see ``explain.visibility``), ``asked`` whose states are scored, ``added`` which
    rows are the encoder's own.  ``answers`` are the pieces to recover; ``hidden`` regions are
    zeros.  ``image`` is the picture that stands beside the sentence in this pass.
    """

    name: str
    image: str
    matched: bool
    rows: tuple[str, ...]
    text_rows: int
    how: Int[np.ndarray, "n n"]
    asked: Bool[np.ndarray, "n"]
    added: Bool[np.ndarray, "n"]
    answers: tuple[str, ...]
    boxes: Float[np.ndarray, "N 4"]
    hidden: Bool[np.ndarray, "N"]

    @property
    def words(self) -> tuple[str, ...]:
        """The batch's own text rows, as the model sees them."""
        text = list(zip(self.rows, self.added, strict=True))[self.first_text :]
        return tuple(word for word, extra in text if not extra)

    @property
    def wanted(self) -> tuple[str, ...]:
        """What the model is asked to recover: regions by name, then pieces of words."""
        marked = zip(self.rows[: self.first_text], self.asked, strict=False)
        return (*(name for name, asked in marked if asked), *self.answers)

    @property
    def first_text(self) -> int:
        """The joint row at which the text begins."""
        return len(self.rows) - self.text_rows


@dataclass(frozen=True)
class Pass:
    """One forward pass of a step: its objectives, their mean losses, and every pair in it.

    ``pattern`` is "bidirectional" or "seq2seq".
    """

    objectives: tuple[str, ...]
    pattern: str
    losses: Mapping[str, float]
    pairs: tuple[PairView, ...]

    @property
    def asked_rows(self) -> int:
        """How many words and regions the model is asked about."""
        return sum(int(pair.asked.sum()) for pair in self.pairs)

    @property
    def asked_words(self) -> int:
        """How many of them are words."""
        return sum(int(pair.asked[pair.first_text :].sum()) for pair in self.pairs)

    def of(self, name: str) -> PairView:
        """The first pair called ``name``; raises ``KeyError`` naming those there are."""
        for pair in self.pairs:
            if pair.name == name:
                return pair
        raise KeyError(f"no pair {name!r} in this pass; there are {[p.name for p in self.pairs]}")

    def summary(self) -> dict[str, object]:
        """One row of a table: what is hidden and asked, in numbers, and the losses."""
        text = sum(len(pair.words) for pair in self.pairs)
        regions = sum(len(pair.boxes) for pair in self.pairs)
        hidden = sum(int(pair.hidden.sum()) for pair in self.pairs)
        return {
            "objectives": " + ".join(self.objectives),
            "pattern": self.pattern,
            "pairs": len(self.pairs),
            "words asked": f"{self.asked_words} of {text}",
            "regions hidden": f"{hidden} of {regions}",
            "wrong pairs": sum(not pair.matched for pair in self.pairs),
            "loss": ", ".join(f"{name} {loss:.2f}" for name, loss in self.losses.items()),
        }


def passes(
    model: Pretraining, batch: PairBatch, pieces: Pieces, *, pair: str = "", seeds: int = 200
) -> tuple[Pass, ...]:
    """Every kind of forward pass that a step of this model can hold, once each.

    Chance decides what a step trains, so ``seeds`` steps are planned, and of each combination of
    objectives and pattern the first is kept; if a ``pair`` is named, the first that holds it, with
    its own picture where there is such a one.  Nothing is trained.
    """
    found: dict[tuple, Part] = {}
    for seed in range(seeds):
        for part in model.mix.plan(batch, torch.Generator().manual_seed(seed)):
            names = tuple(objective.name for objective, _ in part.asked)
            kind = (*names, part.pattern.kind)
            if kind not in found or _fit(part.batch, pair) > _fit(found[kind].batch, pair):
                found[kind] = part
    was_training = model.training
    model.eval()
    seen = tuple(viewed(model, part, pieces) for part in found.values() if _fit(part.batch, pair))
    model.train(was_training)
    return seen


def _fit(batch: PairBatch, pair: str) -> int:
    """0 where a batch lacks a pair, 2 where the pair has its own picture, else 1."""
    if pair and pair not in batch.names:
        return 0
    return 2 if not pair or bool(batch.matched[batch.names.index(pair)]) else 1


def by_pattern(seen: Sequence[Pass]) -> dict[str, Pass]:
    """Of each attention pattern, by name, the pass in which most words and rows are asked about."""
    rising = sorted(seen, key=lambda one: (one.asked_words, one.asked_rows))
    return dict(sorted({one.pattern: one for one in rising}.items()))


def viewed(model: Pretraining, part: Part, pieces: Pieces) -> Pass:
    """One planned forward pass, encoded and scored."""
    batch = part.batch
    with torch.no_grad():
        encoding = model.encoder(batch, part.pattern)
        given = input_rows(model.encoder, batch, part.pattern)
    text, regions = own_places(given)
    asked = torch.zeros(given.layout.joint.rows, dtype=torch.bool)
    answers: list[list[str]] = [[] for _ in batch.names]
    losses = {}
    for objective, corrupted in part.asked:
        losses[objective.name], of_text, of_regions = _scored(objective, encoding, corrupted)
        asked[text] |= of_text
        asked[regions] |= of_regions
        if of_text.any() and corrupted.targets.ndim == 1 and len(corrupted.rows) == of_text.sum():
            owner = batch.text.offsets.owner[corrupted.rows].tolist()
            for pair, piece in zip(owner, pieces(corrupted.targets), strict=True):
                answers[pair].append(piece)
    added = torch.ones_like(asked).index_fill(0, torch.cat([text, regions]), False)
    hows = who_sees_whom(model.encoder, given, part.pattern)
    hidden = batch.regions.hidden
    hidden = torch.zeros(len(batch.regions.boxes)) if hidden is None else hidden
    views = []
    for pair, name in enumerate(batch.names):
        mine, bag = _run(given.layout.joint, pair), _run(batch.regions.offsets, pair)
        words = pieces(batch.text.ids[_run(batch.text.offsets, pair)])
        text_rows = int(given.layout.text.lengths[pair])
        extra = added[mine].numpy()
        views.append(
            PairView(
                name,
                batch.images[pair],
                bool(batch.matched[pair]),
                _row_names(words, extra, text_rows),
                text_rows,
                hows[pair],
                asked[mine].numpy(),
                extra,
                tuple(answers[pair]),
                batch.regions.boxes[bag].numpy(),
                hidden[bag].bool().numpy(),
            )
        )
    names = tuple(objective.name for objective, _ in part.asked)
    return Pass(names, part.pattern.kind, losses, tuple(views))


def _run(offsets: Offsets, pair: int) -> slice:
    return slice(int(offsets.starts[pair]), int(offsets.starts[pair + 1]))


def _row_names(words: Sequence[str], added: np.ndarray, text_rows: int) -> tuple[str, ...]:
    rest = iter(words)
    seen = len(added) - text_rows
    regions = np.cumsum(~added[:seen])
    names = [
        WHOLE_PICTURE if extra else f"region {number}"
        for extra, number in zip(added[:seen], regions, strict=True)
    ]
    return (*names, *(ADDED_WORD if extra else next(rest) for extra in added[seen:]))


def _scored(
    objective: Objective, encoding: Encoding, corrupted: Corrupted
) -> tuple[float, Tensor, Tensor]:
    """The mean loss, and which text and region states it reads: those that it would change."""
    fields = [field.name for field in dataclasses.fields(encoding)]
    states = [getattr(encoding, name).detach().requires_grad_() for name in fields]
    loss = objective.loss(Encoding(*states), corrupted).mean()
    read = {
        name: torch.zeros(len(state), dtype=torch.bool)
        for name, state in zip(fields, states, strict=True)
    }
    if loss.requires_grad:
        gradients = torch.autograd.grad(loss, states, allow_unused=True)
        for name, gradient in zip(fields, gradients, strict=True):
            if gradient is not None:
                read[name] = gradient.ne(0).any(-1)
    return float(loss.detach()), read["text"], read["regions"]


def with_hidden(
    picture: UInt8[np.ndarray, "height width 3"], view: PairView, shade: int = 105
) -> UInt8[np.ndarray, "height width 3"]:
    """The picture with its hidden regions' boxes painted over."""
    painted, (height, width) = picture.copy(), picture.shape[:2]
    for left, top, right, bottom in view.boxes[view.hidden]:
        rows = slice(round(float(top) * height), round(float(bottom) * height))
        painted[rows, round(float(left) * width) : round(float(right) * width)] = shade
    return painted


def reads_row(model: Pretraining, view: PairView) -> dict[str, object]:
    """One row of a table: how an encoder is built, and which rows it adds to a pair."""
    encoder = cast(SingleStream | TwoStream, model.encoder)
    two = isinstance(encoder, TwoStream)
    rows = [name for name, extra in zip(view.rows, view.added, strict=True) if extra]
    widths = encoder.widths
    return {
        "streams": 2 if two else 1,
        "blocks": encoder.sizes.schedule if two else str(len(encoder.blocks)),
        "width of words, regions, summary": f"{widths.text}, {widths.regions}, {widths.summary}",
        "rows of its own": ", ".join(rows) or "none",
        "parameters": count(model).total,
    }


def millions(model: nn.Module) -> float:
    """Millions of parameters without the words of the vocabulary: the papers' number (U1)."""
    return count(model).without_words / 1e6
