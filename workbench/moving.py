"""Frozen records of tensors, every tensor in them changed alike, such as moved to a device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

Value = TypeVar("Value")


def moved(value: Value, device: torch.device | str) -> Value:
    """A frozen record, or a tuple of them, with every tensor in it on ``device``.

    What stands in it twice is moved once, and numbers that a record has already worked out from
    its tensors are kept, since asking a GPU for them would wait for it.
    """
    return changed(value, lambda tensor: tensor.to(device))


def changed(value: Value, change: Callable[[Tensor], Tensor]) -> Value:
    """``moved`` with any other change of tensors that keeps what they say."""
    return _changed(value, change, {})


def _changed(value: Any, change: Callable[[Tensor], Tensor], done: dict[int, Any]) -> Any:
    if isinstance(value, Tensor | tuple) or _is_record(value):
        if id(value) not in done:
            done[id(value)] = _anew(value, change, done)
        return done[id(value)]
    return value


def _anew(value: Any, change: Callable[[Tensor], Tensor], done: dict[int, Any]) -> Any:
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_changed(item, change, done) for item in value)
    names = {field.name for field in dataclasses.fields(value)}
    made = dataclasses.replace(
        value, **{name: _changed(getattr(value, name), change, done) for name in names}
    )
    worked_out = {k: v for k, v in vars(value).items() if k not in names and isinstance(v, int)}
    vars(made).update(worked_out)
    return made


def _is_record(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)
