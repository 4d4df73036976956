"""The shapes of a batch, read off the signatures themselves: letters, and what they are here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from torch import Tensor


def shapes_of(record: Any) -> list[dict[str, str]]:
    """One line for every tensor of a frozen record such as a ``PairBatch``, records in it included.

    ``field`` is its name, ``letters`` its shape as the signature says it (see
    ``workbench.pairs``), ``here`` the shape it has in this record.  Fields that are None are left
    out.
    """
    return [
        {"field": name, "letters": letters, "here": " × ".join(str(n) for n in value.shape)}
        for name, letters, value in _tensors(record, "")
    ]


def sizes_of(record: Any) -> dict[str, int]:
    """What each letter of the shapes stands for in this record.

    Raises ``ValueError`` where one letter would stand for two numbers.
    """
    sizes: dict[str, int] = {}
    for name, letters, value in _tensors(record, ""):
        for letter, size in zip(letters.split(), value.shape, strict=True):
            if letter.isalpha() and sizes.setdefault(letter, size) != size:
                raise ValueError(f"{name} has {letter} = {size}, others have {sizes[letter]}")
    return sizes


def _tensors(record: Any, before: str) -> Iterator[tuple[str, str, Tensor]]:
    hints = get_type_hints(type(record))
    for field in dataclasses.fields(record):
        value, name = getattr(record, field.name), f"{before}{field.name}"
        if isinstance(value, Tensor):
            yield name, _letters(hints[field.name]), value
        elif dataclasses.is_dataclass(value):
            yield from _tensors(value, f"{name}.")


def _letters(hint: Any) -> str:
    """The shape in a jaxtyping annotation, also where the field may be None."""
    for one in (hint, *get_args(hint)):
        if hasattr(one, "dim_str"):
            return one.dim_str
    return "?"
