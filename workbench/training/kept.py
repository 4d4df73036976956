"""The checkpoints that a run has: which are whole, which is the best, which stay.

A checkpoint is a folder whose manifest has the checksum of every other file in it.  Nothing here
imports torch.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.training.folder import RunFolder, sha256
from workbench.training.validation import Best, Validation

WEIGHTS = "model.safetensors"
AVERAGE = "average.safetensors"
TRAINING = "training.pt"
MEASURED = "measured.json"
MANIFEST = "MANIFEST.json"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint: the steps done when it was written, and its folder."""

    step: int
    path: Path

    def problem(self) -> str | None:
        """Why it cannot be used; None when every file is as its manifest says."""
        try:
            manifest = json.loads((self.path / MANIFEST).read_text())
            files = dict(manifest["files"])
            plain = all(Path(name).name == name for name in files)
            if not plain or not {WEIGHTS, TRAINING} <= set(files) or manifest["step"] != self.step:
                return f"{MANIFEST} does not describe it"
            for name, expected in files.items():
                if sha256(self.path / name) != expected:
                    return f"{name} does not match its checksum"
        except OSError as problem:
            return f"{Path(problem.filename or self.path).name}: {problem.strerror}"
        except (ValueError, KeyError, TypeError):
            return f"{MANIFEST} cannot be read"
        return None

    def measured(self) -> dict[str, float]:
        """What validation found at it; empty where none was due, or what it wrote is lost."""
        try:
            found = json.loads((self.path / MEASURED).read_text())
            return {name: math.nan if n is None else float(n) for name, n in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}


def checkpoints(folder: RunFolder) -> list[Checkpoint]:
    """All there are by step, whole or not."""
    found = [p for p in folder.checkpoints.glob("step-*") if p.name[5:].isdigit() and p.is_dir()]
    return sorted((Checkpoint(int(p.name[5:]), p) for p in found), key=lambda found: found.step)


def place_of(folder: RunFolder, step: int) -> Path:
    """Where the checkpoint of a step lies."""
    return folder.checkpoints / f"step-{step:06d}"


def find_latest(folder: RunFolder) -> tuple[Checkpoint | None, dict[Path, str]]:
    """The newest whole checkpoint, and what is wrong with newer ones."""
    damaged: dict[Path, str] = {}
    for found in reversed(checkpoints(folder)):
        problem = found.problem()
        if problem is None:
            return found, damaged
        damaged[found.path] = problem
    return None, damaged


def best_of(folder: RunFolder, validation: Validation) -> Best | None:
    """The best value that a checkpoint has, the earliest of equals; None before the first."""
    best: Best | None = None
    for found in checkpoints(folder):
        value = found.measured().get(validation.metric, math.nan)
        if validation.improves(value, best):
            best = Best(found.step, value)
    return best


def retained(
    steps: Sequence[int], keep: int, every: int | None = None, best: int | None = None
) -> set[int]:
    """Which checkpoints stay: the ``keep`` newest, the best, and old ones ever further apart.

    Of those written ``every`` so many steps, the first, second, fourth, eighth and so on stay; none
    of them without ``every``.
    """
    kept = {*sorted(steps)[-keep:]} | {step for step in steps if step == best}
    if every is None:
        return kept
    regular = {step: step // every for step in steps if step and step % every == 0}
    return kept | {step for step, index in regular.items() if index & (index - 1) == 0}


def remove_others(folder: RunFolder, steps: Collection[int]) -> None:
    """Removes the checkpoints of all other steps."""
    for found in checkpoints(folder):
        if found.step not in steps:
            shutil.rmtree(found.path, ignore_errors=True)


def set_aside(path: Path) -> Path:
    """Renames a damaged checkpoint, so that it is neither counted nor found again."""
    place = path.with_name(f"damaged-{path.name}")
    while place.exists():
        place = place.with_name(f"{place.name}-again")
    path.rename(place)
    return place


def clear_unfinished(folder: RunFolder) -> None:
    """Removes what processes that died while writing a checkpoint left behind."""
    for path in folder.checkpoints.glob(".step-*"):
        shutil.rmtree(path, ignore_errors=True)
