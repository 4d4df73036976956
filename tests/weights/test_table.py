"""Name tables are strict both ways, invertible, and say what does not fit."""

import pytest
import torch

from workbench.weights.table import NameTable

TABLE = NameTable(
    (
        ("old.{i}.w", "new.{i}.weight"),
        ("v.{v}.fc.w_0", "regions.{v}.weight"),
        ("words", "embedder.weight"),
        ("words", "head.weight"),
    ),
    dropped={"dead.{v}": "nobody reads it"},
    fresh={"extra": "only we have it"},
    transposed=(".w_0",),
)
LAYERS = {"i": 2, "v": 1}


def states():
    rng = torch.Generator().manual_seed(0)
    original = {
        "old.0.w": torch.randn(2, generator=rng),
        "old.1.w": torch.randn(2, generator=rng),
        "v.0.fc.w_0": torch.randn(2, 3, generator=rng),
        "words": torch.randn(4, generator=rng),
        "dead.0": torch.randn(1, generator=rng),
    }
    ours = {
        "new.0.weight": torch.zeros(2),
        "new.1.weight": torch.zeros(2),
        "regions.0.weight": torch.zeros(3, 2),
        "embedder.weight": torch.zeros(4),
        "head.weight": torch.zeros(4),
        "extra": torch.zeros(5),
    }
    return original, ours


@pytest.mark.parametrize(("table", "layers"), [(TABLE, LAYERS), (TABLE.at(LAYERS), 0)])
def test_reading_and_writing_undo_each_other(table, layers):
    original, ours = states()
    read = table.read(original, ours, layers)
    assert set(read) == set(ours) - {"extra"}
    assert torch.equal(read["regions.0.weight"], original["v.0.fc.w_0"].T)
    assert torch.equal(read["head.weight"], read["embedder.weight"])
    kept = table.left_out(original, layers)
    assert list(kept) == ["dead.0"]
    written = table.write({**ours, **read}, layers, kept)
    assert written.keys() == original.keys()
    assert all(torch.equal(written[name], original[name]) for name in original)


def test_layers_are_written_out():
    plain = TABLE.at(LAYERS)
    assert plain.rows[:3] == (
        ("old.0.w", "new.0.weight"),
        ("old.1.w", "new.1.weight"),
        ("v.0.fc.w_0", "regions.0.weight"),
    )
    assert plain.dropped == {"dead.0": "nobody reads it"} and plain.transposed == (".w_0",)


def test_every_misfit_is_named():
    original, ours = states()
    del original["old.1.w"], ours["head.weight"]
    original |= {"stranger": torch.ones(1), "words": torch.ones(3)}
    ours["unknown"] = torch.ones(1)
    with pytest.raises(ValueError) as caught:
        TABLE.read(original, ours, LAYERS)
    for said in (
        "1 not in this checkpoint: old.1.w",
        "1 not in this model: head.weight",
        "1 unknown in the checkpoint: stranger",
        "1 left unfilled in the model: unknown",
        "1 of another shape: embedder.weight (3,) != (4,)",
    ):
        assert said in str(caught.value)
    with pytest.raises(ValueError, match="1 without a row: unknown"):
        TABLE.write(ours, LAYERS)
