"""What a probe tells beside attention: guesses for hidden words, and which sentence fits where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from widgets.guesses.record import GuessRecord
from widgets.record import texts

_NAME = re.compile(r"step-(\d+)\.npz")


@dataclass(frozen=True, eq=False)
class Guesses:
    """A sentence with some words hidden: what stood at each place, and the best guesses.

    The ``blind`` ones are those without the picture; old probes have none.
    """

    sentence: tuple[str, ...]
    positions: tuple[int, ...]
    truth: tuple[str, ...]
    top: tuple[tuple[str, ...], ...]
    chance: Float[np.ndarray, "g k"]
    blind_top: tuple[tuple[str, ...], ...] = ()
    blind_chance: Float[np.ndarray, "b k"] | None = None


@dataclass(frozen=True, eq=False)
class Similarity:
    """How well each sentence (row) fits the picture of each (column)."""

    values: Float[np.ndarray, "n n"]
    texts: tuple[str, ...]
    kind: str = ""

    @property
    def right(self) -> int:
        """How many sentences fit their own picture best."""
        return int((self.values.argmax(axis=1) == np.arange(len(self.texts))).sum())


def probes_of(folder: Path) -> dict[int, Path]:
    """The probe files of a run by their step, in order."""
    named = [(_NAME.fullmatch(path.name), path) for path in (folder / "probes").glob("*.npz")]
    return dict(sorted((int(match[1]), path) for match, path in named if match))


def guesses_in(path: str | PathLike[str]) -> Guesses | None:
    """The guesses of a probe file; None where it has none.  Never unpickles."""
    with np.load(path, allow_pickle=False) as file:
        if "guess_top" not in file:
            return None
        words = {name: file[f"guess_{name}"].tolist() for name in ("sentence", "truth", "position")}
        blind = "guess_blind_top" in file
        return Guesses(
            tuple(words["sentence"]),
            tuple(words["position"]),
            tuple(words["truth"]),
            tuple(tuple(row) for row in file["guess_top"].tolist()),
            file["guess_chance"].astype(np.float64),
            tuple(tuple(row) for row in file["guess_blind_top"].tolist()) if blind else (),
            file["guess_blind_chance"].astype(np.float64) if blind else None,
        )


def guesses_over_probes(run: Any) -> GuessRecord:
    """The guesses of a run's probes over training, as the guess viewer draws them.

    ``run`` is a run folder or anything with a ``path`` to one.  Raises ``ValueError`` for a run
    whose probes hold no guesses without the picture.
    """
    folder, found = Path(getattr(run, "path", run)), {}
    for step, path in probes_of(folder).items():
        with np.load(path, allow_pickle=False) as file:
            if "guess_truth_chance" in file:
                found[step] = {name: file[name] for name in file if name != "attention"}
    if not found:
        raise ValueError(
            f"no probe of {folder} holds guesses with and without the picture: train it anew, or "
            "ask its checkpoints with workbench.explain.guesses.guesses_over"
        )
    first = next(iter(found.values()))
    both = [[one["guess_top"], one["guess_blind_top"]] for one in found.values()]
    chances = [[one["guess_chance"], one["guess_blind_chance"]] for one in found.values()]
    return GuessRecord(
        words=texts(first["guess_words"]),
        boxes=first["guess_boxes"],
        picture=first["guess_picture"] if "guess_picture" in first else first["picture"],
        places=first["guess_position"],
        truth=texts(first["guess_truth"]),
        top=np.array(both),
        chance=np.array(chances),
        truth_chance=np.stack([one["guess_truth_chance"] for one in found.values()]),
        truth_rank=np.stack([one["guess_truth_rank"] for one in found.values()]),
        steps=np.array(list(found)),
        labels=texts(first["guess_labels"]),
        title=str(first["guess_title"]),
    )


def similarity_in(path: str | PathLike[str]) -> Similarity | None:
    """The similarities of a probe file; None where it has none.  Never unpickles."""
    with np.load(path, allow_pickle=False) as file:
        if "similarity" not in file:
            return None
        texts = tuple(str(text) for text in file["similarity_texts"].tolist())
        kind = str(file["similarity_kind"]) if "similarity_kind" in file else ""
        return Similarity(file["similarity"].astype(np.float64), texts, kind)
