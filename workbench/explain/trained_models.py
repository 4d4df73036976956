"""The models of runs by name: as a run began, one per checkpoint, or the newest of each run."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence

import torch

from workbench.explain import learning
from workbench.training import chance
from workbench.training.model import Pretraining
from workbench.training.run import Run


def checkpoints_of(run: Run, steps: Sequence[int] = ()) -> Iterator[tuple[str, Pretraining]]:
    """The models of a run's whole checkpoints, or of those at these steps, by the step.

    Each is a model of its own.  Raises as ``learning.checkpoints_of``.
    """
    for step, model in learning.checkpoints_of(run, steps):
        yield f"step {step:,}", copy.deepcopy(model)


def untrained(run: Run) -> Pretraining:
    """The model that a run began with, before its first step, in evaluation mode, on the CPU."""
    with torch.random.fork_rng(devices=[]):
        # as training.session draws it; torch.manual_seed would also seed GPUs
        torch.default_generator.manual_seed(chance.seed_of(run.recipe.seed, 0, "layers"))
        model: Pretraining = run.recipe.model()
    return model.eval()


def life_of(run: Run) -> list[tuple[str, Pretraining]]:
    """The model that a run began with, as "untrained", and those of its whole checkpoints.

    Raises ``RunError`` for a run without a checkpoint.
    """
    return [("untrained", untrained(run)), *checkpoints_of(run)]


def newest_of(runs: Iterable[Run]) -> Iterator[tuple[str, Pretraining]]:
    """The newest model of each run, by the run's name."""
    for run in runs:
        yield run.path.name, run.load()
