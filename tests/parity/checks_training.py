"""Optimisers, learning rates, batches and boxes equal the originals'."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.parity.originals import LOOSE, Golden, close
from workbench.data.token_buckets import token_buckets
from workbench.systems import optimisation
from workbench.training.optimisation import Optimisation, Schedule
from workbench.training.optimiser import clip, make_optimiser, set_learning_rate
from workbench.training.schedule import learning_rate_at
from workbench.vision.boxes import intersection_over_union

EXACT = {"atol": 1e-7, "rtol": 2e-6}
"""Tells apart weights that decay before and after they are moved."""

FROM_ZERO = Schedule(rise_from=0)
"""What BertAdam calls warmup_linear."""
SHAPES = {"warmup_linear": FROM_ZERO, "warmup_constant": Schedule(rise_from=0, falls=False)}


class Stepper:
    """A few parameters changed by our optimiser, step after step, as a ``Session`` does it."""

    def __init__(self, model: nn.Module, rule: Optimisation, steps: int | None) -> None:
        self.rule, self.steps, self.step = rule, steps, 0
        self.optimiser = make_optimiser(model, rule)
        self.parameters = list(model.parameters())

    def __call__(self) -> float:
        """One step with the gradients there are; the learning rate that it had."""
        self.step += 1
        rate = self.rule.learning_rate
        if self.steps is not None:
            rate = learning_rate_at(self.step, self.rule, self.steps)
        set_learning_rate(self.optimiser, rate)
        clip(self.parameters, self.rule.clip_norm, self.rule.clip_each)
        self.optimiser.step()
        self.optimiser.zero_grad()
        return rate


def given_parameters(start: dict[str, torch.Tensor]) -> nn.ParameterDict:
    return nn.ParameterDict({name: nn.Parameter(value.clone()) for name, value in start.items()})


def bert_adam(hyper: dict[str, Any], **more: Any) -> Optimisation:
    """The numbers of a case in the form that ViLBERT and VLP share."""
    return dataclasses.replace(
        optimisation.vlp(),
        learning_rate=hyper["lr"],
        betas=(hyper["b1"], hyper["b2"]),
        eps=hyper["e"],
        weight_decay=hyper["weight_decay"],
        clip_norm=hyper["max_grad_norm"],
        warmup_share=hyper["warmup"],
        schedule=SHAPES[hyper["schedule"]],
        **more,
    )


def check_adamw(golden: Golden) -> None:
    """UNITER's AdamW at a constant rate, one weight decay a parameter."""
    hyper = golden.facts["hyper"]
    assert hyper["correct_bias"] is True
    for number, decay in enumerate(hyper["weight_decay"]):
        name = f"p{number}"
        model = given_parameters({name: golden.tensors[f"input/{name}"]})
        rule = dataclasses.replace(
            optimisation.uniter(),
            learning_rate=hyper["lr"],
            betas=tuple(hyper["betas"]),
            eps=hyper["eps"],
            weight_decay=decay,
            clip_norm=None,
            decayed_norms=(),
        )
        step = Stepper(model, rule, None)
        gradients = golden.group(f"input/grad_{name}")
        assert gradients
        for count in range(len(gradients)):
            model[name].grad = gradients[str(count)].clone()
            step()
            expected = golden.tensors[f"output/{name}/{count}"]
            close(model[name].detach(), expected, f"step {count}", EXACT)


def check_rates(golden: Golden) -> None:
    """UNITER's schedule; index 0 is before the first step."""
    given = golden.facts["args"]
    rule = dataclasses.replace(
        optimisation.uniter(),
        learning_rate=given["learning_rate"],
        warmup_steps=given["warmup_steps"],
    )
    expected = golden.facts["lr"]
    ours = [
        learning_rate_at(step, rule, given["num_train_steps"]) for step in range(1, len(expected))
    ]
    np.testing.assert_allclose(ours, expected[1:], rtol=1e-9, atol=0)


def check_token_buckets(golden: Golden) -> None:
    given, lengths = golden.facts["args"], np.array(golden.facts["lens"])
    assert golden.facts["batches"]
    for name, expected in golden.facts["batches"].items():
        ours = token_buckets(
            lengths,
            np.arange(len(lengths)),
            given["batch_size"],
            bucket=given["bucket_size"],
            multiple=given["size_multiple"],
            drop_last={"droplast_True": True, "droplast_False": False}[name],
        )
        assert [batch.tolist() for batch in ours] == expected, name


