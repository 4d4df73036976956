"""What a pattern promises is what gets through: measured by changing every row in turn."""

import numpy as np
import pytest
import torch

from tests.properties.batches import MASK
from tests.properties.everything import ENCODERS, batch_of
from workbench.explain.reach import Sight, influence, with_token
from workbench.patterns import BIDIRECTIONAL, AttentionPattern

torch.set_num_threads(1)


def pieces(ids):
    return [f"w{int(i)}" for i in ids]


@pytest.fixture(scope="module")
def pair():
    """One pair that has regions, more than three tokens, and nothing hidden."""
    batch = batch_of()
    lengths = zip(batch.regions.offsets.lengths, batch.text.offsets.lengths, strict=True)
    number = next(i for i, (regions, tokens) in enumerate(lengths) if regions and tokens > 3)
    return batch.select(torch.tensor([number]))


@pytest.mark.parametrize("name", list(ENCODERS))
@pytest.mark.parametrize("source", [None, 1, 2], ids=["bidirectional", "one", "two"])
def test_what_may_be_seen_gets_through_and_nothing_else(name, source, pair):
    torch.manual_seed(0)
    encoder = ENCODERS[name]()
    pattern = BIDIRECTIONAL
    if source is not None:
        pattern = AttentionPattern("seq2seq", torch.tensor([source]))
    sight = Sight.of(encoder, pair, pattern, pieces, asked=[0])
    assert len(sight.rows) == len(sight.how) == len(sight.asked)
    assert sight.first_text == pair.regions.offsets.rows
    assert sight.asked.nonzero()[0].tolist() == [sight.first_text]
    assert np.array_equal(sight.how > 0, pattern.visible(pair, 0).numpy())
    assert np.array_equal(sight.twice().how > 0, sight.how > 0), "a second look shows nothing new"
    encoder.train()
    moved = influence(encoder, pair, pattern, other_id=MASK)
    assert encoder.training
    assert np.array_equal(moved > 0, sight.how > 0)


def test_regions_that_see_the_target_hand_it_back(pair):
    encoder = ENCODERS["uniter"]()
    sight = Sight.of(encoder, pair, AttentionPattern("seq2seq", torch.tensor([1])), pieces)
    how = sight.how.copy()
    how[: sight.first_text] = 1
    leaking = sight.seeing(how)
    assert (leaking.how == 0).any() and (leaking.twice().how == 1).all()


def test_wrong_questions_are_named(pair):
    encoder = ENCODERS["uniter"]()
    with pytest.raises(ValueError, match="one pair is looked at at a time"):
        Sight.of(encoder, batch_of(), BIDIRECTIONAL, pieces)
    with pytest.raises(ValueError, match="one pair is looked at at a time"):
        influence(encoder, batch_of(), BIDIRECTIONAL, other_id=MASK)
    with pytest.raises(ValueError, match=f"token {MASK} stands in the sentence"):
        influence(encoder, with_token(pair, 1, MASK), BIDIRECTIONAL, other_id=MASK)
