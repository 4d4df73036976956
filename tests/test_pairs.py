"""The packed types: offsets, selection, joining, and what they refuse."""

import dataclasses

import pytest
import torch

from tests.properties.batches import make_batch
from workbench.pairs import LossSum, Offsets, Regions


def test_offsets_know_their_rows():
    offsets = Offsets.from_lengths([2, 0, 3])
    assert offsets.starts.tolist() == [0, 2, 2, 5] and offsets.longest == 3 and len(offsets) == 3
    assert offsets.owner.tolist() == [0, 0, 2, 2, 2] and offsets.within.tolist() == [0, 1, 0, 1, 2]
    rows, taken = offsets.select(torch.tensor([2, 1, 2]))
    assert rows.tolist() == [2, 3, 4, 2, 3, 4] and taken.lengths.tolist() == [3, 0, 3]
    with pytest.raises(ValueError, match="zero or more, got -1"):
        Offsets.from_lengths([1, -1])
    assert Offsets.from_lengths([]).rows == 0


def test_selecting_and_joining_undo_each_other():
    batch = make_batch([3, 5, 4], [2, 0, 3])
    parts = [batch.regions.select(torch.tensor([i])) for i in range(3)]
    joined = Regions.join(parts)
    assert torch.equal(joined.features, batch.regions.features)
    assert torch.equal(joined.offsets.starts, batch.regions.offsets.starts)
    with pytest.raises(ValueError, match="at least one"):
        Regions.join([])


def test_beside_moves_pictures_and_unmatches():
    batch = make_batch([3, 5, 4], [2, 1, 3])
    moved = batch.beside(torch.tensor([0, 2, 1]))
    assert moved.matched.tolist() == [True, False, False]
    assert moved.images == ("pair-0", "pair-2", "pair-1") and moved.names == batch.names
    assert moved.regions.offsets.lengths.tolist() == [2, 3, 1]
    assert torch.equal(moved.text.ids, batch.text.ids)


def test_records_are_frozen_and_checked():
    batch = make_batch([3], [2])
    with pytest.raises(dataclasses.FrozenInstanceError):
        batch.names = ("other",)
    with pytest.raises(ValueError, match="do not fit their offsets"):
        dataclasses.replace(batch.regions, offsets=Offsets.from_lengths([3]))
    with pytest.raises(ValueError, match="does not fit its offsets"):
        dataclasses.replace(batch.text, offsets=Offsets.from_lengths([1]))
    with pytest.raises(ValueError, match="as many pictures as sentences"):
        dataclasses.replace(batch, names=("a", "b"))


def test_loss_sums_are_exact():
    total = LossSum(torch.tensor(6.0), 2) + LossSum(torch.tensor(3.0), 1)
    assert float(total.mean()) == 3.0
    assert float(LossSum(torch.tensor(0.0), 0).mean()) == 0.0


def test_rows_of_text_are_taken_out_of_their_sentences():
    batch = make_batch([3, 5, 4], [2, 1, 3])
    kept = torch.ones_like(batch.text.ids, dtype=torch.bool)
    kept[[0, 3, 4, 5, 6, 7]] = False
    left = batch.text.only(kept)
    assert left.offsets.lengths.tolist() == [2, 0, 4]
    assert torch.equal(left.ids, batch.text.ids[kept]) and torch.equal(
        left.positions, batch.text.positions[kept]
    )
    silent = batch.without_text()
    assert silent.text.offsets.lengths.tolist() == [0, 0, 0] and silent.regions is batch.regions
