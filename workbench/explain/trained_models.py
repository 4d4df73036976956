"""The models of finished or running runs by name: one per checkpoint, or the newest of each run."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence

from workbench.explain import learning
from workbench.training.model import Pretraining
from workbench.training.run import Run


def checkpoints_of(run: Run, steps: Sequence[int] = ()) -> Iterator[tuple[str, Pretraining]]:
    """The models of a run's whole checkpoints, or of those at these steps, by the step.

    Each is a model of its own.  Raises as ``learning.checkpoints_of``.
    """
    for step, model in learning.checkpoints_of(run, steps):
        yield f"step {step:,}", copy.deepcopy(model)


def newest_of(runs: Iterable[Run]) -> Iterator[tuple[str, Pretraining]]:
    """The newest model of each run, by the run's name."""
    for run in runs:
        yield run.path.name, run.load()
