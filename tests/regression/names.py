"""Names and shapes of the original checkpoints at base size, as our tables write them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch

from workbench.systems import published
from workbench.systems.description import Description

FILE = Path(__file__).with_name("names.json")
_NUMBER = re.compile(r"(?<=[._])\d+(?=[._])")


def original(system: str, size: str = "base") -> tuple[dict[str, list[int]], list[str]]:
    """Shapes by the authors' names, and names that their files have but our models do not.

    Nothing is filled: the model is drawn on the meta device.
    """
    known = published.find(system)
    description = Description(system, known.sizes[size](), known.variants["released"], known.words)
    with torch.device("meta"):
        state = published.build(description).state_dict()
    layers = known.layers(description.sizes)
    table = known.table(description.variant, {}).at(layers)
    written = table.write(state, layers)
    return {name: list(tensor.shape) for name, tensor in written.items()}, list(table.dropped)


def parameters(system: str, size: str = "base") -> int:
    """How many numbers a model has, those that it uses in several places counted once."""
    known = published.find(system)
    with torch.device("meta"):
        model = published.build(
            Description(system, known.sizes[size](), known.variants["released"], known.words)
        )
    return sum(parameter.numel() for parameter in model.parameters())


def folded(shapes: dict[str, list[int]]) -> dict[str, list[int]]:
    """The same with names that differ in one number written as one: ``layer.{0-11}.bias``."""
    numbers: dict[tuple[str, str, tuple[int, ...]], list[int]] = {}
    for name, shape in shapes.items():
        found = _NUMBER.search(name)
        start, end = (name, "") if found is None else (name[: found.start()], name[found.end() :])
        key = (start, end, tuple(shape))
        numbers.setdefault(key, []).extend([] if found is None else [int(found.group())])
    return {
        start + (_span(counted) if counted else "") + end: list(shape)
        for (start, end, shape), counted in numbers.items()
    }


def _span(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return str(numbers[0])
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{{{numbers[0]}-{numbers[-1]}}}"
    return "{" + ",".join(map(str, numbers)) + "}"


def listed(system: str) -> dict[str, Any]:
    """What the file says of a system."""
    shapes, dropped = original(system)
    return {
        "count": len(shapes),
        "tensors": folded(shapes),
        "dropped": list(folded({name: [] for name in dropped})),
    }


def write() -> None:
    """All lists into ``FILE``, a tensor a line."""
    text = json.dumps({name: listed(name) for name in published.SYSTEMS}, indent=1)
    FILE.write_text(re.sub(r"\[\s+((?:\d+,\s+)*\d+)\s+\]", _on_one_line, text) + "\n")


def _on_one_line(found: re.Match[str]) -> str:
    return "[" + re.sub(r"\s+", " ", found.group(1)) + "]"
