"""Sentences and pictures scored against each other: what the retrieval browser draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from widgets.core.retrieval import DIRECTIONS, joined_spans, recall_at
from widgets.record import Record, text, texts

LARGEST_SIDE = 160


def _none(*shape: int, dtype: type = np.int64) -> np.ndarray:
    return np.empty(shape, dtype=dtype)


@dataclass(frozen=True, eq=False)
class RetrievalRun(Record):
    """Scores of T sentences with I pictures, by one model (U28, V19, M37, M38).

    ``owner`` says which picture each sentence is about (several may be about one), ``scores`` are
    higher the better they fit, ``kind`` says what they are; ``thumbnails`` are at most 160 on a
    side.  All else may be left out: B things that are to be seen (``labels``, the picture of each
    in ``label_owner``, ``boxes`` in 0..1 of the thumbnail); M ``details`` (sentence, first
    character, end) and which picture is ``lacking`` it; Q ``probes``, sentences with one detail
    rewritten, the sentence of each in ``probe_owner``, ``probe_kinds``, ``probe_scores`` beside
    the sentence's own picture, and ``probe_spans`` (start, end in the sentence, start, end in the
    rewritten one); ``seconds`` that a question took.
    Raises ``ValueError`` for shapes that disagree, and for scores that are no numbers.
    """

    model: str
    texts: tuple[str, ...]
    pictures: tuple[str, ...]
    owner: Int[np.ndarray, "T"]
    scores: Float[np.ndarray, "T I"]
    kind: str = ""
    thumbnails: UInt8[np.ndarray, "_ height width 3"] = field(
        default_factory=lambda: _none(0, 1, 1, 3, dtype=np.uint8)
    )
    labels: tuple[str, ...] = ()
    label_owner: Int[np.ndarray, "B"] = field(default_factory=lambda: _none(0))
    boxes: Float[np.ndarray, "_ 4"] = field(default_factory=lambda: _none(0, 4, dtype=np.float32))
    details: Int[np.ndarray, "M 3"] = field(default_factory=lambda: _none(0, 3))
    lacking: Bool[np.ndarray, "M _"] = field(default_factory=lambda: _none(0, 0, dtype=np.bool_))
    probes: tuple[str, ...] = ()
    probe_owner: Int[np.ndarray, "Q"] = field(default_factory=lambda: _none(0))
    probe_kinds: tuple[str, ...] = ()
    probe_scores: Float[np.ndarray, "Q"] = field(default_factory=lambda: _none(0, dtype=np.float32))
    probe_spans: Int[np.ndarray, "Q 4"] = field(default_factory=lambda: _none(0, 4))
    title: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        changed = {
            **{name: text(getattr(self, name)) for name in ("model", "kind", "title")},
            **{
                name: texts(getattr(self, name))
                for name in ("texts", "pictures", "labels", "probes", "probe_kinds")
            },
            **{
                name: np.asarray(getattr(self, name), dtype=np.int64)
                for name in ("owner", "label_owner", "details", "probe_owner", "probe_spans")
            },
            **{
                name: np.asarray(getattr(self, name), dtype=np.float32)
                for name in ("scores", "boxes", "probe_scores")
            },
            "lacking": np.asarray(self.lacking, dtype=np.bool_),
            "thumbnails": np.asarray(self.thumbnails),
            "seconds": float(self.seconds),
        }
        for name, value in changed.items():
            object.__setattr__(self, name, value)
        _check_scores(self)
        _check_pictures(self)
        _check_details(self)

    @cached_property
    def texts_of(self) -> tuple[tuple[int, ...], ...]:
        """For each picture the sentences about it."""
        found: list[list[int]] = [[] for _ in self.pictures]
        for sentence, picture in enumerate(self.owner.tolist()):
            found[picture].append(sentence)
        return tuple(tuple(one) for one in found)

    @cached_property
    def labels_of(self) -> tuple[tuple[str, ...], ...]:
        """For each picture the names of what is to be seen on it."""
        found: list[list[str]] = [[] for _ in self.pictures]
        for label, picture in zip(self.labels, self.label_owner.tolist(), strict=True):
            found[picture].append(label)
        return tuple(tuple(one) for one in found)

    @cached_property
    def text_ranks(self) -> Int[np.ndarray, "T"]:
        """For each sentence the rank of its own picture, from 1; ties count against it."""
        own = self.scores[np.arange(len(self.texts)), self.owner]
        return (self.scores >= own[:, None]).sum(1)

    @cached_property
    def picture_ranks(self) -> Int[np.ndarray, "I"]:
        """For each picture the rank of the best of its own sentences, from 1; 0 if it has none.

        Ties with sentences of other pictures count against it.
        """
        ranks = np.zeros(len(self.pictures), dtype=np.int64)
        for picture, own in enumerate(self.texts_of):
            if own:
                column = self.scores[:, picture]
                best = column[list(own)].max()
                foreign = (column >= best).sum() - (column[list(own)] >= best).sum()
                ranks[picture] = 1 + foreign
        return ranks

    def ranks(self, direction: str = DIRECTIONS[0]) -> Int[np.ndarray, "n"]:
        """``text_ranks`` for "text_to_image", ``picture_ranks`` for "image_to_text"."""
        return self.text_ranks if direction == DIRECTIONS[0] else self.picture_ranks

    def recall(self, depth: int, direction: str = DIRECTIONS[0]) -> float:
        """R@K: the share of questions whose own answer is among the first ``depth``."""
        return recall_at(self.ranks(direction).tolist(), depth)

    def hits(self, direction: str = DIRECTIONS[0]) -> Int[np.ndarray, "_"]:
        """The questions that find their own first."""
        return np.flatnonzero(self.ranks(direction) == 1)

    def misses(self, direction: str = DIRECTIONS[0]) -> Int[np.ndarray, "_"]:
        """The questions that find another first."""
        return np.flatnonzero(self.ranks(direction) > 1)

    def lacks(self, sentence: int, picture: int) -> tuple[tuple[int, int], ...]:
        """The details (start, end) of a sentence that a picture lacks; neighbours put together."""
        mine = self.details[:, 0] == sentence
        wanting = mine & self.lacking[:, picture] if len(self.details) else mine
        joined = joined_spans(self.texts[sentence], self.details[wanting, 1:].tolist())
        return tuple((start, end) for start, end in joined)

    @property
    def probe_wins(self) -> Bool[np.ndarray, "Q"]:
        """Whether each rewritten sentence scores less than the original, beside its picture."""
        own = self.scores[self.probe_owner, self.owner[self.probe_owner]]
        return own > self.probe_scores

    def probe_shares(self) -> dict[str, tuple[float, int]]:
        """For each kind of detail how often the original wins, and of how many probes."""
        kinds, wins = np.array(self.probe_kinds, dtype=np.str_), self.probe_wins
        return {
            kind: (float(wins[kinds == kind].mean()), int((kinds == kind).sum()))
            for kind in dict.fromkeys(self.probe_kinds)
        }


def _check_scores(run: RetrievalRun) -> None:
    sentences, pictures = len(run.texts), len(run.pictures)
    if not sentences or not pictures:
        raise ValueError(f"{sentences} texts and {pictures} pictures were given; give some of both")
    if run.scores.shape != (sentences, pictures):
        raise ValueError(
            f"scores must be [{sentences}, {pictures}] for as many texts and pictures, "
            f"got {list(run.scores.shape)}"
        )
    wrong = ~np.isfinite(run.scores)
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(f"scores must be finite, but text {row} with picture {column} is not")
    _check_places("owner", run.owner, sentences, pictures)


def _check_pictures(run: RetrievalRun) -> None:
    shape, pictures = run.thumbnails.shape, len(run.pictures)
    if len(shape) != 4 or shape[3] != 3 or run.thumbnails.dtype != np.uint8:
        raise ValueError(
            "thumbnails must be uint8 [pictures, height, width, 3], "
            f"got {run.thumbnails.dtype} {list(shape)}"
        )
    if shape[0] not in (0, pictures) or max(shape[1:3]) > LARGEST_SIDE:
        raise ValueError(
            f"thumbnails must be {pictures} of at most {LARGEST_SIDE} on a side, got {list(shape)}:"
            " widgets.retrieval.thumbnails.thumbnails_of makes them"
        )
    _check_places("label_owner", run.label_owner, len(run.labels), pictures)
    if run.boxes.shape not in ((0, 4), (len(run.labels), 4)):
        raise ValueError(
            f"boxes must be [{len(run.labels)}, 4], one a label, got {list(run.boxes.shape)}"
        )
    if not ((run.boxes >= -1e-3) & (run.boxes <= 1.001)).all():
        raise ValueError("boxes must be shares of the thumbnail, 0 to 1: divide pixels by the size")


def _check_details(run: RetrievalRun) -> None:
    if run.details.ndim != 2 or run.details.shape[1] != 3:
        raise ValueError(f"details must be [M, 3]: text, start, end; got {list(run.details.shape)}")
    count = len(run.details)
    if count and run.lacking.shape != (count, len(run.pictures)):
        raise ValueError(
            f"lacking must be [{count}, {len(run.pictures)}], got {list(run.lacking.shape)}"
        )
    _check_places("details", run.details[:, 0], count, len(run.texts))
    _check_places("probe_owner", run.probe_owner, len(run.probes), len(run.texts))
    sizes = (len(run.probe_kinds), len(run.probe_scores), len(run.probe_spans))
    if sizes != (len(run.probes),) * 3 or run.probe_spans.shape[1:] != (4,):
        raise ValueError(
            f"{len(run.probes)} probes need as many kinds, scores and spans [Q, 4]; got {sizes[0]} "
            f"kinds, {sizes[1]} scores and spans {list(run.probe_spans.shape)}"
        )
    if not np.isfinite(run.probe_scores).all():
        raise ValueError("probe_scores must be finite numbers")


def _check_places(name: str, places: np.ndarray, count: int, limit: int) -> None:
    if places.shape != (count,):
        raise ValueError(f"{name} must hold {count} places, got {list(places.shape)}")
    if count and not (places.min() >= 0 and places.max() < limit):
        raise ValueError(
            f"{name} must lie in 0 to {limit - 1}, got {places.min()} to {places.max()}"
        )
