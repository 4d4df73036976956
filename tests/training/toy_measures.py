"""What the toy's validations measure; the training process imports this file by name."""

from __future__ import annotations

from workbench.training.recipe import call
from workbench.training.validation import Validation


def size():
    """How large the weights are: changes with every step, and needs no data."""

    def measure(model):
        assert not model.training
        return {"size": sum(float(p.detach().square().sum()) for p in model.parameters())}

    return measure


def constant(**metrics):
    """The same every time; a metric given as text is no number."""
    return lambda model: {name: float(value) for name, value in metrics.items()}


def shrinking(every: int = 4, **changes) -> Validation:
    """The best is the first: weights grow from their small beginnings."""
    return Validation(call(size), every, "size", **changes)
