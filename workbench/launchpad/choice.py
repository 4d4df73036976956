"""What somebody chooses before a run: plain values, each with a default that fits the others."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.launchpad.offers import ALIASES, SYSTEMS, Offer, offered
from workbench.training.errors import RecipeError

FAST_STEPS = 150


@dataclass(frozen=True)
class Choice:
    """A system of some size on some data; None takes what suits the rest.

    ``objectives`` are ratios by name, those not named being 0; ``budget`` is in rows, tokens +
    regions, of a step; ``pictures`` counts training pictures (pairs of noise); ``fast`` is the
    smallest that still learns; ``compiled`` and ``recompute`` as in ``Recipe``.  The ``engine``
    decides who computes, not what.
    """

    system: str = "uniter"
    size: str = "tiny"
    data: str = "scenes"
    objectives: Mapping[str, float] | None = None
    steps: int | None = None
    budget: int | None = None
    shards: int = 1
    seed: int = 0
    precision: str = "bfloat16"
    engine: str = "local"
    learning_rate: float | None = None
    threads: int | None = None
    readers: int = 1
    pictures: int | None = None
    compiled: bool = False
    recompute: bool = False
    fast: bool = False

    @property
    def name(self) -> str:
        """SYSTEM-SIZE, as the command line says it."""
        return f"{self.system}-{self.size}"

    @property
    def offer(self) -> Offer:
        """What its system offers; raises ``RecipeError`` for an unknown one."""
        return offered(self.system)

    def settled(self) -> Choice:
        """The same with every number told; what a ratio of 0 leaves out is no longer named."""
        offer = self.offer
        defaults = offer.defaults(self.size, self.data)
        given = self.objectives or defaults["objectives"]
        steps = defaults["steps"] if self.steps is None else self.steps
        return dataclasses.replace(
            self,
            objectives={name: float(ratio) for name, ratio in given.items() if ratio},
            steps=min(steps, FAST_STEPS) if self.fast else steps,
            **{
                field: defaults[field]
                for field in ("budget", "learning_rate", "threads")
                if getattr(self, field) is None
            },
        )

    def as_json(self) -> dict[str, Any]:
        """The choice as a JSON object."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Choice:
        """The choice of a JSON object; missing keys and nulls take defaults.

        Raises ``ChoiceError`` naming the field for what is no choice at all.
        """
        values: dict[str, Any] = {}
        for name, value in record.items():
            if name not in _KINDS:
                raise ChoiceError(
                    name, f"there is no choice {name!r}; there are {', '.join(_KINDS)}"
                )
            if value is None:
                continue
            values[name] = _as(name, value)
        return cls(**values)

    @classmethod
    def named(cls, text: str, **others: Any) -> Choice:
        """The choice that SYSTEM-SIZE means, with what else is chosen; raises ``ChoiceError``."""
        known = [f"{system.name}-{size}" for system in SYSTEMS for size in system.sizes]
        if text in known:
            system, _, size = text.rpartition("-")
            return cls(system, size, **others)
        meant = ALIASES.get(text)
        if meant is None:
            raise ChoiceError(
                "system", f"no system {text!r}; there are {', '.join([*known, *ALIASES])}"
            )
        return cls(**{**meant, **others})


class ChoiceError(RecipeError):
    """What cannot be chosen, with the field in which it was."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


_KINDS: dict[str, type] = {
    "system": str,
    "size": str,
    "data": str,
    "objectives": dict,
    "steps": int,
    "budget": int,
    "shards": int,
    "seed": int,
    "precision": str,
    "engine": str,
    "learning_rate": float,
    "threads": int,
    "readers": int,
    "pictures": int,
    "compiled": bool,
    "recompute": bool,
    "fast": bool,
}


def _as(name: str, value: Any) -> Any:
    """The value as its field has it: a whole float is a count, an int is a number."""
    kind = _KINDS[name]
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if kind is float and type(value) is int:
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ChoiceError(name, f"{name} must be {_CALLED[kind]}, got {value!r}")
    if kind is float and not math.isfinite(value):
        raise ChoiceError(name, f"{name} must be a finite number, got {value}")
    if isinstance(value, dict):
        return {key: _ratio(key, ratio) for key, ratio in value.items()}
    return value


def _ratio(objective: str, ratio: Any) -> float:
    number = isinstance(ratio, int | float) and not isinstance(ratio, bool)
    if not number or not math.isfinite(ratio):
        told = f"the ratio of {objective!r} must be a number, got {ratio!r}"
        raise ChoiceError("objectives", told)
    return float(ratio)


_CALLED = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    dict: "ratios by name of objective",
}
