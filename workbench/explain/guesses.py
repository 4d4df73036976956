"""What a model guesses for hidden words and regions, with and without the other modality.

Words are guessed by the masked language head (U6, V8), regions by their class (U11, U12, V9) or by
which region their regressed features come closest to (U10, M12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from widgets.guesses.record import WORD, GuessRecord
from workbench.encoders.encoding import Encoding
from workbench.explain.hiding import Hidden, Turns
from workbench.explain.learning import checkpoints_of
from workbench.explain.questions import masked_language
from workbench.explain.region_guesses import (
    AS_TRAINED,
    RegionNames,
    RegionScorer,
    region_scorer,
)
from workbench.explain.shown import Shown
from workbench.objectives.objective import asked_of
from workbench.patterns import BIDIRECTIONAL
from workbench.training.model import Pretraining
from workbench.training.run import Run

GUESSES = 5
"""How many guesses are kept of each place."""

Pieces = Callable[[list[int]], Sequence[str]]
"""How the entries of a vocabulary are spelt: ``tokenizer.pieces``."""


def guesses(
    model: Pretraining,
    shown: Shown,
    hidden: Sequence[Hidden],
    pieces: Pieces,
    *,
    top: int = GUESSES,
    regions: RegionNames = AS_TRAINED,
    step: int = 0,
) -> GuessRecord:
    """The ``top`` guesses at every hidden place, in one forward pass for each condition.

    Each of ``hidden`` is a turn of its own, so ``every_word(shown)`` tells of each word how it is
    guessed from all the others.  A word is guessed with and without the picture, a region with and
    without the words.  ``pieces`` spells the vocabulary, ``regions`` says how regions are told.
    Raises ``ValueError`` for nothing hidden and for a model that guesses no words or no regions,
    ``IndexError`` for a wrong place.
    """
    return guesses_at([(step, model)], shown, hidden, pieces, top=top, regions=regions)


def guesses_over(
    run: Run,
    shown: Shown,
    hidden: Sequence[Hidden],
    pieces: Pieces,
    *,
    top: int = GUESSES,
    regions: RegionNames = AS_TRAINED,
) -> GuessRecord:
    """The same at every checkpoint that a run has kept, oldest first.

    Raises as ``guesses``, and ``RunError`` for a run without a checkpoint.
    """
    return guesses_at(checkpoints_of(run), shown, hidden, pieces, top=top, regions=regions)


def guesses_at(
    models: Iterable[tuple[int, Pretraining]],
    shown: Shown,
    hidden: Sequence[Hidden],
    pieces: Pieces,
    *,
    top: int = GUESSES,
    regions: RegionNames = AS_TRAINED,
) -> GuessRecord:
    """The same of several models, one a step: how the guesses change while a model learns.

    The models may be one and the same, given anew with other weights.  Raises as ``guesses``.
    """
    asked = Turns.of(shown, hidden)
    steps, told = [], []
    for step, model in models:
        steps.append(step)
        told.append(_told(model, asked, pieces, top, regions))
    if not told:
        raise ValueError("there is no model to ask: give one (step, model) or more")
    pair, first = shown.batch.regions, told[0]
    return GuessRecord(
        shown.words,
        pair.boxes.float().cpu().numpy(),
        shown.picture,
        np.array(asked.rows),
        first.truth,
        np.stack([one.top for one in told]),
        np.stack([one.chance for one in told]),
        np.stack([one.truth_chance for one in told]),
        np.stack([one.truth_rank for one in told]),
        np.array(steps),
        np.array(asked.turns),
        first.kinds,
        shown.labels,
        shown.sentence,
    )


@dataclass(frozen=True)
class _Told:
    """What one model tells of n places under 2 conditions."""

    kinds: tuple[str, ...]
    truth: tuple[str, ...]
    top: np.ndarray
    chance: Float[np.ndarray, "2 n k"]
    truth_chance: Float[np.ndarray, "2 n"]
    truth_rank: Int[np.ndarray, "2 n"]


@torch.no_grad()
def _told(model: Pretraining, asked: Turns, pieces: Pieces, top: int, names: RegionNames) -> _Told:
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    task = masked_language(model) if asked.words else None
    scorer = region_scorer(model, asked.shown, names) if asked.regions else None
    broken = asked.batch(task.mask_id if task else 0, device)
    pattern = task.pattern(broken.text) if task else BIDIRECTIONAL
    together = model.encoder(broken, pattern)
    parts: list[_Told] = []
    if task is not None:
        rows = asked.word_rows
        alone = model.encoder(broken.without_regions(), pattern)
        scores = [asked_of(task.head, seen.text[rows], task.name) for seen in (together, alone)]
        truth = asked.shown.batch.text.ids[asked.words].to(device)
        kinds = (WORD,) * len(rows)
        parts.append(_best(torch.stack(scores), truth, top, pieces, kinds))
    if scorer is not None:
        seen = (together, model.encoder(broken.without_text(), BIDIRECTIONAL))
        parts.append(_of_regions(scorer, asked, seen, top))
    model.train(was_training)
    return _in_order(parts, asked)


def _best(
    scores: Float[Tensor, "2 n choices"],
    truth: Int[Tensor, "n"],
    top: int,
    named: Pieces,
    kinds: tuple[str, ...],
) -> _Told:
    """The best choices by their scores before softmax; ties count against the truth."""
    chances = scores.double().softmax(-1)
    best = chances.topk(min(top, chances.shape[-1]))
    own = truth[None, :, None].expand(2, -1, 1)
    its = chances.gather(2, own)
    texts = [[list(named(row)) for row in half] for half in best.indices.tolist()]
    return _Told(
        kinds,
        tuple(named(truth.tolist())),
        np.array(texts, dtype=np.str_),
        best.values.cpu().numpy(),
        its[..., 0].cpu().numpy(),
        (scores >= scores.gather(2, own)).sum(-1).cpu().numpy(),
    )


def _of_regions(scorer: RegionScorer, asked: Turns, seen: Sequence[Encoding], top: int) -> _Told:
    scores = torch.stack([scorer.scores(one.regions[asked.region_rows]) for one in seen])
    kinds = (scorer.kind,) * len(asked.regions)
    truth = scorer.truth(asked.regions).to(scores.device)
    return _best(scores, truth, top, scorer.named, kinds)


def _in_order(parts: Sequence[_Told], asked: Turns) -> _Told:
    """What was told of words and then of regions, in the order of the places."""
    length = len(asked.shown.words)
    words = [place for place, row in enumerate(asked.rows) if row < length]
    regions = [place for place, row in enumerate(asked.rows) if row >= length]
    order = np.argsort(words + regions)
    most = max(part.top.shape[-1] for part in parts)
    space = [((0, 0), (0, 0), (0, most - part.top.shape[-1])) for part in parts]
    padded = [np.pad(part.chance, room) for part, room in zip(parts, space, strict=True)]
    tops = [
        np.pad(part.top, room, constant_values="") for part, room in zip(parts, space, strict=True)
    ]
    kinds = [kind for part in parts for kind in part.kinds]
    truth = [text for part in parts for text in part.truth]
    return _Told(
        tuple(kinds[place] for place in order),
        tuple(truth[place] for place in order),
        np.concatenate(tops, axis=1)[:, order],
        np.concatenate(padded, axis=1)[:, order],
        np.concatenate([part.truth_chance for part in parts], axis=1)[:, order],
        np.concatenate([part.truth_rank for part in parts], axis=1)[:, order],
    )
