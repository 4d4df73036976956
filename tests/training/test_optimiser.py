from __future__ import annotations

import dataclasses
import json

import pytest
import torch
import toy_pretraining as toy
from torch import nn

from workbench.systems import optimisation, uniter
from workbench.training.bert_adam import BertAdam
from workbench.training.loop import train
from workbench.training.optimisation import Optimisation, Schedule
from workbench.training.optimiser import clip, make_optimiser, set_learning_rate
from workbench.training.parameter_groups import parameter_groups
from workbench.training.recipe import Recipe

PLAIN = Optimisation(weight_decay=0.1)


def test_biases_and_norms_do_not_decay_and_nothing_is_counted_twice():
    model = toy.pretraining()
    decayed, free = (group["params"] for group in parameter_groups(model, PLAIN))
    names = {id(p): name for name, p in model.named_parameters()}
    assert len(decayed) + len(free) == len(names) == len({id(p) for p in decayed + free})
    assert {id(model.encoder.inputs.text.word.weight)} <= {id(p) for p in decayed}
    for parameter in free:
        assert parameter.ndim == 1, names[id(parameter)]
    assert all(parameter.ndim > 1 for parameter in decayed)
    model.encoder.summary.requires_grad_(False)
    assert sum(len(g["params"]) for g in parameter_groups(model, PLAIN)) == len(names) - 2


def test_a_norms_weight_is_found_by_its_module_not_by_its_name():
    model = nn.ModuleDict(
        {"scale": nn.LayerNorm(3), "layer_norm_like": nn.Linear(3, 3, bias=False)}
    )
    decayed, free = (group["params"] for group in parameter_groups(model, PLAIN))
    assert [p.shape for p in decayed] == [(3, 3)]
    assert len(free) == 2


def test_exceptions_are_made_by_name():
    model = nn.ModuleDict({"old": nn.Linear(3, 3), "new": nn.Linear(3, 3), "norm": nn.LayerNorm(3)})
    rule = Optimisation(
        weight_decay=0.1, multipliers=(("old.*", 0.5), ("*", 1.0)), decayed_norms=("norm.*",)
    )
    groups = {
        (g["multiplier"], g["weight_decay"]): g["params"] for g in parameter_groups(model, rule)
    }
    assert {key: len(found) for key, found in groups.items()} == {
        (1.0, 0.1): 2, (1.0, 0.0): 2, (0.5, 0.1): 1, (0.5, 0.0): 1,
    }  # fmt: skip
    assert groups[0.5, 0.1][0] is model["old"].weight
    assert any(p is model["norm"].weight for p in groups[1.0, 0.1])
    swapped = parameter_groups(model, dataclasses.replace(rule, swapped_decay=True))
    assert [group["weight_decay"] for group in swapped] == [0.0, 0.1, 0.0, 0.1]
    optimiser = make_optimiser(model, rule)
    set_learning_rate(optimiser, 0.8)
    assert [group["lr"] for group in optimiser.param_groups] == [0.8, 0.8, 0.4, 0.4]


def test_a_pattern_that_fits_nothing_is_refused():
    for mistake in ({"multipliers": (("head.*", 10.0),)}, {"decayed_norms": ("head.*",)}):
        with pytest.raises(ValueError, match=r"no parameter's name fits \['head\.\*'\]"):
            parameter_groups(nn.Linear(2, 2), Optimisation(**mistake))


def test_clipping_is_by_the_norm_of_all_gradients_together_or_of_each():
    def gradients(*asked) -> tuple[float, list[float]]:
        one, two = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
        one.grad, two.grad = torch.tensor([0.3]), torch.tensor([4.0])
        return clip([one, two], *asked), [float(one.grad), float(two.grad)]

    norm = pytest.approx((0.09 + 16) ** 0.5)
    assert gradients(None) == (norm, pytest.approx([0.3, 4.0]))
    assert gradients(None, True) == (norm, pytest.approx([0.3, 4.0]))
    share = 1 / (0.09 + 16) ** 0.5
    assert gradients(1.0) == (norm, pytest.approx([0.3 * share, 4 * share], rel=1e-4))
    assert gradients(1.0, True) == (norm, pytest.approx([0.3, 1.0], rel=1e-4))


def trained(rule: Optimisation, steps: int = 5) -> torch.Tensor:
    torch.manual_seed(0)
    layer = nn.Linear(5, 4)
    optimiser = make_optimiser(layer, rule)
    for _ in range(steps):
        layer(torch.ones(2, 5)).square().sum().backward()
        optimiser.step()
        optimiser.zero_grad()
    return layer.weight.detach()


