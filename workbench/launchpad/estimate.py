"""What a run will cost, before it starts: weights, memory, products, seconds, and on what basis."""

from __future__ import annotations

import os
import statistics
from dataclasses import asdict, dataclass
from typing import Any

import torch

from workbench.launchpad.choice import Choice
from workbench.launchpad.composing import recipe_of
from workbench.launchpad.counting import Cost, parameters, step_cost, unfilled
from workbench.launchpad.data import source_of
from workbench.launchpad.mixed import parted_like
from workbench.launchpad.models import family
from workbench.launchpad.pace import Pace, Shape, measured
from workbench.training.engines.naming import named
from workbench.training.model import Pretraining
from workbench.training.recipe import Recipe

BATCHES, DRAWS = 4, 8
"""How many batches of the data are looked at, and how many mixes are drawn for each."""

UTILISATION = {"float32": 0.65, "bfloat16": 0.45, "float16": 0.45}
"""What a step of tiny models makes of the pace of one block on a CPU, measured: beside its blocks
it embeds, scores, reads and moves, and half precision makes kernels for ever new shapes."""

ON_GPU = 0.8
"""The same on a GPU for large models (decision 0014)."""

PROCESS, KERNELS = 500e6, 700e6
"""Bytes on a CPU that Python, torch and the workbench take before there is a model, and that
kernels for ever new shapes of batches take in half precision, in their first hundred steps."""

RECOMPUTED = 8
"""How many times less is kept when blocks compute their inner results twice: about their inputs."""

BYTES = {"float32": 4.0, "bfloat16": 3.0, "float16": 3.0}
"""Of a number kept for the backward pass: in half precision norms and sums stay whole."""


@dataclass(frozen=True)
class Estimate:
    """A whole run: ``memory_bytes`` of each process, ``flops`` and ``pairs`` of all steps."""

    parameters: int
    memory_bytes: int
    seconds: float
    flops: float
    pairs: int
    says: str

    def as_json(self) -> dict[str, Any]:
        """The estimate as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Work:
    """A step in numbers: what it costs (and the heaviest one), its pairs and rows, the weights."""

    step: Cost
    heaviest: Cost
    pairs: float
    rows: float
    weights: int
    shape: Shape


def estimate(choice: Choice) -> Estimate:
    """What a choice will cost on this machine; raises ``ChoiceError`` for one with problems.

    It reads a few batches, builds the model without weights, and measures one of its blocks.
    """
    settled, recipe = choice.settled(), recipe_of(choice)
    engine = named(settled.engine)
    pieces = max(settled.shards, engine.processes)
    work = work_of(settled, recipe, pieces)
    pace = measured(work.shape, settled.precision, recipe.threads)
    at_once = _at_once(engine.processes, recipe.threads, pace)
    seconds = (
        work.step.flops / (pace.flops * _share(settled, pace)) + work.weights / pace.weights
    ) / at_once
    held = 16.0 * work.weights / (engine.processes if getattr(engine, "sharded", False) else 1)
    kept = work.heaviest.kept / pieces * BYTES[settled.precision]
    program = 0.0
    if pace.device == "cpu":
        program = PROCESS + (0.0 if settled.precision == "float32" else KERNELS)
    memory = (("weights, gradients and two moments", held),)
    memory += (("numbers kept for the backward pass", kept), ("the process itself", program))
    return Estimate(
        work.weights,
        round(held + kept + program),
        recipe.steps * seconds,
        recipe.steps * work.step.flops,
        round(recipe.steps * work.pairs),
        f"Parameters: counted in the model. {_products(work)} {_time(settled, pace, seconds)} "
        f"Memory: {', '.join(f'{name} {_size(size)}' for name, size in memory if size)}.",
    )


def work_of(choice: Choice, recipe: Recipe, pieces: int) -> Work:
    """The work of a settled choice's steps, looked at in a few batches of its data."""
    source, model = source_of(choice), unfilled(recipe.model)
    assert choice.budget is not None and choice.objectives is not None
    batches = source.batches(choice.budget, choice.seed, BATCHES)
    if family(choice.system) == "unimo":
        batches = parted_like(batches, choice.objectives, choice.seed)
    rng = torch.Generator().manual_seed(choice.seed)
    costs = [step_cost(model, batch, rng) for batch in batches for _ in range(DRAWS)]
    step, heaviest = sum(costs, Cost()).times(1 / len(costs)), max(costs, key=lambda c: c.kept)
    if choice.recompute:
        step = Cost(step.flops * 4 / 3, step.kept / RECOMPUTED)
        heaviest = Cost(heaviest.flops * 4 / 3, heaviest.kept / RECOMPUTED)
    pairs = statistics.fmean(len(batch) for batch in batches)
    rows = statistics.fmean(b.text.offsets.rows + b.regions.offsets.rows for b in batches)
    shape = shape_of(model, pairs / pieces, rows / pairs)
    return Work(step, heaviest, pairs, rows, parameters(model), shape)


def shape_of(model: Pretraining, pairs: float, rows: float) -> Shape:
    """The block of a model that stands for all of them, and what passes through it at a time."""
    sizes = model.encoder.sizes
    return Shape(
        sizes.width,  # type: ignore[union-attr, arg-type]
        sizes.heads,  # type: ignore[union-attr, arg-type]
        sizes.inner,  # type: ignore[union-attr, arg-type]
        max(1, round(pairs)),
        max(1, round(rows)),
        sizes.dropout,  # type: ignore[union-attr, arg-type]
    )


def _share(choice: Choice, pace: Pace) -> float:
    """How much of the pace of a block a whole step reaches."""
    return ON_GPU if pace.device == "cuda" else UTILISATION[choice.precision]


def _at_once(processes: int, threads: int | None, pace: Pace) -> int:
    """How many processes really work at the same time."""
    if pace.device == "cuda":
        return max(1, min(processes, torch.cuda.device_count()))
    return max(1, min(processes, (os.cpu_count() or 1) // (threads or 1)))


def _products(work: Work) -> str:
    return (
        f"Products: {work.step.flops:.2g} a step, counted from the model's shapes over {BATCHES} "
        f"batches of this data ({work.pairs:.0f} pairs, {work.rows:.0f} rows each)."
    )


def _time(choice: Choice, pace: Pace, seconds: float) -> str:
    where = "the GPU" if pace.device == "cuda" else f"{choice.threads or 'all'} CPU thread(s)"
    return (
        f"Time: {seconds:.3g} s a step, at {pace.flops / 1e9:.3g} GFLOP/s measured here for one "
        f"block in {choice.precision} on {where}, of which a whole step reaches about "
        f"{_share(choice, pace):.0%}, on a machine that does nothing else."
    )


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
