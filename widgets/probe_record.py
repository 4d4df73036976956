"""What a probe tells beside attention: guesses for hidden words, and which sentence fits where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from jaxtyping import Float

_NAME = re.compile(r"step-(\d+)\.npz")


@dataclass(frozen=True, eq=False)
class Guesses:
    """A sentence with some words hidden: what stood at each place, and the best guesses."""

    sentence: tuple[str, ...]
    positions: tuple[int, ...]
    truth: tuple[str, ...]
    top: tuple[tuple[str, ...], ...]
    chance: Float[np.ndarray, "g k"]


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
        return Guesses(
            tuple(words["sentence"]),
            tuple(words["position"]),
            tuple(words["truth"]),
            tuple(tuple(row) for row in file["guess_top"].tolist()),
            file["guess_chance"].astype(np.float64),
        )


def similarity_in(path: str | PathLike[str]) -> Similarity | None:
    """The similarities of a probe file; None where it has none.  Never unpickles."""
    with np.load(path, allow_pickle=False) as file:
        if "similarity" not in file:
            return None
        texts = tuple(str(text) for text in file["similarity_texts"].tolist())
        kind = str(file["similarity_kind"]) if "similarity_kind" in file else ""
        return Similarity(file["similarity"].astype(np.float64), texts, kind)