def check_bert_adam(golden: Golden) -> None:
    """ViLBERT's BertAdam: two parameters, each with its own norm and decay; the two schedules."""
    hyper = golden.facts["hyper"]
    steps = hyper["t_total"]
    # what is called a bias makes a group of its own, whose decay can be set
    model = given_parameters(
        {"p0": golden.tensors["input/p0"], "p1_bias": golden.tensors["input/p1"]}
    )
    step = Stepper(model, bert_adam(hyper), steps)
    step.optimiser.param_groups[1]["weight_decay"] = hyper["p1_weight_decay"]
    gradients = golden.group("input/grad_p0"), golden.group("input/grad_p1")
    assert len(gradients[0]) == len(gradients[1]) > 0
    for count in range(len(gradients[0])):
        for parameter, given in zip(model.values(), gradients, strict=True):
            parameter.grad = given[str(count)].clone()
        step()
        for name, ours in zip(("p0", "p1"), model.values(), strict=True):
            close(ours.detach(), golden.tensors[f"output/{name}/{count}"], f"step {count}", EXACT)
    for shape, expected in golden.facts["lr_multipliers"].items():
        rule = bert_adam(hyper | {"lr": 1.0, "schedule": shape})
        ours = [learning_rate_at(count + 1, rule, steps) for count in range(len(expected))]
        np.testing.assert_allclose(ours, expected, atol=1e-12)


def check_inclusive_overlap(golden: Golden) -> None:
    """Theirs are pixels that belong to a box, ours are corners: one pixel further on."""
    far = torch.tensor([0.0, 0.0, 1.0, 1.0])
    boxes = golden.tensors["input/anchors_xyxy"] + far, golden.tensors["input/gt_xyxy"] + far
    close(intersection_over_union(*boxes), golden.tensors["output/iou"])


def check_vlp_optimiser(golden: Golden) -> None:
    """A decayed matrix and a bias that is not, each clipped by its own norm."""
    given, expected = golden.group("input"), golden.group("output")
    model = given_parameters({"weight": given["param0"], "bias": given["bias0"]})
    hyper = golden.facts["hyper"]
    step = Stepper(model, bert_adam(hyper), hyper["t_total"])
    for count, (weight, bias) in enumerate(zip(given["grads"], given["bias_grads"], strict=True)):
        model["weight"].grad, model["bias"].grad = weight.clone(), bias.clone()
        step()
        close(model["weight"].detach(), expected["params"][count], f"step {count}", LOOSE)
        close(model["bias"].detach(), expected["biases"][count], f"step {count}", LOOSE)


def check_unimo_optimiser(golden: Golden) -> None:
    """A linear layer and a norm trained by their loss: rates, losses and all parameters."""
    given, expected, hyper = golden.group("input"), golden.group("output"), golden.facts["hyper"]
    linear, norm = nn.Linear(*given["w0"].shape), nn.LayerNorm(len(given["b0"]))
    model = nn.ModuleDict({"linear": linear, "norm": norm})
    linear.load_state_dict({"weight": given["w0"].T, "bias": given["b0"]})
    rule = dataclasses.replace(
        optimisation.unimo(),
        learning_rate=hyper["learning_rate"],
        betas=(hyper["beta1"], hyper["beta2"]),
        eps=hyper["epsilon"],
        weight_decay=hyper["weight_decay"],
        clip_norm=hyper["clip"],
        warmup_steps=hyper["warmup_steps"],
        warmup_share=None,
    )
    step = Stepper(model, rule, hyper["num_train_steps"])
    for count, (x, target) in enumerate(zip(given["x"], given["t"], strict=True)):
        loss = 30 * F.mse_loss(norm(linear(x)), target)
        loss.backward()
        rate = step()
        for name, ours in {
            "lr": torch.tensor(rate),
            "loss": loss.detach(),
            "w.w_0": linear.weight.detach().T,
            "w.b_0": linear.bias.detach(),
            "z_layer_norm_scale": norm.weight.detach(),
            "z_layer_norm_bias": norm.bias.detach(),
        }.items():
            close(ours, expected[name][count], f"step {count}, {name}", LOOSE)


UNITER: dict[str, Callable[[Golden], None]] = {
    "extra_adamw": check_adamw,
    "extra_sched": check_rates,
    "extra_token_bucket": check_token_buckets,
}
VILBERT: dict[str, Callable[[Golden], None]] = {
    "extra_bertadam": check_bert_adam,
    "extra_iou": check_inclusive_overlap,
}
VLP: dict[str, Callable[[Golden], None]] = {"optim": check_vlp_optimiser}
UNIMO: dict[str, Callable[[Golden], None]] = {"optim": check_unimo_optimiser}
