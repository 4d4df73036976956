from __future__ import annotations

import json

import pytest

from tests.regression import names
from workbench.systems import published

LISTS = json.loads(names.FILE.read_text())
AGAIN = "if that is meant: python -m tests.regression.regenerate"


@pytest.mark.parametrize("system", published.SYSTEMS)
def test_original_names_and_shapes_are_as_listed(system):
    assert names.listed(system) == LISTS[system], AGAIN


def test_every_published_system_is_listed():
    assert LISTS.keys() == published.SYSTEMS.keys() == {"vilbert", "uniter", "vlp", "unimo"}


UNUSED = 6 * ((1024 + 1) * 1024 + (1024 + 1) * 768)
"""Numbers in the released ViLBERT's two dead projections of each co-attention block."""


@pytest.mark.parametrize(
    ("system", "size", "tensors", "millions", "unused"),
    [
        ("uniter", "base", 230, 112.9, 0),
        ("uniter", "large", 422, 340.5, 0),
        ("vilbert", "base", 533, 250.0, UNUSED),
    ],
)
def test_the_counts_are_those_of_the_released_classes(system, size, tensors, millions, unused):
    shapes, dropped = names.original(system, size)
    assert len(shapes) + len(dropped) == tensors
    counted = names.parameters(system, size) + unused
    assert counted / 1e6 == pytest.approx(millions, abs=0.05)


def test_folding_keeps_every_name_apart():
    shapes = {f"layer.{i}.bias": [4] for i in range(3)} | {"layer.3.bias": [5], "bias": [4]}
    assert names.folded(shapes) == {"layer.{0-2}.bias": [4], "layer.3.bias": [5], "bias": [4]}
    assert names.folded({"net.0.w": [1], "net.2.w": [1]}) == {"net.{0,2}.w": [1]}
