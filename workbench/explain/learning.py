"""One model at every checkpoint that its run has kept: how what it knows comes about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from workbench.training import checkpoint, kept
from workbench.training.errors import RunError
from workbench.training.model import Pretraining
from workbench.training.run import Run


def checkpoints_of(
    run: Run, steps: Sequence[int] = (), *, averaged: bool = False
) -> Iterator[tuple[int, Pretraining]]:
    """Step and model of every whole checkpoint, oldest first, in evaluation mode, on the CPU.

    It is the same model each time, filled anew: take what you want of it before the next.
    ``steps`` are those to take, all where none is named; ``averaged`` takes the moving average of
    the weights.  Raises ``RunError`` where there is none, ``ValueError`` for a step there is not.
    """
    recipe = run.recipe
    if averaged and recipe.average is None:
        raise RunError(f"the run in {run.path} keeps no average: leave averaged out")
    whole = [found for found in kept.checkpoints(run.folder) if found.problem() is None]
    if not whole:
        raise RunError(
            f"{run.path} has no whole checkpoint yet; ask a running run for one with "
            "checkpoint_now()"
        )
    missing = sorted(set(steps) - {found.step for found in whole})
    if missing:
        raise ValueError(
            f"{run.path.name} has no whole checkpoint at step {missing[0]}; there are "
            f"{', '.join(str(found.step) for found in whole)}"
        )
    with torch.random.fork_rng(devices=[]):
        model: Pretraining = recipe.model()
    for found in whole:
        if steps and found.step not in steps:
            continue
        checkpoint.load_weights(found, model, kept.AVERAGE if averaged else kept.WEIGHTS)
        yield found.step, model.eval()
