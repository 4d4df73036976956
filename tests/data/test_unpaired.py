"""Lone pictures and sentences come 1 : 1 : 5 among the pairs, from the seed and the step alone."""

import dataclasses

import numpy as np
import pytest
import torch

from tests.properties.batches import make_batch
from workbench.data.unpaired import Ratio, UnpairedStream, kinds_at, parted
from workbench.training.prefetch import Stream

torch.set_num_threads(1)


class Pairs:
    """A small stream of pairs."""

    def batch(self, global_step):
        rng = np.random.default_rng(global_step)
        text, regions = rng.integers(3, 7, 21), rng.integers(1, 5, 21)
        return make_batch(text.tolist(), regions.tolist(), seed=global_step)

    def fingerprint(self):
        return "pairs"


def lengths(batch):
    return batch.text.offsets.lengths, batch.regions.offsets.lengths


def test_ratio_is_the_papers():
    drawn = np.concatenate([kinds_at(step, 70, 0, Ratio()) for step in range(200)])
    shares = np.bincount(drawn, minlength=3) / len(drawn)
    assert shares == pytest.approx([1 / 7, 1 / 7, 5 / 7], abs=0.01)
    assert set(kinds_at(0, 500, 0, Ratio(images=0.0))) == {1, 2}
    assert set(kinds_at(0, 500, 0, Ratio(pairs=0.0))) == {0, 1}


def test_what_is_left_is_what_was_there():
    whole = Pairs().batch(3)
    kinds = kinds_at(3, len(whole), 1, Ratio())
    batch = parted(whole, kinds)
    assert set(kinds) == {0, 1, 2} and batch.names == whole.names
    for i, kind in enumerate(kinds.tolist()):
        one, before = (b.select(torch.tensor([i])) for b in (batch, whole))
        assert len(one.text.ids) == (0 if kind == 0 else len(before.text.ids))
        assert len(one.regions.boxes) == (0 if kind == 1 else len(before.regions.boxes))
        if kind != 0:
            for field in ("ids", "positions", "words", "segments"):
                assert torch.equal(getattr(one.text, field), getattr(before.text, field))
        if kind != 1:
            assert torch.equal(one.regions.features, before.regions.features)


def test_nothing_loses_both():
    whole = make_batch([4, 0, 4], [0, 2, 2])
    for kind in range(3):
        text, regions = lengths(parted(whole, np.full(3, kind)))
        assert (text + regions > 0).all()


def test_phrases_go_with_their_rows():
    whole = make_batch([4, 5], [2, 2])
    text = dataclasses.replace(whole.text, phrases=torch.arange(9))
    batch = parted(dataclasses.replace(whole, text=text), np.array([0, 2]))
    assert batch.text.phrases.tolist() == [4, 5, 6, 7, 8]


def test_stream_is_a_function_of_the_step():
    stream, again = UnpairedStream(Pairs(), 5), UnpairedStream(Pairs(), 5)
    other = UnpairedStream(Pairs(), 6)
    assert isinstance(stream, Stream)
    later = stream.batch(9)
    assert torch.equal(later.text.offsets.starts, again.batch(9).text.offsets.starts)
    assert not torch.equal(later.text.offsets.starts, other.batch(9).text.offsets.starts)
    different = [
        other,
        UnpairedStream(Pairs(), 5, unpaired=False),
        UnpairedStream(Pairs(), 5, ratio=Ratio(texts=0.0)),
    ]
    assert stream.fingerprint() == again.fingerprint()
    assert stream.fingerprint() not in {s.fingerprint() for s in different}


def test_without_unpaired_the_same_pairs_remain():
    mixed, pairs = UnpairedStream(Pairs(), 2), UnpairedStream(Pairs(), 2, unpaired=False)
    for step in range(5):
        text, regions = lengths(batch := mixed.batch(step))
        both = ((text > 0) & (regions > 0)).nonzero().squeeze(1)
        assert pairs.batch(step).names == batch.select(both).names
    lonely = UnpairedStream(Pairs(), 2, ratio=Ratio(1.0, 1.0, 1e-9), unpaired=False).batch(0)
    assert len(lonely) == 1 and min(map(int, lengths(lonely))) > 0


def test_impossible_ratios_are_refused():
    with pytest.raises(ValueError, match="at least 0"):
        Ratio(images=-1.0)
    with pytest.raises(ValueError, match="not all of them 0"):
        Ratio(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="leaves nothing"):
        UnpairedStream(Pairs(), 0, ratio=Ratio(pairs=0.0), unpaired=False)


def test_single_kinds_are_left_out():
    mixed = UnpairedStream(Pairs(), 2)
    without = UnpairedStream(Pairs(), 2, without=["texts"])
    alone = UnpairedStream(Pairs(), 2, without=["images", "pairs"])
    for step in range(5):
        _, regions = lengths(whole := mixed.batch(step))
        seen, read = (regions > 0).nonzero().squeeze(1), (regions == 0).nonzero().squeeze(1)
        assert without.batch(step).names == whole.select(seen).names
        left = alone.batch(step)
        assert left.names == (whole.select(read).names if len(read) else whole.names[:1])
        assert int(lengths(left)[1].sum()) == 0 and int(lengths(left)[0].min()) > 0
    assert len({s.fingerprint() for s in (mixed, without, alone)}) == 3
    with pytest.raises(ValueError, match="not \\['words'\\]"):
        UnpairedStream(Pairs(), 0, without=["words"])
    with pytest.raises(ValueError, match="leaves nothing"):
        UnpairedStream(Pairs(), 0, without=["images", "texts", "pairs"])
