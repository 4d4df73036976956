"""What a model guesses for hidden words and regions, with and without the other modality."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from widgets.record import Record, text, texts

WORD, CLASS, REGION = "word", "class", "region"
"""What a guess is: a piece of the vocabulary, a class of the detector, a region of a picture."""


@dataclass(frozen=True, eq=False)
class GuessRecord(Record):
    """What the guess viewer draws: G steps, 2 conditions, n hidden places, the k best guesses.

    ``places`` are rows of the pair, words first, then regions; those with the same number in
    ``turns`` were hidden together.  ``chance`` are probabilities, best first; the text is empty
    where there are fewer guesses than k.  ``truth_rank`` counts from 1.  ``kinds`` say what is
    guessed at each place: a "word", the detector's "class", or which "region" the regressed
    features are (the probability is then the share of exp(−loss) among the regions compared).
    Raises ``ValueError`` for shapes that disagree and for numbers that are no probabilities.
    """

    words: tuple[str, ...]
    boxes: Float[np.ndarray, "N 4"]
    picture: UInt8[np.ndarray, "height width 3"]
    places: Int[np.ndarray, "n"]
    truth: tuple[str, ...]
    top: Shaped[np.ndarray, "G 2 n k"]
    chance: Float[np.ndarray, "G 2 n k"]
    truth_chance: Float[np.ndarray, "G 2 n"]
    truth_rank: Int[np.ndarray, "G 2 n"]
    steps: Int[np.ndarray, "G"] = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    turns: Int[np.ndarray, "n"] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    title: str = ""
    conditions: tuple[str, ...] = ("with the picture", "without the picture")
    region_conditions: tuple[str, ...] = ("with the words", "without the words")

    def __post_init__(self) -> None:
        words, boxes = texts(self.words), np.asarray(self.boxes, dtype=np.float32).reshape(-1, 4)
        places = np.asarray(self.places, dtype=np.int64).reshape(-1)
        kinds = tuple(WORD if place < len(words) else CLASS for place in places)
        turns = np.asarray(self.turns, dtype=np.int64).reshape(-1)
        changed = {
            "words": words,
            "boxes": boxes,
            "picture": np.asarray(self.picture),
            "places": places,
            "truth": texts(self.truth),
            "top": np.asarray(self.top, dtype=np.str_),
            "chance": np.asarray(self.chance, dtype=np.float64),
            "truth_chance": np.asarray(self.truth_chance, dtype=np.float64),
            "truth_rank": np.asarray(self.truth_rank, dtype=np.int64),
            "steps": np.asarray(self.steps, dtype=np.int64).reshape(-1),
            "turns": turns if len(turns) else np.zeros(len(places), dtype=np.int64),
            "kinds": texts(self.kinds) or kinds,
            "labels": texts(self.labels) or ("",) * len(boxes),
            "title": text(self.title),
            "conditions": texts(self.conditions),
            "region_conditions": texts(self.region_conditions),
        }
        for name, value in changed.items():
            object.__setattr__(self, name, value)
        _check_pair(self)
        _check_guesses(self)

    def is_word(self, place: int) -> bool:
        """Whether a word (else a region) is hidden at this place of ``places``."""
        return bool(self.places[place] < len(self.words))


def _check_pair(record: GuessRecord) -> None:
    words, regions = len(record.words), len(record.boxes)
    if len(record.labels) != regions:
        raise ValueError(f"{len(record.labels)} labels were given for {regions} regions")
    picture = record.picture
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(
            f"picture must be uint8 [height, width, 3], got {picture.dtype} {list(picture.shape)}"
        )
    wrong = [int(place) for place in record.places if not 0 <= place < words + regions]
    if wrong or not len(record.places):
        raise ValueError(
            f"places must be rows of {words} words, then {regions} regions, one or more; got "
            + (f"row {wrong[0]}" if wrong else "none")
        )


def _check_guesses(record: GuessRecord) -> None:
    steps, places = len(record.steps), len(record.places)
    for name, length in (("truth", places), ("turns", places), ("kinds", places)):
        if len(getattr(record, name)) != length:
            found = len(getattr(record, name))
            raise ValueError(f"{name} must have one entry for each of {length} places, got {found}")
    whole = (steps, 2, places)
    for name, shape in (("truth_chance", whole), ("truth_rank", whole)):
        if getattr(record, name).shape != shape:
            found = list(getattr(record, name).shape)
            raise ValueError(f"{name} must be [steps, 2, places] = {list(shape)}, got {found}")
    for name in ("top", "chance"):
        found = getattr(record, name).shape
        if found[:3] != whole or len(found) != 4 or found[3] < 1 or found != record.top.shape:
            raise ValueError(
                f"{name} must be [steps, 2, places, guesses] = {[*whole, 'k']}, got {list(found)}"
            )
    if steps < 1 or (np.diff(record.steps) <= 0).any():
        raise ValueError(f"steps must rise, one or more; got {record.steps.tolist()}")
    for name in ("chance", "truth_chance"):
        values = getattr(record, name)
        if not ((values >= 0) & (values <= 1.0001)).all():  # NaN fails this too
            raise ValueError(
                f"{name} must be probabilities, got values from {values.min():.3g} to "
                f"{values.max():.3g}"
            )
    if (record.truth_rank < 1).any():
        raise ValueError(f"truth_rank counts from 1, got {record.truth_rank.min()}")
