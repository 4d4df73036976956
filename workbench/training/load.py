"""A trained model back from its run."""

from __future__ import annotations

import torch

from workbench.training import checkpoint, record
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.model import Pretraining


def load_model(folder: RunFolder) -> Pretraining:
    """The model of a run with its newest whole weights, in evaluation mode, on the CPU.

    Raises ``RunError`` when there is no whole checkpoint.
    """
    found, damaged = checkpoint.find_latest(folder)
    if found is None:
        reasons = "; ".join(f"{path.name}: {why}" for path, why in damaged.items())
        raise RunError(
            f"{folder.path} has no checkpoint to load yet"
            + (f" that is whole ({reasons})" if reasons else "")
            + "; ask a running run for one with checkpoint_now()"
        )
    recipe, _ = record.read(folder)
    with torch.random.fork_rng(devices=[]):
        model: Pretraining = recipe.model()
    checkpoint.load_weights(found, model)
    return model.eval()
