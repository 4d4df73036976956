from __future__ import annotations

import json

import pytest

from tests.regression import curves

CURVES = json.loads(curves.FILE.read_text())


@pytest.mark.parametrize("system", curves.SYSTEMS)
def test_fifty_steps_cost_what_they_always_did(system, tmp_path):
    expected, found = CURVES[system], curves.curve(system, tmp_path / system)
    assert found["objectives"] == expected["objectives"]
    assert found["losses"] == pytest.approx(expected["losses"], rel=1e-4), (
        "if that is meant: python -m tests.regression.regenerate"
    )
    assert len(found["losses"]) == curves.STEPS


@pytest.mark.parametrize("system", curves.SYSTEMS)
def test_every_objective_of_a_curve_falls(system):
    losses: dict[str, list[float]] = {}
    for objective, loss in zip(*CURVES[system].values(), strict=True):
        losses.setdefault(objective, []).append(loss)
    often = {name: found for name, found in losses.items() if len(found) >= 10}
    assert often
    for name, found in often.items():
        half = len(found) // 2
        assert sum(found[half:]) / len(found[half:]) < sum(found[:half]) / half, name
