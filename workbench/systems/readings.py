"""A reading of a paper by its name: what every system's ``reading`` comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

V = TypeVar("V")


def named(variant: V | str, known: Mapping[str, V]) -> V:
    """The variant itself, or the one of ``known`` that is called so.

    Raises ``ValueError`` naming the choices for any other name, or for another system's variant.
    """
    kind = type(next(iter(known.values())))
    if isinstance(variant, kind):
        return variant
    if isinstance(variant, str) and variant in known:
        return known[variant]
    names = ", ".join(known)
    raise ValueError(f"no variant {variant!r}; there are {names}, or any {kind.__name__}")
