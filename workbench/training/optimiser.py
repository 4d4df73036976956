"""How weights are changed: AdamW groups by rule, and a learning rate that is a function of step."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from workbench.training.recipe import Optimisation

NORMS = (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.modules.batchnorm._BatchNorm)


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Two AdamW groups: everything decays but biases and the parameters of norms (U16).

    A parameter shared by several modules counts once, where it is met first.
    """
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    met: set[int] = set()
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.requires_grad and id(parameter) not in met:
                spared = name.endswith("bias") or isinstance(module, NORMS)
                (free if spared else decayed).append(parameter)
                met.add(id(parameter))
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]


def adamw(model: nn.Module, optimisation: Optimisation) -> torch.optim.AdamW:
    """AdamW over ``parameter_groups``."""
    return torch.optim.AdamW(
        parameter_groups(model, optimisation.weight_decay),
        lr=optimisation.learning_rate,
        betas=optimisation.betas,
        eps=optimisation.eps,
        fused=optimisation.fused,
    )


def learning_rate_at(step: int, optimisation: Optimisation, steps: int) -> float:
    """The rate of step 1, 2, ... ``steps``: up in a line, then down in a line towards zero.

    The peak is reached at the last warm-up step; the last step still moves.
    """
    warmup = optimisation.warmup_steps
    if step <= warmup:
        return optimisation.learning_rate * step / warmup
    return optimisation.learning_rate * max(0, steps - step + 1) / max(1, steps - warmup)


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """The rate of every group from now on."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def clip(parameters: list[nn.Parameter], norm: float | None) -> float:
    """Scales all gradients together down to this norm; the norm that they had is returned."""
    limit = float("inf") if norm is None else norm
    return float(nn.utils.clip_grad_norm_(parameters, limit))
