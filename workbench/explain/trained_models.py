"""The models of finished or running runs by name: one per checkpoint, or the newest of each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch

from workbench.training import checkpoint, kept
from workbench.training.model import Pretraining
from workbench.training.run import Run


def checkpoints_of(run: Run, steps: Sequence[int] = ()) -> Iterator[tuple[str, Pretraining]]:
    """The models of a run's whole checkpoints, or of those at these steps, by the step.

    Raises ``ValueError`` naming the steps there are when one is asked for that is not.
    """
    found = [one for one in kept.checkpoints(run.folder) if one.problem() is None]
    missing = sorted(set(steps) - {one.step for one in found})
    if missing:
        raise ValueError(
            f"{run.path.name} has no whole checkpoint at step {missing[0]}; there are "
            f"{', '.join(str(one.step) for one in found) or 'none'}"
        )
    for one in found:
        if not steps or one.step in steps:
            with torch.random.fork_rng(devices=[]):
                model: Pretraining = run.recipe.model()
            checkpoint.load_weights(one, model)
            yield f"step {one.step:,}", model.eval()


def newest_of(runs: Iterable[Run]) -> Iterator[tuple[str, Pretraining]]:
    """The newest model of each run, by the run's name."""
    for run in runs:
        yield run.path.name, run.load()
