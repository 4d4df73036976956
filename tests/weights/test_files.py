"""Authors' files in every format: read without running anything, written back as they were."""

import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch

from workbench.weights.files import Packaging, read, write


def weights():
    rng = torch.Generator().manual_seed(0)
    return {
        "bert.word.weight": torch.randn(5, 4, generator=rng),
        "bert.norm.weight": torch.randn(4, generator=rng).half(),
        "bert.ids": torch.arange(3),
    }


def same(one, other):
    assert list(one) == list(other)
    for name, tensor in one.items():
        assert tensor.dtype == other[name].dtype and torch.equal(tensor, other[name]), name


@pytest.mark.parametrize("name", ["w.bin", "w.pt", "w.pth", "w.npz", "w.safetensors", "variables"])
def test_every_format_there_and_back(tmp_path, name):
    state, first, second = weights(), tmp_path / name, tmp_path / "again" / name
    write(first, state, Packaging(tuple(state)))
    opened = read(first)
    assert not opened.notes
    same(dict(sorted(state.items())), dict(sorted(opened.state.items())))
    write(second, opened.state, opened.packaging)
    again = read(second)
    same(opened.state, again.state)
    if first.is_dir():
        for file in first.iterdir():
            assert (second / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("nest", ["model_state_dict", "model_state", "state_dict"])
@pytest.mark.parametrize("legacy", [False, True])
def test_nests_prefixes_and_old_names_are_undone_noted_and_redone(tmp_path, nest, legacy):
    ours = weights()
    old = OrderedDict(
        ("module." + name.replace("norm.weight", "LayerNorm.gamma"), tensor)
        for name, tensor in ours.items()
    )
    old["module.bert.LayerNorm.beta"] = torch.zeros(4)
    path = tmp_path / "resume.tar.bin"
    torch.save(
        {nest: old, "global_step": 7, "optimizer": {"lr": 0.1}},
        path,
        _use_new_zipfile_serialization=not legacy,
    )
    opened = read(path)
    names = ["bert.word.weight", "bert.LayerNorm.weight", "bert.ids", "bert.LayerNorm.bias"]
    assert list(opened.state) == names
    said = "; ".join(opened.notes)
    for part in (nest, "left behind: global_step, optimizer", "'module.' of 4 names", "2 names"):
        assert part in said
    plain = Packaging.from_json(opened.packaging.as_json())
    write(tmp_path / "back.bin", opened.state, plain)
    same(old, torch.load(tmp_path / "back.bin", weights_only=True)[nest])


def test_what_is_not_a_tensor_is_left_behind_and_said(tmp_path):
    torch.save({"a": torch.ones(2), "epoch": 3}, tmp_path / "w.pt")
    opened = read(tmp_path / "w.pt")
    assert list(opened.state) == ["a"]
    assert opened.notes == ("not tensors, left behind: epoch",)


class Stranger:
    """Something a pickle can name; ``hit`` would say that it was called."""

    hit = False

    def __reduce__(self):
        return (Stranger.mark, ())

    @staticmethod
    def mark():
        Stranger.hit = True


def test_pickles_that_run_code_are_refused(tmp_path):
    torch.save({"a": torch.ones(2), "b": Stranger()}, tmp_path / "w.pt")
    with pytest.raises(ValueError, match=r"could run code.*save only its tensors"):
        read(tmp_path / "w.pt")
    (tmp_path / "w.bin").write_bytes(pickle.dumps(Stranger()))
    with pytest.raises(ValueError, match=r"w\.bin"):
        read(tmp_path / "w.bin")
    objects = np.array([Stranger()], dtype=object)
    np.savez(tmp_path / "w.npz", a=objects)
    with pytest.raises(ValueError, match="never read"):
        read(tmp_path / "w.npz")
    assert not Stranger.hit


def test_other_files_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="there is no"):
        read(tmp_path / "none.pt")
    for name, said in (
        ("w.h5", "save the weights as safetensors"),
        ("w.pt", "not a whole PyTorch file|more than weights"),
        ("w.npz", "not an archive"),
        ("w.safetensors", "not a whole safetensors file"),
    ):
        (tmp_path / name).write_bytes(b"neither fish nor fowl")
        with pytest.raises(ValueError, match=said):
            read(tmp_path / name)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="has no files"):
        read(tmp_path / "empty")
    torch.save([torch.ones(2)], tmp_path / "list.pt")
    with pytest.raises(ValueError, match=r"no dictionary of tensors.*list"):
        read(tmp_path / "list.pt")
    torch.save({"a.gamma": torch.ones(1), "a.weight": torch.ones(1)}, tmp_path / "two.pt")
    with pytest.raises(ValueError, match=r"two tensors would be called a\.weight"):
        read(tmp_path / "two.pt")


def test_writing_refuses_strange_names_and_misfits(tmp_path):
    with pytest.raises(ValueError, match="not names of files"):
        write(tmp_path / "out", {"../x": torch.ones(1)}, Packaging(("../x",)))
    with pytest.raises(ValueError, match=r"missing \['b'\], added \['a'\]"):
        write(tmp_path / "w.pt", {"a": torch.ones(1)}, Packaging(("b",)))
    with pytest.raises(ValueError, match="ending names no format"):
        write(tmp_path / "w.h5", {"a": torch.ones(1)}, Packaging(("a",)))
    assert not (tmp_path.parent / "x").exists()
