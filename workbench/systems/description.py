"""What must be known of a model beside its weights: plain values, kept as JSON in ``config.json``.

A description names one of the known systems and holds numbers, never anything to import: a file
from elsewhere can ask for a model of another size, and for nothing else.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import torch.nn.functional as F

from workbench.layers.blocks import Activation

T = TypeVar("T")

ACTIVATIONS: Mapping[str, Activation] = {"gelu": F.gelu, "relu": F.relu, "swish": F.silu}
"""The activations that configurations of the originals name."""


@dataclass(frozen=True)
class Words:
    """Ids that objectives need: [MASK], [SEP], [CLS] and the run of ordinary words."""

    mask: int
    separator: int
    start: int
    ordinary: tuple[int, int]

    @classmethod
    def of(cls, vocabulary: Path) -> Words:
        """Read from a vocabulary file with one token a line; special ones stand in brackets.

        Ordinary words are the longest run without tokens in brackets or ``madeupword`` fillers.
        Raises ``ValueError`` where a special token is missing.
        """
        tokens = [line.split("\t")[0] for line in vocabulary.read_text("utf-8").splitlines()]
        ids = {token: number for number, token in enumerate(tokens)}
        if absent := [token for token in ("[MASK]", "[SEP]", "[CLS]") if token not in ids]:
            raise ValueError(f"{vocabulary} has no {', '.join(absent)}; give the model's own file")
        special = [-1, *(i for i, token in enumerate(tokens) if _SPECIAL.fullmatch(token))]
        runs = zip(special, [*special[1:], len(tokens)], strict=True)
        first, end = max(((a + 1, b) for a, b in runs), key=lambda run: run[1] - run[0])
        return cls(ids["[MASK]"], ids["[SEP]"], ids["[CLS]"], (first, end))


_SPECIAL = re.compile(r"\[\w+\]|madeupword\d+")


@dataclass(frozen=True)
class Description:
    """A system by name with its sizes, its reading, the ids of its words and its activations.

    ``sizes`` and ``variant``, the differences of paper and code, are the system's own dataclasses;
    a variant can be named instead ("paper"), and is spelled out when the model is saved.
    """

    system: str
    sizes: Any
    variant: Any
    words: Words
    activation: str = "gelu"
    region_activation: str = "gelu"

    def as_json(self) -> dict[str, Any]:
        """Plain values; ``described`` undoes it."""
        return {
            "system": self.system,
            "sizes": dataclasses.asdict(self.sizes),
            "variant": dataclasses.asdict(self.variant),
            "words": dataclasses.asdict(self.words),
            "activation": self.activation,
            "region_activation": self.region_activation,
        }


def described(
    plain: Mapping[str, Any], sizes: type[Any], variant: type[Any], name: str
) -> Description:
    """A description of the system ``name`` from plain values; raises ``ValueError`` for others."""
    known = {field.name for field in dataclasses.fields(Description)}
    if missing := known - plain.keys():
        raise ValueError(f"config.json lacks {', '.join(sorted(missing))}")
    for field in ("activation", "region_activation"):
        if plain[field] not in ACTIVATIONS:
            raise ValueError(f"{field} {plain[field]!r} is none of {', '.join(ACTIVATIONS)}")
    return Description(
        name,
        from_plain(sizes, plain["sizes"]),
        from_plain(variant, plain["variant"]),
        from_plain(Words, plain["words"]),
        plain["activation"],
        plain["region_activation"],
    )


def from_plain(kind: type[T], plain: Any) -> T:
    """A dataclass of numbers, texts and choices from a JSON object.

    Raises ``ValueError`` for an unknown field, a missing one, or a value of the wrong sort.
    """
    if not isinstance(plain, Mapping):
        raise ValueError(f"{kind.__name__} must be an object of named values, not {plain!r}")
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    needed = {n for n, f in fields.items() if f.default is dataclasses.MISSING}
    wrong = [*(plain.keys() - fields.keys()), *(needed - plain.keys())]
    if wrong:
        raise ValueError(f"unknown or missing in {kind.__name__}: {', '.join(sorted(wrong))}")
    hints = get_type_hints(kind)
    for name, value in plain.items():
        if not _fits(value, hints[name]):
            raise ValueError(f"{kind.__name__}.{name} cannot be {value!r}")
    return kind(**{name: _value(value, hints[name]) for name, value in plain.items()})


def _fits(value: Any, hint: Any) -> bool:
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in inside
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inside)
    if origin is tuple:
        pairs = zip(value, inside, strict=False) if isinstance(value, Sequence) else ()
        return len(value) == len(inside) and all(_fits(one, kind) for one, kind in pairs)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


def _value(value: Any, hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return tuple(value)
    return float(value) if hint is float else value
