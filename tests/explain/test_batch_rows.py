"""A batch as a picture shows it, and its shapes as the signatures say them."""

import dataclasses

import numpy as np
import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES
from tests.properties.everything import batch_of
from workbench.explain.batch_rows import batch_rows
from workbench.explain.shapes import shapes_of, sizes_of
from workbench.objectives.region_masking import hide_regions


def pieces(ids):
    return [f"w{int(i)}" for i in ids]


@pytest.fixture(scope="module")
def batch():
    return batch_of()


@pytest.fixture(scope="module")
def pictures(batch):
    """Pictures of one even colour each, so that a cut-out tells where it is from."""
    names = dict.fromkeys(batch.images)
    return {name: np.full((20, 30, 3), 10 + i, np.uint8) for i, name in enumerate(names)}


def test_rows_are_those_of_the_batch(batch, pictures):
    rows = batch_rows(batch, pieces, pictures, asked_words=torch.tensor([2]), asked_regions=[1])
    assert rows.text.cells == tuple(pieces(batch.text.ids))
    assert rows.text.starts == tuple(batch.text.offsets.starts.tolist())
    assert rows.regions.starts == tuple(batch.regions.offsets.starts.tolist())
    assert [i for i, asked in enumerate(rows.text.asked) if asked] == [2]
    assert [i for i, asked in enumerate(rows.regions.asked) if asked] == [1]
    colours = [int(cell.max()) for cell in rows.regions.cells]
    owner = batch.regions.offsets.owner.tolist()
    assert colours == [int(pictures[batch.images[pair]].max()) for pair in owner]
    assert all(cell.size for cell in rows.regions.cells)


def test_colours_stay_with_pictures_and_sentences(batch, pictures):
    order = torch.arange(len(batch)).roll(1)
    known = batch_rows(batch, pieces, pictures)
    moved = batch_rows(batch.beside(order), pieces, pictures, known=batch)
    assert moved.text.belongs == known.text.belongs
    assert moved.regions.belongs == tuple(known.regions.belongs[i] for i in order.tolist())
    differ = [a != b for a, b in zip(moved.text.belongs, moved.regions.belongs, strict=True)]
    assert any(differ) and not any(
        unlike and own for unlike, own in zip(differ, moved.matched, strict=True)
    )
    assert batch_rows(batch.without_regions(), pieces, pictures).regions.cells == ()
    with pytest.raises(KeyError):
        batch_rows(batch, pieces, {})


def test_hidden_regions_are_grey(batch, pictures):
    hidden = torch.zeros(batch.regions.offsets.rows, dtype=torch.bool)
    hidden[0] = True
    rows = batch_rows(hide_regions(batch, hidden), pieces, pictures)
    whole = batch_rows(batch, pieces, pictures)
    assert (rows.regions.cells[0] != whole.regions.cells[0]).all()
    assert np.array_equal(rows.regions.cells[1], whole.regions.cells[1])


def test_shapes_are_read_off_the_signatures(batch):
    told = {line["field"]: line for line in shapes_of(batch)}
    assert told["regions.features"]["letters"] == "R F"
    assert told["text.ids"]["letters"] == "T" and told["matched"]["letters"] == "P"
    assert told["regions.features"]["here"] == f"{len(batch.regions.features)} × {FEATURES}"
    assert "regions.hidden" not in told, "nothing is hidden, so there is no such tensor"
    hidden = torch.zeros(batch.regions.offsets.rows, dtype=torch.bool)
    again = {line["field"]: line for line in shapes_of(hide_regions(batch, hidden))}
    assert again["regions.hidden"]["letters"] == "R"
    sizes = sizes_of(batch)
    assert sizes["P"] == len(batch) and sizes["C"] == CLASSES
    assert sizes["T"] == batch.text.offsets.rows and sizes["R"] == batch.regions.offsets.rows


def test_a_letter_that_means_two_things_is_refused():
    @dataclasses.dataclass(frozen=True)
    class Two:
        one: torch.Tensor
        other: torch.Tensor

    from jaxtyping import Float

    Two.__annotations__.update(one=Float[torch.Tensor, "P"], other=Float[torch.Tensor, "P"])
    assert sizes_of(Two(torch.zeros(2), torch.zeros(2))) == {"P": 2}
    with pytest.raises(ValueError, match="other has P = 3, others have 2"):
        sizes_of(Two(torch.zeros(2), torch.zeros(3)))
