"""A trained model back from its run."""

from __future__ import annotations

from typing import Literal

import torch

from workbench.training import checkpoint, kept, record
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.kept import Checkpoint
from workbench.training.model import Pretraining
from workbench.training.recipe import Recipe

Which = Literal["newest", "best"]


def load_model(
    folder: RunFolder, which: Which = "newest", *, averaged: bool = False
) -> Pretraining:
    """The model of a run with the weights of a whole checkpoint, in evaluation mode, on the CPU.

    That is the newest, or the best that validation found; ``averaged`` takes the moving average
    of the weights.  Raises ``RunError`` when there are none such.
    """
    recipe, _ = record.read(folder)
    if averaged and recipe.average is None:
        raise RunError(
            f"the run in {folder.path} keeps no average of its weights: load it without "
            "averaged, or train with Recipe(average=0.999)"
        )
    found = _best(folder, recipe) if which == "best" else _newest(folder)
    with torch.random.fork_rng(devices=[]):
        model: Pretraining = recipe.model()
    checkpoint.load_weights(found, model, kept.AVERAGE if averaged else kept.WEIGHTS)
    return model.eval()


def _newest(folder: RunFolder) -> Checkpoint:
    found, damaged = kept.find_latest(folder)
    if found is not None:
        return found
    reasons = "; ".join(f"{path.name}: {why}" for path, why in damaged.items())
    raise RunError(
        f"{folder.path} has no checkpoint to load yet"
        + (f" that is whole ({reasons})" if reasons else "")
        + "; ask a running run for one with checkpoint_now()"
    )


def _best(folder: RunFolder, recipe: Recipe) -> Checkpoint:
    if recipe.validation is None:
        raise RunError(
            f"the run in {folder.path} was trained without validation, so none of its checkpoints "
            "is known as the best: load the newest, or train with Recipe(validation=...)"
        )
    best = kept.best_of(folder, recipe.validation)
    if best is None:
        raise RunError(
            f"no checkpoint of the run in {folder.path} has a value of "
            f"{recipe.validation.metric!r} yet: wait for its next validation, or load the newest"
        )
    found = Checkpoint(best.step, kept.place_of(folder, best.step))
    problem = found.problem()
    if problem is not None:
        raise RunError(f"{found.path}, the best, is damaged ({problem}): load the newest")
    return found
