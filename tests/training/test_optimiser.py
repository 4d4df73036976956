from __future__ import annotations

import pytest
import torch
import toy_pretraining as toy
from torch import nn

from workbench.training.optimiser import adamw, clip, learning_rate_at, parameter_groups
from workbench.training.recipe import Optimisation


def test_biases_and_norms_do_not_decay_and_nothing_is_counted_twice():
    model = toy.pretraining()
    decayed, free = (group["params"] for group in parameter_groups(model, 0.1))
    names = {id(p): name for name, p in model.named_parameters()}
    assert len(decayed) + len(free) == len(names) == len({id(p) for p in decayed + free})
    assert {id(model.encoder.inputs.text.word.weight)} <= {id(p) for p in decayed}
    for parameter in free:
        assert parameter.ndim == 1, names[id(parameter)]
    assert all(parameter.ndim > 1 for parameter in decayed)
    model.encoder.summary.requires_grad_(False)
    assert sum(len(g["params"]) for g in parameter_groups(model, 0.1)) == len(names) - 2


def test_a_norms_weight_is_found_by_its_module_not_by_its_name():
    model = nn.ModuleDict(
        {"scale": nn.LayerNorm(3), "layer_norm_like": nn.Linear(3, 3, bias=False)}
    )
    decayed, free = (group["params"] for group in parameter_groups(model, 0.1))
    assert [p.shape for p in decayed] == [(3, 3)]
    assert len(free) == 2


def test_the_rate_climbs_to_its_peak_and_falls_to_a_last_small_step():
    plan = Optimisation(learning_rate=1.0, warmup_steps=4)
    rates = [learning_rate_at(step, plan, 10) for step in range(1, 11)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[4:] == pytest.approx([1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])
    assert learning_rate_at(1, Optimisation(learning_rate=1.0, warmup_steps=0), 1) == 1.0
    assert learning_rate_at(3, Optimisation(learning_rate=1.0, warmup_steps=100), 3) == 0.03


def test_clipping_is_by_the_norm_of_all_gradients_together():
    one, two = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    one.grad, two.grad = torch.tensor([3.0]), torch.tensor([4.0])
    assert clip([one, two], None) == 5.0
    assert clip([one, two], 1.0) == 5.0
    assert [float(one.grad), float(two.grad)] == pytest.approx([0.6, 0.8], rel=1e-4)


def test_fused_and_plain_adamw_agree():
    weights = []
    for fused in (True, False):
        torch.manual_seed(0)
        layer = nn.Linear(5, 4)
        optimiser = adamw(layer, Optimisation(learning_rate=0.1, fused=fused))
        for _ in range(5):
            layer(torch.ones(2, 5)).square().sum().backward()
            optimiser.step()
            optimiser.zero_grad()
        weights.append(layer.weight.detach())
    torch.testing.assert_close(*weights)
