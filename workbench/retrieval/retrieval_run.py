"""Every sentence with every picture, by the model's own way: a run for the retrieval browser."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8

from widgets.retrieval.record import RetrievalRun
from widgets.retrieval.thumbnails import boxes_on_thumbnails, thumbnails_of
from workbench.pairs import PairBatch, TextTokens
from workbench.retrieval.rewriting import Rewritten
from workbench.retrieval.scorer import Scorer, scorer_of
from workbench.training.model import Pretraining


@dataclass(frozen=True)
class Seen:
    """A picture as a gallery shows it: its pixels, and the things on it by name and box (0..1)."""

    picture: UInt8[np.ndarray, "height width 3"]
    labels: tuple[str, ...]
    boxes: Float[np.ndarray, "n 4"]


@dataclass(frozen=True)
class Details:
    """M details of sentences (sentence, first character, end), and which pictures lack each."""

    places: Int[np.ndarray, "M 3"]
    lacking: Bool[np.ndarray, "M I"]


def pictures_of(batch: PairBatch) -> tuple[list[str], Int[np.ndarray, "P"]]:
    """The different pictures of a batch, in their order, and for each pair which it is."""
    names = list(dict.fromkeys(batch.images))
    number = {name: place for place, name in enumerate(names)}
    return names, np.array([number[name] for name in batch.images], dtype=np.int64)


def retrieve(
    model: Pretraining,
    batch: PairBatch,
    sentences: Sequence[str],
    *,
    called: str = "model",
    seen: Sequence[Seen] = (),
    details: Details | None = None,
    rewritten: Sequence[Rewritten] = (),
    rewritten_tokens: TextTokens | None = None,
    title: str = "",
) -> RetrievalRun:
    """Scores of the sentences of a batch with all of its different pictures (U28, V19, M37, M38).

    Pairs that share a picture are several sentences about it.  ``seen`` are the pictures, in the
    order of ``pictures_of``; ``rewritten_tokens`` the tokens of ``rewritten``.
    Raises ``ValueError`` for a model that neither matches nor contrasts.
    """
    scorer = scorer_of(model)
    batch = batch.to(next(model.parameters()).device)
    names, owner = pictures_of(batch)
    firsts = torch.tensor([batch.images.index(name) for name in names], device=batch.matched.device)
    began = time.perf_counter()
    scores = scorer.table(batch, batch.select(firsts))
    seconds = (time.perf_counter() - began) / len(batch)
    return RetrievalRun(
        model=called,
        texts=tuple(sentences),
        pictures=tuple(names),
        owner=owner,
        scores=scores,
        kind=scorer.kind,
        title=title,
        seconds=seconds,
        **_pictured(seen),
        **({} if details is None else {"details": details.places, "lacking": details.lacking}),
        **_probed(scorer, batch, rewritten, rewritten_tokens),
    )


def _pictured(seen: Sequence[Seen]) -> dict:
    if not seen:
        return {}
    pictures = [one.picture for one in seen]
    boxes = boxes_on_thumbnails([one.boxes for one in seen], pictures)
    return {
        "thumbnails": thumbnails_of(pictures),
        "labels": tuple(label for one in seen for label in one.labels),
        "label_owner": np.repeat(np.arange(len(seen)), [len(one.labels) for one in seen]),
        "boxes": np.concatenate(boxes).astype(np.float32),
    }


def _probed(
    scorer: Scorer, batch: PairBatch, rewritten: Sequence[Rewritten], tokens: TextTokens | None
) -> dict:
    if not rewritten or tokens is None:
        return {}
    owners = torch.tensor([one.text for one in rewritten], device=batch.matched.device)
    beside = batch.select(owners)
    changed = PairBatch(
        beside.regions, tokens.to(batch.matched.device), beside.matched, beside.names
    )
    return {
        "probes": tuple(one.sentence for one in rewritten),
        "probe_owner": owners.cpu().numpy(),
        "probe_kinds": tuple(one.kind for one in rewritten),
        "probe_scores": scorer.own(changed),
        "probe_spans": np.array([(*one.before, *one.after) for one in rewritten]),
    }
