"""The Python half of the shared vectors, and the call of the JavaScript half."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pytest

from widgets import core
from widgets.core import attention, colour, curves

HERE = Path(__file__).parent
VECTORS = [
    vector
    for path in sorted((HERE / "vectors").glob("*.json"))
    for vector in json.loads(path.read_text("utf-8"))
]
HOMES = [import_module(f"widgets.core.{found.name}") for found in iter_modules(core.__path__)]


def _square(values: list[float], size: int) -> np.ndarray:
    return np.array(values, dtype=np.float64).reshape(size, size)


def _blend_heads(codes, scales, layer, weights, size):
    heads = len(weights)
    planes = np.array(codes, dtype=np.uint16).reshape(-1, heads, size, size)
    decoded = attention.decode(planes, np.array(scales, dtype=np.float32).reshape(-1, heads))
    return attention.blend_heads(decoded, layer, weights).ravel()


def _kept_points(rows):
    steps: curves.Steps = {}
    for row in rows:
        curves.keep_point(steps, tuple(row))
    return [list(row) for row in curves.kept_points(steps)]


OWN = {
    "blend_heads": _blend_heads,
    "kept_points": _kept_points,
    "hide_and_renormalise": lambda m, size, hidden: attention.hide_and_renormalise(
        _square(m, size), hidden
    ).ravel(),
    "block_of": lambda m, words, regions, direction: attention.block_of(
        _square(m, words + regions), words, direction
    ).ravel(),
    "block_share": lambda m, words, regions, direction, hidden: attention.block_share(
        _square(m, words + regions), words, direction, hidden
    ),
    "at_least": lambda values, share: attention.at_least(np.array(values), share),
    "strongest": lambda values, count: attention.strongest(np.array(values), count),
}


def _function(name: str) -> Any:
    if name in OWN:
        return OWN[name]
    return next(getattr(home, name) for home in HOMES if hasattr(home, name))


def _with_gaps(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_gaps(item) for item in value]
    return math.nan if value is None else value


def _check(actual: Any, expected: Any) -> None:
    if expected is None:
        assert actual is None or math.isnan(actual)
    elif isinstance(expected, float | int) and not isinstance(expected, bool):
        assert actual == pytest.approx(expected, rel=1e-6, abs=1e-6)
    elif isinstance(expected, list):
        assert len(actual) == len(expected), actual
        for one, other in zip(actual, expected, strict=True):
            _check(one, other)
    else:
        assert actual == expected


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_vector(number: int) -> None:
    vector = VECTORS[number]
    answer = _function(vector["function"])(*_with_gaps(vector["arguments"]))
    _check(answer, vector["answer"])


def test_javascript_gives_the_same_answers() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the JavaScript half of the vectors was not run")
    command = [node, "--test", str(HERE / "core.test.mjs")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"# pass {len(VECTORS) + 1}" in done.stdout, "not every vector was tested"


def test_encoding_keeps_small_weights_beside_a_sink() -> None:
    weights = np.array([[[[0.9997, 0.0002, 0.0001], [0.2, 0.5, 0.3], [0.0, 0.0, 1.0]]]])
    decoded = attention.decode(*attention.encode(weights))
    assert np.abs(decoded - weights).max() < 2e-5
    assert decoded[0, 0, 0, 1] / decoded[0, 0, 0, 2] == pytest.approx(2, rel=0.005)


def test_colours_can_be_told_apart_and_read() -> None:
    for dark, paper in ((False, (255, 255, 255)), (True, (24, 26, 30))):
        steps = [colour.luminance(colour.scale_colour(i / 20, dark)) for i in range(21)]
        ordered = sorted(steps, reverse=not dark)
        assert steps == ordered, "the attention scale must get steadily farther from the paper"
        for index in range(6):
            assert colour.contrast(colour.series_colour(index, dark), paper) >= 4.5
        for i in range(401):
            cell = colour.scale_colour(i / 400, dark)
            assert colour.contrast(colour.ink_on(cell), cell) >= 4.5
