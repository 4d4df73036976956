"""The state of a training process between two steps, and the one step that changes it."""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import torch

from workbench.training import chance, checkpoint, kept
from workbench.training.average import Average
from workbench.training.compilation import compile_blocks
from workbench.training.errors import RunError
from workbench.training.events import Event, EventWriter
from workbench.training.folder import RunFolder
from workbench.training.gradients import Learner
from workbench.training.kept import Checkpoint
from workbench.training.model import Pretraining
from workbench.training.parallel import together
from workbench.training.piece import Planner, Rows
from workbench.training.precision import autocast
from workbench.training.prefetch import Prefetch, Stream
from workbench.training.recipe import Recipe
from workbench.training.recompute import recompute_blocks
from workbench.training.schedule import learning_rate_at
from workbench.training.updating import Updater
from workbench.training.validation import Best
from workbench.training.world import World


class Session:
    """Model, optimiser, data and place in the run; whole between any two calls of its methods.

    ``guard`` makes what surrounds the moment in which a checkpoint is put in place.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: RunFolder,
        events: EventWriter,
        world: World,
        guard: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        self.recipe = recipe
        self.folder = folder
        self.events = events
        self.world = world
        self.guard = guard
        with self._chance(0):
            self.model: Pretraining = recipe.model().to(world.device).train()
        if recipe.recompute:
            recompute_blocks(self.model)
        if recipe.compiled:
            compile_blocks(self.model)
        self.stream: Stream = recipe.data()
        self.data = Prefetch(
            self.stream,
            recipe.steps,
            Planner(self.model.mix, recipe.seed, recipe.shards, world.device),
            shards=recipe.shards,
            mine=world.shards(recipe.shards),
            readers=recipe.readers,
        )
        self.team = together(self.model, world, recipe.model)
        self.average = None if recipe.average is None else Average(self.model, recipe.average)
        self.updater = Updater(self.model, recipe, world.device)
        self.learner = Learner(
            self.model,
            self.team.module,
            world,
            self._surroundings,
            self.team.apart,
            self.updater.backward,
            self.team.gather,
        )
        self.show = None if recipe.probe is None else recipe.probe()
        self.measure = None if recipe.validation is None else recipe.validation.measure()
        self.measured: dict[str, float] | None = None
        self.best: Best | None = None
        self.step = 0
        self.saved_step: int | None = None

    def restore(self) -> list[str]:
        """Continues from the newest whole checkpoint, if any; says what was wrong with others.

        Raises ``RunError`` when there are checkpoints and every one is damaged.
        """
        # One process looks and tidies; a second one would find what the first has just moved.
        looked = self._look() if self.world.first else None
        found, damaged, self.best = self.world.agreed(looked) or (None, {}, None)
        warnings = [f"{path.name} is damaged and left out: {why}" for path, why in damaged.items()]
        if found is None and damaged:
            raise RunError(
                f"no checkpoint in {self.folder.checkpoints} is whole ({'; '.join(warnings)}); "
                "delete that folder to begin again at step 0"
            )
        if found is not None:
            if self.average is not None:
                self.team.fill(lambda model: checkpoint.load_weights(found, model, kept.AVERAGE))
                self.average.begin_here()
            self.team.fill(lambda model: checkpoint.load_weights(found, model))
            training = checkpoint.load_training(found)
            own = self.team.own_state(training["optimiser"], self.updater.parameters)
            self.updater.load({**training, "optimiser": own})
            self.step = self.saved_step = int(training["step"])
            if training["chance"] != chance.fingerprint(self.recipe.seed, self.step + 1):
                warnings.append(
                    "this torch draws other random numbers than the one that wrote the checkpoint: "
                    "the run goes on, but not exactly as it would have there"
                )
        return warnings

    def _look(self) -> tuple[Checkpoint | None, dict[Path, str], Best | None]:
        """The newest whole checkpoint, what is wrong with newer ones, which are set aside, and the
        best there is."""
        kept.clear_unfinished(self.folder)
        found, damaged = kept.find_latest(self.folder)
        for path in damaged if found is not None else ():
            kept.set_aside(path)
        validation = self.recipe.validation
        best = None if validation is None else kept.best_of(self.folder, validation)
        return found, damaged, best

    def train_step(self) -> Event | None:
        """One step; its event when it is due by ``log_every``.

        Raises ``RunError`` when the loss or the gradient is no longer a finite number.
        """
        recipe, step, began = self.recipe, self.step + 1, time.perf_counter()
        pieces = self.data.pieces(step - 1)
        waited = time.perf_counter() - began
        rate = learning_rate_at(step, recipe.optimisation, recipe.steps)
        scored, rows = self.learner.gradient(pieces, recipe.shards, step)
        loss = float(scored.total.detach())
        update = self.updater.update(rate)
        if not (math.isfinite(loss) and (update.taken or update.overflowed)):
            raise _not_finite(loss, update.norm, scored.objective, step)
        if self.average is not None and update.taken:
            self.average.follow()
        self.step, self.measured = step, None
        if step % recipe.log_every and step != recipe.steps and update.taken:
            return None
        # The first process tells of the whole step, the others of what was theirs.
        rows = rows if self.world.first else Rows.total(one.rows for one in pieces.values())
        return self.events.write(
            "step",
            step,
            objective=scored.objective,
            loss=loss,
            losses={name: float(part.mean().detach()) for name, part in scored.losses.items()},
            learning_rate=rate,
            gradient_norm=update.norm,
            pairs=rows.pairs,
            tokens=rows.tokens,
            regions=rows.regions,
            padding=round(rows.filler, 4),
            seconds=round(time.perf_counter() - began, 6),
            data_seconds=round(waited, 6),
            **({"loss_scale": update.scale} if recipe.precision == "float16" else {}),
            **({} if update.taken else {"skipped": True}),
        )

    def save(self) -> list[Event]:
        """A checkpoint of this step, which the first process writes for all."""
        self.saved_step = self.step
        average = None
        if self.average is not None:
            with self.averaged() as averaged:
                average = copy.deepcopy(averaged)
        model, state = self.team.whole(), self.updater.state()
        state["optimiser"] = self.team.whole_state(state["optimiser"])
        if not self.world.first:
            return []
        training = {
            "step": self.step,
            **state,
            "chance": chance.fingerprint(self.recipe.seed, self.step + 1),
        }
        self.events.sync()
        made = checkpoint.save(
            self.folder,
            self.step,
            model,
            training,
            average=average,
            measured=self.measured,
            guard=self.guard(),
        )
        self._tidy()
        return [self.events.write("checkpoint", self.step, path=self.relative(made.path))]

    def why_to_end(self) -> str | None:
        """Why it should end before its last step: validation no longer finds it better."""
        asked = self.recipe.validation
        return None if asked is None else asked.why_to_end(self.step, self.best)

    def close(self) -> None:
        """Ends the reading thread."""
        self.data.close()

    def _tidy(self) -> None:
        """Removes the checkpoints that need not stay."""
        recipe, best = self.recipe, None if self.best is None else self.best.step
        every = recipe.checkpoint_every if recipe.keep_powers_of_two else None
        steps = [found.step for found in kept.checkpoints(self.folder)]
        kept.remove_others(self.folder, kept.retained(steps, recipe.keep, every, best))

    @contextlib.contextmanager
    def averaged(self) -> Iterator[Pretraining]:
        """The whole model, with its averaged weights where there are some."""
        with contextlib.nullcontext() if self.average is None else self.average.in_place():
            yield self.team.whole()

    def _precision(self) -> torch.autocast:
        return autocast(self.recipe.precision, self.world.device)

    @contextlib.contextmanager
    def evaluating(self, model: Pretraining) -> Iterator[None]:
        """Where a model is looked at: no dropout, no gradient, chance by the step."""
        model.eval()
        try:
            with self._chance(self.step), self._precision(), torch.no_grad():
                yield
        finally:
            model.train()

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
            seed = chance.seed_of(self.recipe.seed, step, "layers", shard)
            # torch.manual_seed would also note a stack for each kind of device that is not there:
            # a millisecond or two of every step.
            torch.default_generator.manual_seed(seed)
            if devices:
                torch.cuda.manual_seed(seed)
            yield

    def relative(self, path: Path) -> str:
        """Its name within the run's folder."""
        return path.relative_to(self.folder.path).as_posix()


def _not_finite(loss: float, norm: float, objective: str, step: int) -> RunError:
    return RunError(
        f"step {step}, objective {objective!r}: the loss is {loss} and the gradient norm {norm}; "
        "lower the learning rate, lengthen the warm-up, or look at the data of this step"
    )
