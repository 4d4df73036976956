"""Frozen records of tensors on another device."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import torch
from torch import Tensor

Value = TypeVar("Value")


def moved(value: Value, device: torch.device | str) -> Value:
    """A frozen record, or a tuple of them, with every tensor in it on ``device``.

    What stands in it twice is moved once, and numbers that a record has already worked out from
    its tensors are kept, since asking a GPU for them would wait for it.
    """
    return _moved(value, device, {})


def _moved(value: Any, device: torch.device | str, done: dict[int, Any]) -> Any:
    if isinstance(value, Tensor | tuple) or _is_record(value):
        if id(value) not in done:
            done[id(value)] = _anew(value, device, done)
        return done[id(value)]
    return value


def _anew(value: Any, device: torch.device | str, done: dict[int, Any]) -> Any:
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, tuple):
        return tuple(_moved(item, device, done) for item in value)
    names = {field.name for field in dataclasses.fields(value)}
    made = dataclasses.replace(
        value, **{name: _moved(getattr(value, name), device, done) for name in names}
    )
    worked_out = {k: v for k, v in vars(value).items() if k not in names and isinstance(v, int)}
    vars(made).update(worked_out)
    return made


def _is_record(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)