def test_fused_and_plain_adamw_agree():
    torch.testing.assert_close(trained(Optimisation(0.1)), trained(Optimisation(0.1, fused=False)))


def test_the_originals_adam_is_torchs_but_for_what_is_asked():
    """With a vanishing eps the corrected moments alone tell the two apart."""
    usual = Optimisation(0.1, eps=1e-12, weight_decay=0.1)
    own = dataclasses.replace(usual, eps_corrected=False)
    assert isinstance(make_optimiser(nn.Linear(1, 1), own), BertAdam)
    assert type(make_optimiser(nn.Linear(1, 1), usual)) is torch.optim.AdamW
    torch.testing.assert_close(trained(own), trained(usual))
    for change in ({"bias_correction": False}, {"decay_updated": True}):
        assert (trained(dataclasses.replace(own, **change)) - trained(usual)).abs().max() > 5e-4


def test_one_step_without_bias_correction_by_hand():
    weight = nn.Parameter(torch.tensor([2.0]))
    optimiser = BertAdam([weight], 0.1, betas=(0.9, 0.999), eps=0.5, weight_decay=0.01)
    weight.grad = torch.tensor([3.0])
    optimiser.step()
    step = 0.1 * 3 / ((0.001 * 9) ** 0.5 + 0.5) + 0.01 * 2.0
    assert float(weight.detach()) == pytest.approx(2.0 - 0.1 * step)
    assert optimiser.step(lambda: 0.25) == 0.25


def test_decay_of_moved_weights_needs_the_other_eps():
    with pytest.raises(ValueError, match="eps_corrected=False"):
        make_optimiser(nn.Linear(1, 1), Optimisation(decay_updated=True))


EVERYTHING = Optimisation(
    2e-3,
    warmup_share=0.25,
    schedule=Schedule(rise_from=0, floor=1e-8, drops=((0.5, 0.5),)),
    clip_norm=0.5,
    clip_each=True,
    bias_correction=False,
    eps_corrected=False,
    multipliers=(("encoder.inputs.text.*", 0.1),),
    decayed_norms=("encoder.inputs.*.norm.weight",),
)


def test_a_recipe_with_every_rule_survives_json_exactly():
    recipe = toy.recipe(optimisation=EVERYTHING)
    assert Recipe.from_json(json.loads(json.dumps(recipe.as_json()))) == recipe


def test_recipes_of_before_read_as_the_defaults():
    record = toy.recipe(optimisation=Optimisation(0.1)).as_json()
    kept = ("learning_rate", "betas", "weight_decay", "eps", "clip_norm", "warmup_steps", "fused")
    record["optimisation"] = {name: record["optimisation"][name] for name in kept}
    assert Recipe.from_json(record).optimisation == Optimisation(0.1)


def test_a_stopped_run_with_every_rule_resumes_to_the_bit(tmp_path):
    recipe = toy.recipe(12, optimisation=EVERYTHING, checkpoint_every=4)
    whole = {e.step: e["loss"] for e in train(recipe, tmp_path / "whole") if e.kind == "step"}
    from workbench.training.folder import RunFolder
    from workbench.training.loop import advance

    halves = {}
    for event in train(recipe, tmp_path / "halves"):
        if event.kind == "step":
            halves[event.step] = event["loss"]
            if event.step == 6:
                break
    for event in advance(RunFolder(tmp_path / "halves")):
        if event.kind == "step":
            halves[event.step] = event["loss"]
    assert halves == whole
    assert len(whole) == 12


def test_the_papers_rules_fit_their_systems():
    small = uniter.pretraining(uniter.tiny(30, 8, 5), 1, (2, 4))
    groups = parameter_groups(small, optimisation.uniter())
    names = {id(p): name for name, p in small.named_parameters()}
    norms = {n for n in (names[id(p)] for p in groups[0]["params"]) if "norm" in n}
    assert len(norms) == 4
    assert all(name.endswith("norm.weight") for name in norms)
    paper = uniter.pretraining(uniter.tiny(30, 8, 5), 1, (2, 4), variant="paper")
    parameter_groups(paper, optimisation.uniter("paper"))
    for rule in (
        optimisation.vilbert(text_from_bert=False),
        optimisation.vilbert("paper"),
        optimisation.vilbert("multi-task"),
        optimisation.vlp(),
        optimisation.vlp("paper"),
        optimisation.unimo(),
        optimisation.unimo("paper", large=True),
    ):
        make_optimiser(small, rule)
