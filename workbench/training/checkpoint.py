"""Checkpoints that are whole or absent: written aside, checksummed, then moved into place."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from workbench.training.errors import RunError, unwritable
from workbench.training.folder import RunFolder, sha256, sync_folder

WEIGHTS = "model.safetensors"
TRAINING = "training.pt"
MANIFEST = "MANIFEST.json"


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint: the steps done when it was written, and its folder."""

    step: int
    path: Path


def save(
    folder: RunFolder, step: int, model: nn.Module, training: dict[str, Any], keep: int
) -> Checkpoint:
    """Writes a checkpoint and removes all but the ``keep`` newest.

    Weights shared by several modules are written once.  Raises ``RunError`` when the disk refuses;
    the checkpoints there were are then untouched.
    """
    place = folder.checkpoints / f"step-{step:06d}"
    aside = folder.checkpoints / f".{place.name}.{os.getpid()}"
    try:
        aside.mkdir(parents=True, exist_ok=True)
        save_model(model, str(aside / WEIGHTS), metadata={"format": "pt"})
        with open(aside / TRAINING, "wb") as file:
            torch.save(training, file)
        files = {name: _synced_sha256(aside / name) for name in (WEIGHTS, TRAINING)}
        manifest = aside / MANIFEST
        manifest.write_text(json.dumps({"step": step, "files": files}, indent=2) + "\n")
        _synced_sha256(manifest)
        sync_folder(aside)
        former = aside.with_name(f"{aside.name}.former")
        if place.exists():
            os.replace(place, former)
        os.replace(aside, place)
        shutil.rmtree(former, ignore_errors=True)
        sync_folder(folder.checkpoints)
    except (OSError, RuntimeError, SafetensorError) as problem:
        shutil.rmtree(aside, ignore_errors=True)
        raise _failed(folder, place, problem) from problem
    for older in _steps(folder)[:-keep]:
        shutil.rmtree(older, ignore_errors=True)
    return Checkpoint(step, place)


def find_latest(folder: RunFolder) -> tuple[Checkpoint | None, dict[Path, str]]:
    """The newest checkpoint whose files match its manifest, and what is wrong with newer ones."""
    damaged: dict[Path, str] = {}
    for path in reversed(_steps(folder)):
        problem = _problem(path)
        if problem is None:
            return Checkpoint(int(path.name.removeprefix("step-")), path), damaged
        damaged[path] = problem
    return None, damaged


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


def load_weights(checkpoint: Checkpoint, model: nn.Module) -> None:
    """Fills the model, strictly; raises ``RunError`` when the weights are another model's."""
    try:
        load_model(model, str(checkpoint.path / WEIGHTS), strict=True)
    except (RuntimeError, SafetensorError) as problem:
        raise RunError(
            f"the weights of {checkpoint.path} do not fit the model that the recipe builds now; "
            f"use the code that started the run: {problem}"
        ) from problem


def load_training(checkpoint: Checkpoint) -> dict[str, Any]:
    """What ``save`` was given as ``training``; only tensors and plain values are unpickled."""
    return torch.load(checkpoint.path / TRAINING, weights_only=True, map_location="cpu")


def _steps(folder: RunFolder) -> list[Path]:
    found = [p for p in folder.checkpoints.glob("step-*") if p.name[5:].isdigit() and p.is_dir()]
    return sorted(found, key=lambda path: int(path.name[5:]))


def _problem(path: Path) -> str | None:
    """Why a checkpoint cannot be used; None when it can."""
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        files = dict(manifest["files"])
        if set(files) != {WEIGHTS, TRAINING} or manifest["step"] != int(path.name[5:]):
            return f"{MANIFEST} does not describe it"
        for name, expected in files.items():
            if sha256(path / name) != expected:
                return f"{name} does not match its checksum"
    except OSError as problem:
        return f"{Path(problem.filename or path).name}: {problem.strerror}"
    except (ValueError, KeyError, TypeError):
        return f"{MANIFEST} cannot be read"
    return None


def _synced_sha256(path: Path) -> str:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
    return sha256(path)


def _failed(folder: RunFolder, place: Path, problem: Exception) -> RunError:
    kept = _steps(folder)
    still = f"{kept[-1].name} is still whole" if kept else "there is no earlier one"
    cause: BaseException | None = problem
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    reason = str(problem if cause is None else unwritable(place, cause))
    return RunError(f"checkpoint not written: {reason}; {still}")
