"""The state of a training process between two steps, and the one step that changes it."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workbench.training import chance, checkpoint
from workbench.training.errors import RunError, writing
from workbench.training.events import Event, EventWriter
from workbench.training.folder import RunFolder, replace_file
from workbench.training.gradients import Learner, Rows
from workbench.training.model import Pretraining
from workbench.training.optimiser import clip, make_optimiser, set_learning_rate
from workbench.training.parallel import together
from workbench.training.prefetch import Prefetch, Stream
from workbench.training.recipe import Recipe
from workbench.training.schedule import learning_rate_at
from workbench.training.world import World


class Session:
    """Model, optimiser, data and place in the run; whole between any two calls of its methods."""

    def __init__(
        self, recipe: Recipe, folder: RunFolder, events: EventWriter, world: World
    ) -> None:
        self.recipe = recipe
        self.folder = folder
        self.events = events
        self.world = world
        with self._chance(0):
            self.model: Pretraining = recipe.model().to(world.device).train()
        self.stream: Stream = recipe.data()
        mine = world.shards(recipe.shards)
        self.data = Prefetch(
            self.stream, recipe.steps, shards=recipe.shards, mine=mine, readers=recipe.readers
        )
        module, apart = together(self.model, world)
        self.learner = Learner(self.model, module, world, self._surroundings, apart)
        self.optimiser = make_optimiser(self.model, recipe.optimisation)
        self.parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        self.show = None if recipe.probe is None else recipe.probe()
        self.step = 0
        self.saved_step: int | None = None

    def restore(self) -> list[str]:
        """Continues from the newest whole checkpoint, if any; says what was wrong with others.

        Raises ``RunError`` when there are checkpoints and every one is damaged.
        """
        checkpoint.clear_unfinished(self.folder)
        found, damaged = checkpoint.find_latest(self.folder)
        warnings = [f"{path.name} is damaged and left out: {why}" for path, why in damaged.items()]
        if found is None and damaged:
            raise RunError(
                f"no checkpoint in {self.folder.checkpoints} is whole ({'; '.join(warnings)}); "
                "delete that folder to begin again at step 0"
            )
        for path in damaged:
            checkpoint.set_aside(path)
        if found is not None:
            checkpoint.load_weights(found, self.model)
            training = checkpoint.load_training(found)
            self.optimiser.load_state_dict(training["optimiser"])
            self.step = self.saved_step = int(training["step"])
            if training["chance"] != chance.fingerprint(self.recipe.seed, self.step + 1):
                warnings.append(
                    "this torch draws other random numbers than the one that wrote the checkpoint: "
                    "the run goes on, but not exactly as it would have there"
                )
        return warnings

    def train_step(self) -> Event | None:
        """One step; its event when it is due by ``log_every``.

        Raises ``RunError`` when the loss or the gradient is no longer a finite number.
        """
        recipe, step, began = self.recipe, self.step + 1, time.perf_counter()
        pieces = self.data.pieces(step - 1)
        waited = time.perf_counter() - began
        rate = learning_rate_at(step, recipe.optimisation, recipe.steps)
        set_learning_rate(self.optimiser, rate)
        scored, rows = self.learner.gradient(pieces, recipe.shards, recipe.seed, step)
        loss, rule = float(scored.total.detach()), recipe.optimisation
        norm = clip(self.parameters, rule.clip_norm, rule.clip_each)
        _require_finite(loss, norm, scored.objective, step)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step = step
        if step % recipe.log_every and step != recipe.steps:
            return None
        # The first process tells of the whole step, the others of what was theirs.
        rows = rows if self.world.first else Rows.of(pieces.values())
        return self.events.write(
            "step",
            step,
            objective=scored.objective,
            loss=loss,
            losses={name: float(part.mean().detach()) for name, part in scored.losses.items()},
            learning_rate=rate,
            gradient_norm=norm,
            pairs=rows.pairs,
            tokens=rows.tokens,
            regions=rows.regions,
            padding=round(rows.filler, 4),
            seconds=round(time.perf_counter() - began, 6),
            data_seconds=round(waited, 6),
        )

    def save(self) -> list[Event]:
        """A checkpoint of this step, which the first process writes for all."""
        self.saved_step = self.step
        if not self.world.first:
            return []
        training = {
            "step": self.step,
            "optimiser": self.optimiser.state_dict(),
            "chance": chance.fingerprint(self.recipe.seed, self.step + 1),
        }
        self.events.sync()
        made = checkpoint.save(self.folder, self.step, self.model, training, self.recipe.keep)
        return [self.events.write("checkpoint", self.step, path=self._relative(made.path))]

    def probe(self) -> list[Event]:
        """The record of the probe, which the first process writes for all.

        A probe that fails is reported and training goes on.
        """
        if not self.world.first:
            return []
        path = self.folder.probes / f"step-{self.step:06d}.npz"
        assert self.show is not None
        try:
            with self._chance(self.step), self._precision(), torch.no_grad():
                record = self.show(self.model.eval(), self.step)
            arrays: dict[str, Any] = {name: np.asarray(value) for name, value in record.items()}
            objects = [name for name, value in arrays.items() if value.dtype.hasobject]
            if objects:
                raise TypeError(f"probe arrays of Python objects cannot be kept: {objects}")
        except Exception as problem:
            text = f"the probe failed: {type(problem).__name__}: {problem}"
            return [self.events.write("warning", self.step, message=text)]
        finally:
            self.model.train()
        with writing(path):
            replace_file(path, lambda file: np.savez(file, **arrays))
        return [self.events.write("probe", self.step, path=self._relative(path))]

    def close(self) -> None:
        """Ends the reading thread."""
        self.data.close()

    def _precision(self) -> torch.autocast:
        reduced = self.recipe.precision == "bfloat16"
        return torch.autocast(self.world.device.type, dtype=torch.bfloat16, enabled=reduced)

    @contextlib.contextmanager
    def _surroundings(self, step: int, shard: int) -> Iterator[None]:
        """Where a piece of a step's batch passes forward."""
        with self._chance(step, shard), self._precision():
            yield

    @contextlib.contextmanager
    def _chance(self, step: int, shard: int = 0) -> Iterator[None]:
        """Dropout and initial weights drawn from (seed, step, shard), the caller's state kept."""
        device = self.world.device
        devices = [torch.cuda.current_device()] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(chance.seed_of(self.recipe.seed, step, "layers", shard))
            yield

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder.path).as_posix()


def _require_finite(loss: float, norm: float, objective: str, step: int) -> None:
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise RunError(
            f"step {step}, objective {objective!r}: the loss is {loss} and the gradient norm "
            f"{norm}; lower the learning rate, lengthen the warm-up, or look at the data of "
            "this step"
        )
