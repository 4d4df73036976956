"""Blocks whose inner results are computed twice, and blocks that are compiled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import toy_pretraining as toy
from torch import nn

from tests.properties.batches import seeded
from tests.properties.everything import MIXES, batch_of
from workbench.training.compilation import compile_blocks
from workbench.training.loop import train
from workbench.training.recompute import blocks_of, recompute_blocks
from workbench.training.run import Run

torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parents[2]


def learnt(name: str, change=lambda model: None, half: bool = False):
    """The gradients of one step with dropout, and how many numbers were kept for them."""
    torch.manual_seed(0)
    model = MIXES[name]().train()
    change(model)
    kept = 0

    def keep(tensor):
        nonlocal kept
        kept += tensor.numel()
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.random.fork_rng(devices=[]),
        torch.autocast("cpu", torch.bfloat16, half),
    ):
        torch.manual_seed(1)
        total = model(batch_of(), seeded(2)).total
    torch.manual_seed(3)  # what comes between the passes is nothing to the second
    total.backward()
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}, kept


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("name", ["uniter", "vilbert", "vlp", "unimo"])
def test_gradients_are_the_same_to_the_bit_and_less_is_kept_for_them(name, half):
    (once, kept), (twice, less) = learnt(name, half=half), learnt(name, recompute_blocks, half)
    assert once.keys() == twice.keys()
    assert all(torch.equal(once[name], twice[name]) for name in once)
    assert less < 0.6 * kept


def test_a_block_passes_forward_again_only_where_gradients_are_wanted():
    model, passes = toy.pretraining(), []
    recompute_blocks(model)
    (block,) = blocks_of(model)
    block.attention.register_forward_hook(lambda *_: passes.append(1))
    model(toy.stream().batch(0), seeded(0)).total.backward()
    assert len(passes) == 2
    trace: dict = {}
    model.eval().encoder(toy.stream().batch(0), trace=trace).pair.sum().backward()
    assert len(passes) == 3
    assert trace["blocks.0.attention"].ndim == 4
    with torch.no_grad():
        model.train().encoder(toy.stream().batch(0))
    assert len(passes) == 4


def test_a_run_that_computes_twice_is_the_same_run(home):
    ends = []
    for recompute in (False, True):
        recipe = toy.recipe(8, recompute=recompute, average=0.5)
        events = list(train(recipe, home / f"run-{recompute}"))
        run = Run.attach(home / f"run-{recompute}")
        states = [run.load(averaged=a).state_dict() for a in (False, True)]
        ends.append(([e["loss"] for e in events if e.kind == "step"], states))
    assert ends[0][0] == ends[1][0]
    for one, two in zip(ends[0][1], ends[1][1], strict=True):
        assert one.keys() == two.keys()
        assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_model_without_blocks_is_refused():
    for change in (recompute_blocks, compile_blocks):
        with pytest.raises(ValueError, match="Linear has no Block or CoBlock"):
            change(nn.Linear(2, 2))


def apart(*arguments: str) -> None:
    """In a process without the type checks of the tests, which cannot be compiled."""
    command = [sys.executable, "-m", "tests.training.compiled", *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_a_compiled_block_counts_as_before():
    """Traced, derived and run as on a GPU, but for the code that is made of it there."""
    apart("cpu", "aot_eager")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="compiled code is tried on a GPU")
def test_a_compiled_block_counts_as_before_on_a_gpu():
    apart("cuda", "inductor")
