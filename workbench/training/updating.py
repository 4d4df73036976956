"""From gradients to new weights: unscaled, clipped, and then one step of the optimiser."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workbench.training.optimiser import clip, make_optimiser, set_learning_rate
from workbench.training.precision import SMALLEST_SCALE, loss_scaler
from workbench.training.recipe import Recipe


@dataclass(frozen=True)
class Update:
    """The norm that the gradients had all together, and the scale that their loss had.

    ``taken`` says whether weights were changed, ``overflowed`` whether they were not because the
    scale was too large, which it then no longer is.
    """

    norm: float
    scale: float
    taken: bool
    overflowed: bool


class Updater:
    """The optimiser of a model and the scaler of its loss."""

    def __init__(self, model: nn.Module, recipe: Recipe, device: torch.device) -> None:
        self.rule = recipe.optimisation
        self.optimiser = make_optimiser(model, self.rule)
        self.parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        self.scaler = loss_scaler(recipe.precision, device)

    def backward(self, total: Tensor) -> None:
        """Adds the gradient of a number, scaled, to those there are."""
        self.scaler.scale(total).backward()

    def update(self, rate: float) -> Update:
        """Changes the weights by their gradients, if these are numbers, and forgets them."""
        set_learning_rate(self.optimiser, rate)
        scale = self.scaler.get_scale()
        self.scaler.unscale_(self.optimiser)
        norm = clip(self.parameters, self.rule.clip_norm, self.rule.clip_each)
        taken = math.isfinite(norm)
        if taken:
            self.scaler.step(self.optimiser)
        self.scaler.update()
        self.optimiser.zero_grad(set_to_none=True)
        return Update(norm, scale, taken, not taken and scale > SMALLEST_SCALE)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {"optimiser": self.optimiser.state_dict(), "scaler": self.scaler.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Goes on from what ``state`` gave; one of before there were scalers has none."""
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state.get("scaler", {}))
