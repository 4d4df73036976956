"""A batch in pieces has the gradient and the losses of all its passes at once."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping

import pytest
import torch
import toy_pretraining as toy

from tests.training import four_systems as four
from workbench.training.gradients import Learner
from workbench.training.model import Pretraining, Scored, counts_of
from workbench.training.piece import Piece, Planner, Rows
from workbench.training.prefetch import Prefetch
from workbench.training.world import World

torch.set_num_threads(1)
CPU = torch.device("cpu")


def learner(model: Pretraining, world: World | None = None) -> Learner:
    return Learner(
        model, model, world or World.alone(), lambda step, shard: contextlib.nullcontext()
    )


def pieces_of(stream, model: Pretraining, shards: int, mine: range | None = None):
    ahead = Prefetch(
        stream, 9, Planner(model.mix, 0, shards, CPU), shards=shards, mine=mine or range(shards)
    )
    try:
        return ahead.pieces(2)
    finally:
        ahead.close()


def gradients(model: Pretraining) -> dict[str, torch.Tensor | None]:
    return {
        name: None if weight.grad is None else weight.grad.clone()
        for name, weight in model.named_parameters()
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gradients") / "data"
    four.prepare(folder)
    return folder


@pytest.mark.parametrize("shards", [2, 3, 50])
@pytest.mark.parametrize("system", four.SYSTEMS)
def test_sums_and_counts_add_up_over_the_pieces(system, shards, data):
    chosen = four.SYSTEMS[system]
    torch.manual_seed(1)
    model = chosen.build().eval()  # no dropout, so that who computes it makes no difference
    stream = four.pairs(str(data), **chosen.data)
    pieces = pieces_of(stream, model, shards)
    assert len(pieces) == min(shards, len(stream.batch(2)))

    parts = tuple(part for piece in pieces.values() for part in piece.parts)
    at_once = model(parts, None, counts_of(parts))
    at_once.total.backward()
    wanted = gradients(model)
    model.zero_grad(set_to_none=True)
    scored, rows = learner(model).gradient(pieces, shards, 3)

    assert scored.losses.keys() == at_once.losses.keys()
    for name, loss in at_once.losses.items():
        assert scored.losses[name].count == loss.count
        assert float(scored.losses[name].sum) == pytest.approx(float(loss.sum.detach()), rel=1e-5)
    assert float(scored.total) == pytest.approx(float(at_once.total.detach()), rel=1e-5)
    whole = stream.batch(2)
    assert (rows.pairs, rows.tokens) == (len(whole), whole.text.offsets.rows)
    assert rows.regions == whole.regions.offsets.rows
    found = gradients(model)
    assert [n for n, g in found.items() if g is None] == [n for n, g in wanted.items() if g is None]
    for name, gradient in found.items():
        if gradient is not None:
            torch.testing.assert_close(gradient, wanted[name], rtol=1e-4, atol=1e-6)


def test_pieces_are_no_mean_of_means(data):
    """What the pieces count differs, so that a mean of their means would be another loss."""
    torch.manual_seed(1)
    model = four.build_vlp().eval()
    pieces = pieces_of(four.pairs(str(data)), model, 4)
    alone: Mapping[int, Scored] = {at: model(piece.parts) for at, piece in pieces.items()}
    scored, _ = learner(model).gradient(pieces, 4, 3)
    (name,) = scored.losses
    counts = {one.losses[name].count for one in alone.values()}
    means = [float(one.losses[name].mean().detach()) for one in alone.values()]
    assert len(counts) > 1
    assert abs(sum(means) / 4 - float(scored.total)) > 1e-4
    total = sum(float(one.losses[name].sum.detach()) for one in alone.values())
    assert float(scored.total) == pytest.approx(total / scored.losses[name].count, rel=1e-5)


def test_a_process_without_a_piece_adds_nothing():
    """The fourth process of a batch of three pairs is given another's piece to keep step with."""
    torch.manual_seed(0)
    model = toy.pretraining(dropout=0.0)
    world = dataclasses.replace(World.alone(), rank=3)
    pieces = pieces_of(toy.stream(pairs=3), model, 4, world.shards(4))
    assert list(pieces) == [0]

    class Heard(World):
        """What the others would say: that they have counted one word."""

        def sum(self, values):
            assert not any(values)
            return [1, 0, 1, 0, *values[4:]] if len(values) > 2 else list(values)

    alone = Heard(3, 4, CPU)
    scored, rows = learner(model, alone).gradient(pieces, 4, 3)
    assert {name: loss.count for name, loss in scored.losses.items()} == {"mlm": 1}
    assert rows == Rows()
    assert all(g is None or not g.any() for g in gradients(model).values())


def test_what_would_be_filler_is_measured_by_piece():
    rows = Rows.total([Rows(2, 10, 6, 20), Rows(1, 4, 4, 8)])
    assert rows == Rows(3, 14, 10, 28)
    assert rows.filler == pytest.approx(1 - 24 / 28)
    batch = toy.stream(pairs=6).batch(0)
    one = Rows.of(batch)
    lengths = batch.text.offsets.lengths + batch.regions.offsets.lengths
    assert one.padded == 6 * int(lengths.max()) and one.tokens + one.regions == int(lengths.sum())
    assert isinstance(Piece((), one).rows, Rows)
