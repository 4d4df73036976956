"""Numbers of half the size in the forward pass, and gradients that survive them."""

from __future__ import annotations

import torch

from workbench.training.recipe import Precision

SMALLEST_SCALE = 2.0**-8
"""At this scale of the loss a gradient that is no number is not float16's fault any more."""

_HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """What a forward pass happens in; weights and their updates stay in float32."""
    half = _HALF.get(precision)
    return torch.autocast(device.type, dtype=half or torch.bfloat16, enabled=half is not None)


def loss_scaler(precision: Precision, device: torch.device) -> torch.amp.GradScaler:
    """Keeps float16's small gradients from vanishing; does nothing for other precisions."""
    return torch.amp.GradScaler(device.type, enabled=precision == "float16")
