"""The estimate counts what the model has and what its products are."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from workbench.launchpad import Choice, recipe_of
from workbench.launchpad.counting import parameters, step_cost, unfilled
from workbench.launchpad.estimate import estimate


@pytest.mark.parametrize("system", ["uniter", "vilbert", "vilbert-single-stream", "vlp", "unimo"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_products_are_those_of_a_real_step(system, precision):
    recipe = recipe_of(Choice(system, data="noise", pictures=60, precision=precision))
    ghost, model, batch = unfilled(recipe.model), recipe.model(), recipe.data().batch(0)
    assert parameters(ghost) == sum(weight.numel() for weight in model.parameters())
    assert ghost.encoder.blocks[0].attention.query.weight.is_meta if system == "uniter" else True
    half = precision == "bfloat16"
    with (
        FlopCounterMode(display=False) as counter,
        torch.autocast("cpu", dtype=torch.bfloat16, enabled=half),
    ):
        model(batch, torch.Generator().manual_seed(1)).total.backward()
    counted = step_cost(ghost, batch, torch.Generator().manual_seed(1)).flops
    assert counted == pytest.approx(counter.get_total_flops(), rel=0.15)


def test_base_models_are_counted_without_making_them():
    recipe = recipe_of(Choice("uniter", "base", data="noise", pictures=60))
    model = unfilled(recipe.model)
    word = model.encoder.inputs.text.word.weight
    assert word.is_meta
    # U1: 86 M without the word embeddings; heads and region inputs come on top
    assert 86e6 < parameters(model) - word.numel() < 92e6


def test_an_estimate_adds_up_and_says_on_what_basis():
    noise = {"data": "noise", "pictures": 60, "budget": 300, "steps": 10}
    one = estimate(Choice.from_json(noise))
    twice = estimate(Choice.from_json({**noise, "steps": 20}))
    assert twice.flops == pytest.approx(2 * one.flops)
    assert twice.seconds == pytest.approx(2 * one.seconds)
    assert twice.pairs == pytest.approx(2 * one.pairs, abs=1)
    assert one.memory_bytes > 16 * one.parameters
    for basis in ("Parameters: counted", "Products:", "measured here", "Memory:"):
        assert basis in one.says
    cut = estimate(Choice.from_json({**noise, "shards": 3, "precision": "float32"}))
    whole = estimate(Choice.from_json({**noise, "precision": "float32"}))
    assert cut.memory_bytes < whole.memory_bytes < one.memory_bytes
    again = estimate(Choice.from_json({**noise, "recompute": True, "precision": "float32"}))
    assert again.memory_bytes < whole.memory_bytes and again.flops > whole.flops
