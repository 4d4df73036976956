"""How weights begin."""

from __future__ import annotations

from torch import nn


def initialise(module: nn.Module, spread: float = 0.02) -> None:
    """BERT's beginning for one module: weights N(0, spread), biases 0; use with ``apply``."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, 0.0, spread)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
