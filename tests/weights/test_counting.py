"""Parameters counted as the papers count them."""

import pytest
import torch
from torch import nn

from tests.properties.batches import make_uniter
from workbench.systems import uniter
from workbench.weights.counting import count


@pytest.mark.parametrize(("sizes", "millions"), [(uniter.base(), 86), (uniter.large(), 303)])
def test_counts_are_the_papers(sizes, millions):
    with torch.device("meta"):
        counts = count(uniter.encoder(sizes))
    assert counts.words == sizes.vocabulary * sizes.width
    assert counts.without_words / 1e6 == pytest.approx(millions, rel=0.03)


def test_the_released_model_has_the_parameters_that_were_measured():
    """The reference counted 112.9 M and 340.5 M unique parameters with the pre-training heads."""
    for sizes, millions in ((uniter.base(), 112.9), (uniter.large(), 340.5)):
        with torch.device("meta"):
            counts = count(uniter.pretraining(sizes, 103, (106, sizes.vocabulary)))
        assert counts.total / 1e6 == pytest.approx(millions, abs=0.05)


def test_every_parameter_is_counted_once_and_in_one_part():
    model = make_uniter()
    counts = count(model)
    unique = {id(parameter): parameter.numel() for parameter in model.parameters()}
    assert counts.total == sum(unique.values()) == sum(counts.by_part.values())
    assert set(counts.by_part) == {"words", "inputs", "blocks", "summary", "mix"}
    block = sum(p.numel() for p in model.encoder.blocks.parameters())
    assert counts.by_part["blocks"] == block
    alone = count(model.encoder)
    assert alone.total == counts.total - counts.by_part["mix"]


def test_a_model_without_text_has_no_words():
    counts = count(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)))
    assert (counts.total, counts.words, counts.without_words) == (26, 0, 26)
