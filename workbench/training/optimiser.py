"""The optimiser of a run, its learning rate and the clipping of gradients."""

from __future__ import annotations

import torch
from torch import nn

from workbench.training.bert_adam import BertAdam
from workbench.training.optimisation import Optimisation
from workbench.training.parameter_groups import parameter_groups


def make_optimiser(model: nn.Module, optimisation: Optimisation) -> torch.optim.Optimizer:
    """An optimiser over ``parameter_groups``: torch's AdamW wherever it has the rule asked for."""
    groups = parameter_groups(model, optimisation)
    rate, betas, eps = optimisation.learning_rate, optimisation.betas, optimisation.eps
    usual = optimisation.bias_correction and optimisation.eps_corrected
    if usual and not optimisation.decay_updated:
        return torch.optim.AdamW(groups, rate, betas, eps, fused=optimisation.fused)
    if usual:
        raise ValueError(
            "decay_updated comes with eps_corrected=False here, as in the code it is taken from"
        )
    return BertAdam(
        groups,
        rate,
        betas=betas,
        eps=eps,
        bias_correction=optimisation.bias_correction,
        decay_updated=optimisation.decay_updated,
    )


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """The rate of every group from now on, times the group's ``multiplier`` if it has one."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("multiplier", 1.0)


def clip(parameters: list[nn.Parameter], norm: float | None, each: bool = False) -> float:
    """Scales gradients down to a norm: all together, or with ``each`` every tensor by itself.

    The norm that they had all together is returned.
    """
    limit = float("inf") if norm is None or each else norm
    total = float(nn.utils.clip_grad_norm_(parameters, limit))
    if each and norm is not None:
        for parameter in parameters:
            nn.utils.clip_grad_norm_(parameter, norm)
    return total
