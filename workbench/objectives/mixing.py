"""Which objective a step trains: one of several, drawn by ratio (U13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

from workbench.objectives.objective import Objective


class Alternate(nn.Module):
    """One objective a step, drawn with probability proportional to its weight (U13, P8)."""

    def __init__(self, objectives: Sequence[nn.Module], weights: Sequence[float]) -> None:
        super().__init__()
        names = [cast(Objective, objective).name for objective in objectives]
        if len(objectives) != len(weights) or not objectives:
            raise ValueError(
                f"{len(objectives)} objectives were given {len(weights)} weights; give each one"
            )
        if min(weights) < 0 or sum(weights) == 0:
            raise ValueError(f"weights must be zero or more with a sum above zero, got {weights}")
        if len(set(names)) != len(names):
            raise ValueError(f"objectives of a mix need different names, got {names}")
        self.by_name = nn.ModuleDict(dict(zip(names, objectives, strict=True)))
        self.weights = tuple(float(weight) for weight in weights)

    @property
    def objectives(self) -> list[nn.Module]:
        """The objectives in the order of their weights."""
        return list(self.by_name.values())

    def pick(self, rng: torch.Generator) -> Objective:
        """The objective of this step."""
        weights = torch.tensor(self.weights, device=rng.device)
        chosen = int(torch.multinomial(weights, 1, generator=rng))
        return cast(Objective, self.objectives[chosen])

    def __getitem__(self, name: str) -> Objective:
        """The objective called ``name``; raises ``KeyError`` naming those there are."""
        if name not in self.by_name:
            raise KeyError(f"no objective {name!r}; there are {list(self.by_name)}")
        return cast(Objective, self.by_name[name])
