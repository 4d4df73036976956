"""Which parameters decay, and which learn faster or slower than the others."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

from workbench.training.optimisation import Optimisation

NORMS = (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.modules.batchnorm._BatchNorm)


def parameter_groups(model: nn.Module, optimisation: Optimisation) -> list[dict[str, Any]]:
    """Groups for an optimiser: everything decays but biases and the parameters of norms (U16).

    The first two, of decaying and of other parameters, are always there; each ``multiplier`` of
    the learning rate adds such a pair.  A parameter shared by several modules counts once, where
    it is met first.  Raises ``ValueError`` for a pattern of ``optimisation`` that fits no name.
    """
    factors = list(dict.fromkeys([1.0, *(factor for _, factor in optimisation.multipliers)]))
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {
        (factor, decays): [] for factor in factors for decays in (True, False)
    }
    unused = {pattern for pattern, _ in optimisation.multipliers} | {*optimisation.decayed_norms}
    for name, parameter, spared in _parameters(model):
        factor = 1.0
        for pattern, given in optimisation.multipliers:
            if fnmatchcase(name, pattern):
                unused.discard(pattern)
                factor = given
                break
        for pattern in optimisation.decayed_norms:
            if fnmatchcase(name, pattern) and not name.endswith("bias"):
                unused.discard(pattern)
                spared = False
        groups[factor, not spared].append(parameter)
    if unused:
        raise ValueError(
            f"no parameter's name fits {sorted(unused)}; look at the names of this model "
            "(named_parameters) and change the patterns of its optimisation"
        )
    return [
        {
            "params": parameters,
            "weight_decay": optimisation.weight_decay * (decays != optimisation.swapped_decay),
            "multiplier": factor,
        }
        for (factor, decays), parameters in groups.items()
        if parameters or factor == 1.0
    ]


def _parameters(model: nn.Module) -> Iterator[tuple[str, nn.Parameter, bool]]:
    """Every trained parameter once, with its name and whether it is a bias or a norm's."""
    met: set[int] = set()
    for path, module in model.named_modules():
        for name, parameter in module.named_parameters(path, recurse=False):
            if parameter.requires_grad and id(parameter) not in met:
                met.add(id(parameter))
                yield name, parameter, name.endswith("bias") or isinstance(module, NORMS)
