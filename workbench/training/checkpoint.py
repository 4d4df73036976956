"""Checkpoints that are whole or absent: written aside, checksummed, then moved into place."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_model, save_model
from torch import nn

from workbench.training.errors import RunError, unwritable
from workbench.training.folder import RunFolder, sha256, sync_folder
from workbench.training.kept import (
    AVERAGE,
    MANIFEST,
    MEASURED,
    TRAINING,
    WEIGHTS,
    Checkpoint,
    checkpoints,
    place_of,
)


def save(
    folder: RunFolder,
    step: int,
    model: nn.Module,
    training: dict[str, Any],
    *,
    average: nn.Module | None = None,
    measured: Mapping[str, float] | None = None,
    guard: AbstractContextManager[None] | None = None,
) -> Checkpoint:
    """Writes a checkpoint, with the ``average`` of the weights and what was ``measured`` if given.

    Weights shared by several modules are written once.  ``guard`` surrounds the moment in which
    it is put in place and may refuse that.  Raises ``RunError`` when the disk refuses; the
    checkpoints there were are then untouched.
    """
    place = place_of(folder, step)
    aside = folder.checkpoints / f".{place.name}.{os.getpid()}"
    try:
        aside.mkdir(parents=True, exist_ok=True)
        _write(aside, step, model, training, average, measured)
        with guard or contextlib.nullcontext():
            former = aside.with_name(f"{aside.name}.former")
            if place.exists():
                os.replace(place, former)
            os.replace(aside, place)
        shutil.rmtree(former, ignore_errors=True)
        sync_folder(folder.checkpoints)
    except (OSError, RuntimeError, SafetensorError) as problem:
        shutil.rmtree(aside, ignore_errors=True)
        if isinstance(problem, RunError):
            raise
        raise _failed(folder, place, problem) from problem
    return Checkpoint(step, place)


def load_weights(checkpoint: Checkpoint, model: nn.Module, name: str = WEIGHTS) -> None:
    """Fills the model from one of its files, strictly.

    Raises ``RunError`` when the weights are another model's.
    """
    try:
        load_model(model, str(checkpoint.path / name), strict=True)
    except (RuntimeError, SafetensorError) as problem:
        raise RunError(
            f"the weights of {checkpoint.path} do not fit the model that the recipe builds now; "
            f"use the code that started the run: {problem}"
        ) from problem


def load_training(checkpoint: Checkpoint) -> dict[str, Any]:
    """What ``save`` was given as ``training``; only tensors and plain values are unpickled."""
    return torch.load(checkpoint.path / TRAINING, weights_only=True, map_location="cpu")


def weights_sha256(path: str | Path) -> str:
    """The SHA-256 of the weights in a checkpoint's folder or a safetensors file.

    Of the names in order, each with its type, shape and numbers: the same weights have the same,
    however the file around them was written.
    """
    path = Path(path)
    digest = hashlib.sha256()
    with safe_open(path / WEIGHTS if path.is_dir() else path, framework="pt") as file:
        for name in sorted(file.keys()):
            tensor = file.get_tensor(name)
            about = [name, str(tensor.dtype).removeprefix("torch."), list(tensor.shape)]
            digest.update(json.dumps(about).encode() + b"\n")
            digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _write(
    aside: Path,
    step: int,
    model: nn.Module,
    training: dict[str, Any],
    average: nn.Module | None,
    measured: Mapping[str, float] | None,
) -> None:
    """All files of a checkpoint, made to survive a power cut."""
    save_model(model, str(aside / WEIGHTS), metadata={"format": "pt"})
    if average is not None:
        save_model(average, str(aside / AVERAGE), metadata={"format": "pt"})
    if measured is not None:
        numbers = {name: n if math.isfinite(n) else None for name, n in measured.items()}
        (aside / MEASURED).write_text(json.dumps(numbers, indent=2) + "\n")
    with open(aside / TRAINING, "wb") as file:
        torch.save(training, file)
    files = {path.name: _synced_sha256(path) for path in sorted(aside.iterdir())}
    manifest = aside / MANIFEST
    manifest.write_text(json.dumps({"step": step, "files": files}, indent=2) + "\n")
    _synced_sha256(manifest)
    sync_folder(aside)


def _synced_sha256(path: Path) -> str:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
    return sha256(path)


def _failed(folder: RunFolder, place: Path, problem: Exception) -> RunError:
    kept = checkpoints(folder)
    still = f"{kept[-1].path.name} is still whole" if kept else "there is no earlier one"
    cause: BaseException | None = problem
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    reason = str(problem if cause is None else unwritable(place, cause))
    return RunError(f"checkpoint not written: {reason}; {still}")
