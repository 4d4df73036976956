"""The stream of noise has the lengths it says, and every batch is a function of its step."""

from __future__ import annotations

import pytest
import torch

from workbench.data.datasets.noise import FIRST, LAST, WORDS, noise_stream


def small(**changes):
    facts = {"pairs": 400, "budget": 900, "vocabulary": 50, "feature_size": 6, "classes": 5}
    return noise_stream(**facts | changes)


def test_a_batch_is_a_function_of_its_step_alone():
    one, other = small(), small()
    other.batch(0)
    again, batch = other.batch(7), one.batch(7)
    assert batch.names == again.names
    assert torch.equal(batch.regions.features, again.regions.features)
    assert torch.equal(batch.text.ids, again.text.ids)
    assert not torch.equal(one.batch(8).text.ids[:20], batch.text.ids[:20])
    assert one.fingerprint() == other.fingerprint() != small(seed=1).fingerprint()


def test_lengths_are_those_of_captions_and_detections():
    stream = small(pairs=20_000)
    assert stream.tokens.min() == 10 and stream.tokens.max() == 22
    assert stream.regions.min() >= 10 and stream.regions.max() == 100
    assert abs(stream.tokens.mean() - 14.5) < 0.2
    assert abs(stream.regions.mean() - 36.3) < 1.0
    batch = small().batch(0)
    text = batch.text
    ends = text.offsets.starts[1:] - 1
    assert text.ids[text.offsets.starts[:-1]].eq(FIRST).all() and text.ids[ends].eq(LAST).all()
    inner = text.words >= 0
    assert text.ids[inner].min() >= WORDS and text.ids.max() < 50
    assert text.offsets.rows + batch.regions.offsets.rows <= 900
    boxes = batch.regions.boxes
    assert (boxes[:, 2:] >= boxes[:, :2]).all() and boxes.min() >= 0 and boxes.max() <= 1
    torch.testing.assert_close(
        batch.regions.classes.float().sum(1), torch.ones(len(boxes)), atol=1e-2, rtol=0
    )


def test_too_small_a_vocabulary_is_refused():
    with pytest.raises(ValueError, match=r"more than 4 rows: 4"):
        small(vocabulary=4)
