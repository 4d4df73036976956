"""Adam with decoupled decay as the papers' released code has it, where torch's AdamW differs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class BertAdam(torch.optim.Optimizer):
    """Adam whose ``eps`` is added to the root of the uncorrected second moment.

    Without ``bias_correction`` this is BERT's own optimiser (V13, P17, both [c]); with it, the
    rule of M20 [c], and with ``decay_updated``, which decays weights after they were moved, that
    of U16 [c].  The decay is scaled by the uncorrected learning rate.  Parameters without a
    gradient stay as they are and do not age.
    """

    def __init__(
        self,
        params: Any,
        lr: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.01,
        bias_correction: bool = False,
        decay_updated: bool = False,
    ) -> None:
        """``params`` as for every optimiser of torch: parameters or groups of them."""
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "bias_correction": bias_correction,
            "decay_updated": decay_updated,
        }
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Moves every parameter that has a gradient; a closure's answer is handed on."""
        answer = None
        if closure is not None:
            with torch.enable_grad():
                answer = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    _move(parameter, parameter.grad, self.state[parameter], group)
        return answer


def _move(
    parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
) -> None:
    if not state:
        state["step"] = 0
        state["first"] = torch.zeros_like(parameter)
        state["second"] = torch.zeros_like(parameter)
    state["step"] += 1
    rate, (beta1, beta2) = group["lr"], group["betas"]
    state["first"].lerp_(gradient, 1 - beta1)
    state["second"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
    kept = 1 - rate * group["weight_decay"]
    if not group["decay_updated"]:
        parameter.mul_(kept)
    if group["bias_correction"]:
        rate *= math.sqrt(1 - beta2 ** state["step"]) / (1 - beta1 ** state["step"])
    parameter.addcdiv_(state["first"], state["second"].sqrt().add_(group["eps"]), value=-rate)
    if group["decay_updated"]:
        parameter.mul_(kept)
