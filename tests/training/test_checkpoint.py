from __future__ import annotations

import errno
import json
import os

import pytest
import torch
import toy_pretraining as toy

from workbench.training import checkpoint
from workbench.training.checkpoint import find_latest, load_training, load_weights, save
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.optimiser import make_optimiser
from workbench.training.recipe import Optimisation


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


@pytest.fixture
def model():
    torch.manual_seed(0)
    return toy.pretraining()


def _names(folder):
    return sorted(path.name for path in folder.checkpoints.iterdir())


def test_weights_come_back_to_the_bit_and_stay_tied(folder, model):
    optimiser = make_optimiser(model, Optimisation())
    save(folder, 7, model, {"step": 7, "optimiser": optimiser.state_dict()}, keep=2)
    found, damaged = find_latest(folder)
    other = toy.pretraining()
    load_weights(found, other)
    assert found.step == load_training(found)["step"] == 7
    assert not damaged
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True)
    )
    assert other.mix["mlm"].head.weight is other.encoder.inputs.text.word.weight
    manifest = json.loads((found.path / "MANIFEST.json").read_text())
    assert manifest["step"] == 7
    assert set(manifest["files"]) == {"model.safetensors", "training.pt"}


def test_only_the_newest_are_kept(folder, model):
    for step in (5, 10, 15):
        save(folder, step, model, {"step": step}, keep=2)
    assert _names(folder) == ["step-000010", "step-000015"]


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [_cut, _flip, lambda path: path.unlink()])
@pytest.mark.parametrize("name", ["model.safetensors", "training.pt", "MANIFEST.json"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(folder, model, harm, name):
    for step in (5, 10):
        save(folder, step, model, {"step": step}, keep=2)
    harm(folder.checkpoints / "step-000010" / name)
    found, damaged = find_latest(folder)
    assert found.step == 5
    assert [path.name for path in damaged] == ["step-000010"]
    assert name == "MANIFEST.json" or name in next(iter(damaged.values()))


def test_a_full_disk_leaves_the_former_checkpoints_alone(folder, model, monkeypatch):
    save(folder, 5, model, {"step": 5}, keep=1)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for place, name in ((torch, "save"), (checkpoint, "save_model"), (os, "fsync")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(RunError, match=r"No space left.*free some.*step-000005 is still"):
                save(folder, 10, model, {"step": 10}, keep=1)
        assert _names(folder) == ["step-000005"]
        assert find_latest(folder)[0].step == 5


def test_the_same_step_can_be_written_again(folder, model):
    for _ in range(2):
        save(folder, 5, model, {"step": 5}, keep=1)
    assert _names(folder) == ["step-000005"]


def test_damaged_ones_are_set_aside_and_unfinished_ones_removed(folder, model):
    save(folder, 5, model, {"step": 5}, keep=1)
    (folder.checkpoints / ".step-000006.123").mkdir()
    checkpoint.clear_unfinished(folder)
    checkpoint.set_aside(folder.checkpoints / "step-000005")
    save(folder, 5, model, {"step": 5}, keep=1)
    checkpoint.set_aside(folder.checkpoints / "step-000005")
    assert _names(folder) == ["damaged-step-000005", "damaged-step-000005-again"]
    assert find_latest(folder) == (None, {})


def test_another_models_weights_are_refused(folder, model):
    save(folder, 5, model, {"step": 5}, keep=1)
    with pytest.raises(RunError, match=r"do not fit the model that the recipe builds now"):
        load_weights(find_latest(folder)[0], toy.pretraining(width=32))


def test_code_in_a_checkpoint_is_never_run(folder, model, tmp_path):
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    save(folder, 5, model, {"step": 5, "optimiser": Evil()}, keep=1)
    with pytest.raises(Exception, match=r"(?i)weights.only"):
        load_training(find_latest(folder)[0])
    assert not marker.exists()
