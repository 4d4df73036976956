"""A step's batch in pieces has the gradient of the whole batch: by sum and count."""

from __future__ import annotations

import pytest
import torch
import toy_mixes as mixes
import toy_pretraining as toy

from tests.properties.everything import MIXES
from workbench.objectives.mixing import Part
from workbench.training import chance
from workbench.training.loop import train
from workbench.training.model import Pretraining, counts_of
from workbench.training.recipe import call
from workbench.training.updating import Updater

torch.set_num_threads(1)


@pytest.fixture
def learnt(home, monkeypatch):
    """The gradient and the losses of one step, and the parts of every piece."""
    seen: dict = {}
    update, forward = Updater.update, Pretraining.forward

    def updated(self, rate):
        gradients = [p.grad for p in self.parameters]
        seen["gradient"] = [
            None if gradient is None else gradient.clone() for gradient in gradients
        ]
        return update(self, rate)

    def passed(self, batch, rng=None, counts=None):
        seen["model"] = self
        seen["parts"].append(batch)
        return forward(self, batch, rng, counts)

    def one_step(model, data, shards):
        seen.update(parts=[])
        recipe = toy.recipe(1, model=model, data=data, shards=shards)
        with monkeypatch.context() as patch:
            patch.setattr(Updater, "update", updated)
            patch.setattr(Pretraining, "forward", passed)
            events = list(train(recipe, home / f"run-{len(list(home.iterdir()))}"))
        step = next(e for e in events if e.kind == "step")
        return seen["gradient"], step, seen["parts"], seen["model"]

    return one_step


def close(one, two):
    assert [a is None for a in one] == [b is None for b in two]
    for a, b in zip(one, two, strict=True):
        if a is not None:
            torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("mix", ["generation", "regions", "together"])
@pytest.mark.parametrize(("pairs", "shards"), [(7, 3), (5, 2), (2, 4)])
def test_pieces_add_up_to_the_whole_batch(learnt, mix, pairs, shards):
    model, data = call(mixes.pretraining, mix=mix), call(toy.stream, seed=10, pairs=pairs)
    whole, one, _, _ = learnt(model, data, 1)
    cut, many, pieces, _ = learnt(model, data, shards)
    close(cut, whole)
    for name in ("loss", "losses", "pairs", "tokens", "regions"):
        assert many[name] == pytest.approx(one[name], abs=1e-6), name
    assert len(pieces) == min(pairs, shards)
    if mix != "regions" and pairs == 7:
        counts = [counts_of(parts)["generation"] for parts in pieces]
        assert min(counts) == 0 < max(counts), "a mean of means would be another gradient"


@pytest.mark.parametrize("name", [*MIXES, "toy per sample"])
def test_the_pieces_of_any_system_add_up_to_one_loss_over_them_all(learnt, name):
    if name == "toy per sample":
        model, data = call(mixes.pretraining, mix="per sample"), call(toy.stream, pairs=7)
    else:
        model, data = call(mixes.system, name=name), call(mixes.pairs)
    cut, step, pieces, trained = learnt(model, data, 3)
    assert len(pieces) == 3
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(chance.seed_of(0, 0, "layers"))
        fresh = model().train()
    assert [n for n, _ in fresh.named_parameters()] == [n for n, _ in trained.named_parameters()]
    mine = fresh.mix.found()
    scored = fresh(
        [
            Part(part.batch, part.pattern, tuple((mine[one.name], hid) for one, hid in part.asked))
            for piece in pieces
            for part in piece
        ]
    )
    scored.total.backward()
    by_order = {id(p): p.grad for p in fresh.parameters()}
    ordered = Updater(fresh, toy.recipe(), torch.device("cpu")).parameters
    close(cut, [by_order[id(p)] for p in ordered])
    assert step["loss"] == pytest.approx(float(scored.total.detach()), rel=1e-5)
    assert step["losses"] == pytest.approx(
        {n: float(loss.mean().detach()) for n, loss in scored.losses.items()}, rel=1e-5
    )


def test_what_counts_only_after_its_loss_cannot_be_cut(learnt):
    model, data = call(mixes.pretraining, mix="worst"), call(toy.stream)
    with pytest.raises(ValueError, match=r"'mlm' counts is known only from its losses .*shards=1"):
        learnt(model, data, 2)
    assert learnt(model, data, 1)[1]["loss"] > 0
