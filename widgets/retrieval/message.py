"""A retrieval run as the browser gets it: sent once, small, and read without a round trip."""

from __future__ import annotations

from typing import Any

import numpy as np

from widgets.core.retrieval import DIRECTIONS, candidate_order
from widgets.retrieval.record import RetrievalRun
from widgets.retrieval.thumbnails import coded

MOST_SCORES = 8_000_000
"""Bytes of all scores of one model above which only the first answers of a question are sent."""
FIRST_ANSWERS = 100


def sent(run: RetrievalRun, other: RetrievalRun | None) -> dict[str, Any]:
    """The traits of one run, or of two on the same pairs.

    ``scores`` are float32 [T, I] for each model; where they are not ``whole``, for each model and
    direction the first answers as uint32 [n, k] and their scores as float32 [n, k].
    Raises ``ValueError`` for runs on different pairs.
    """
    runs = [run] if other is None else [run, other]
    for one in runs[1:]:
        check_same(run, one)
    whole = run.scores.size * 4 <= MOST_SCORES
    thumbnails, ends = coded(run.thumbnails)
    return {
        "models": [one.model for one in runs],
        "kinds": [one.kind for one in runs],
        "title": run.title,
        "texts": list(run.texts),
        "pictures": list(run.pictures),
        "owner": run.owner.tolist(),
        "ranks": [[one.ranks(way).tolist() for way in DIRECTIONS] for one in runs],
        "whole": whole,
        "scores": b"".join(_whole(one) if whole else _first_answers(one) for one in runs),
        "thumbnails": thumbnails,
        "thumbnail_ends": ends,
        "shape": list(run.thumbnails.shape[1:3]),
        "labels": _labels(run),
        "details": run.details.tolist(),
        "lacking": np.packbits(run.lacking, axis=1).tobytes() if len(run.details) else b"",
        "probes": [_probes(one) for one in runs],
    }


def check_same(run: RetrievalRun, other: RetrievalRun) -> None:
    """Raise ``ValueError`` for runs on different pairs, which cannot be compared."""
    same = run.texts == other.texts and run.pictures == other.pictures
    if not same or (run.owner != other.owner).any():
        raise ValueError(
            "two runs are compared on the same texts and pictures, but "
            f"{run.model!r} has {len(run.texts)} and {len(run.pictures)}, {other.model!r} "
            f"{len(other.texts)} and {len(other.pictures)}, or others: score the same pairs"
        )


def _whole(run: RetrievalRun) -> bytes:
    return run.scores.astype("<f4").tobytes()


def _first_answers(run: RetrievalRun) -> bytes:
    """The first answers of every question; the best right one is the last at least."""
    parts = []
    owners = [(int(picture),) for picture in run.owner]
    for scores, owned in ((run.scores, owners), (run.scores.T, list(run.texts_of))):
        count = min(FIRST_ANSWERS, scores.shape[1])
        kept = np.empty((len(scores), count), dtype="<u4")
        for number, own in enumerate(owned):
            order = candidate_order(scores[number].tolist(), own)
            first = order[:count]
            if own and not set(own) & set(first):
                first[-1] = next(place for place in order if place in own)
            kept[number] = first
        parts += [kept, np.take_along_axis(scores, kept.astype(np.int64), 1).astype("<f4")]
    return b"".join(part.tobytes() for part in parts)


def _labels(run: RetrievalRun) -> list[list[Any]]:
    """For each thing that is to be seen: its picture, its name, and its box where it has one."""
    boxes = run.boxes.astype(float).round(4).tolist() or [[] for _ in run.labels]
    rows = zip(run.label_owner.tolist(), run.labels, boxes, strict=True)
    return [[picture, label, box] for picture, label, box in rows]


def _probes(run: RetrievalRun) -> list[list[Any]]:
    """Rewritten captions: sentence, kind, rewritten, spans, score of the original and of it."""
    own = run.scores[run.probe_owner, run.owner[run.probe_owner]].astype(float).tolist()
    rows = zip(
        run.probe_owner.tolist(),
        run.probe_kinds,
        run.probes,
        run.probe_spans.tolist(),
        own,
        run.probe_scores.astype(float).tolist(),
        strict=True,
    )
    return [list(row) for row in rows]
