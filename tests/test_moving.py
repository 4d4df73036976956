"""What is moved to another device stays what it is, and stays shared."""

from __future__ import annotations

import torch

from tests.properties.batches import make_batch, make_uniter, seeded
from workbench.moving import moved
from workbench.objectives.mixing import Together
from workbench.objectives.objective import Corrupted
from workbench.pairs import Offsets
from workbench.patterns import AttentionPattern


def test_numbers_already_worked_out_are_kept():
    offsets = Offsets.from_lengths([2, 0, 3])
    assert offsets.rows == 5
    away = moved(offsets, "meta")
    assert away.starts.is_meta and away.longest == 3
    assert away.rows == 5, "a meta tensor could not have answered"


def test_everything_in_a_planned_pass_moves_and_what_is_shared_stays_shared():
    batch = make_batch([4, 6, 5], [3, 2, 4])
    words, _, regions, *_ = make_uniter().mix.objectives
    (part,) = Together([words, regions]).plan(batch, seeded(0))
    away = part.to("meta")
    assert away.batch.text.ids.is_meta and away.batch.regions.features.is_meta
    assert away.batch.matched.is_meta and away.batch.names == batch.names
    (first, one), (second, other) = away.asked
    assert (first, second) == (words, regions), "objectives stay where they are"
    assert next(words.parameters()).device.type == "cpu"
    assert one.rows.is_meta and other.targets.is_meta
    assert other.batch is away.batch
    assert one.batch.regions.boxes is away.batch.regions.boxes


def test_records_without_some_of_their_parts_move_too():
    assert moved(AttentionPattern(), "meta").source is None
    pattern = moved(AttentionPattern("seq2seq", torch.tensor([1, 2])), "meta")
    assert pattern.kind == "seq2seq" and pattern.source.is_meta
    batch = make_batch([4], [2])
    broken = Corrupted(batch, torch.tensor([1]), torch.tensor([5]), counted=7)
    away = broken.to("meta")
    assert away.count == 7 and away.batch.text.phrases is None
