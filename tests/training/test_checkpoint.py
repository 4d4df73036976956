from __future__ import annotations

import dataclasses
import errno
import json
import math
import os

import pytest
import torch
import toy_pretraining as toy
from safetensors.torch import load_file, save_file

from workbench.training import checkpoint, kept
from workbench.training.checkpoint import load_training, load_weights, save, weights_sha256
from workbench.training.errors import RunBusy, RunError
from workbench.training.events import EventWriter
from workbench.training.folder import RunFolder
from workbench.training.kept import find_latest
from workbench.training.lease import Tenure
from workbench.training.optimiser import make_optimiser
from workbench.training.recipe import Optimisation

NAN = float("nan")


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
    save(folder, 7, model, {"step": 7, "optimiser": optimiser.state_dict()})
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


def test_an_average_and_what_was_measured_are_kept_and_checked_beside_the_weights(folder, model):
    average = toy.pretraining()
    made = save(folder, 5, model, {"step": 5}, average=average, measured={"r1": 0.5, "loss": NAN})
    files = {"model.safetensors", "average.safetensors", "training.pt", "measured.json"}
    assert set(json.loads((made.path / "MANIFEST.json").read_text())["files"]) == files
    other = toy.pretraining()
    load_weights(made, other, kept.AVERAGE)
    pairs = zip(average.parameters(), other.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    found = made.measured()
    assert found["r1"] == 0.5
    assert math.isnan(found["loss"])
    for name in ("average.safetensors", "measured.json"):
        whole = (made.path / name).read_bytes()
        _flip(made.path / name)
        assert name in made.problem()
        (made.path / name).write_bytes(whole)
    assert made.problem() is None


def test_a_manifest_names_files_beside_it_only(folder, model, tmp_path):
    made = save(folder, 5, model, {"step": 5})
    (tmp_path / "elsewhere").write_text("")
    manifest = json.loads((made.path / "MANIFEST.json").read_text())
    manifest["files"]["../../../elsewhere"] = kept.sha256(tmp_path / "elsewhere")
    (made.path / "MANIFEST.json").write_text(json.dumps(manifest))
    assert made.problem() == "MANIFEST.json does not describe it"


def test_whoever_lost_the_run_writes_no_checkpoint(folder, model):
    """The lease is looked at under its lock, in the moment in which the checkpoint would count."""
    save(folder, 5, model, {"step": 5})
    folder.recipe.touch()
    with Tenure(folder) as tenure:
        save(folder, 10, model, {"step": 10}, guard=tenure.holding())
        theirs = dataclasses.replace(tenure.lease, attempt=2, process="another")
        folder.lease.write_text(json.dumps(dataclasses.asdict(theirs)))
        with pytest.raises(RunBusy, match=r"is training in .*attempt 2"):
            save(folder, 15, model, {"step": 15}, guard=tenure.holding())
        # They have come and gone: there is no lease, but there are their events.
        folder.lease.unlink()
        EventWriter(folder, 2).close()
        with pytest.raises(RunBusy, match=r"attempt 2 has trained .* this one, 1, was not"):
            save(folder, 15, model, {"step": 15}, guard=tenure.holding())
    assert _names(folder) == ["step-000005", "step-000010"]


def test_the_same_weights_have_the_same_hash_however_they_lie_in_their_file(
    folder, model, tmp_path
):
    made = save(folder, 5, model, {"step": 5})
    told = weights_sha256(made.path)
    assert told == weights_sha256(made.path / "model.safetensors")
    tensors = load_file(made.path / "model.safetensors")

    def otherwise(changed):
        save_file(changed, tmp_path / "other.safetensors", metadata={"by": "somebody else"})
        return weights_sha256(tmp_path / "other.safetensors")

    assert kept.sha256(made.path / "model.safetensors") != told
    assert otherwise(dict(reversed(tensors.items()))) == told
    assert kept.sha256(tmp_path / "other.safetensors") != kept.sha256(
        made.path / "model.safetensors"
    )
    name, tensor = next((n, t) for n, t in tensors.items() if t.ndim == 2)
    nudged = tensor.clone()
    nudged[0, 0] += 1e-3
    for change in (
        {name: nudged},
        {name: tensor.reshape(-1)},
        {name: tensor.view(torch.int32)},
        {"new": torch.ones(())},
        {"new": torch.ones(2, dtype=torch.bfloat16)},
    ):
        assert otherwise(tensors | change) != told
    assert otherwise({**{n: t for n, t in tensors.items() if n != name}, "renamed": tensor}) != told


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
        save(folder, step, model, {"step": step})
    harm(folder.checkpoints / "step-000010" / name)
    found, damaged = find_latest(folder)
    assert found.step == 5
    assert [path.name for path in damaged] == ["step-000010"]
    assert name == "MANIFEST.json" or name in next(iter(damaged.values()))


def test_a_full_disk_leaves_the_former_checkpoints_alone(folder, model, monkeypatch):
    save(folder, 5, model, {"step": 5})

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for place, name in ((torch, "save"), (checkpoint, "save_model"), (os, "fsync")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, full)
            with pytest.raises(RunError, match=r"No space left.*free some.*step-000005 is still"):
                save(folder, 10, model, {"step": 10})
        assert _names(folder) == ["step-000005"]
        assert find_latest(folder)[0].step == 5


def test_the_same_step_can_be_written_again(folder, model):
    for _ in range(2):
        save(folder, 5, model, {"step": 5})
    assert _names(folder) == ["step-000005"]


def test_damaged_ones_are_set_aside_and_unfinished_ones_removed(folder, model):
    save(folder, 5, model, {"step": 5})
    (folder.checkpoints / ".step-000006.123").mkdir()
    kept.clear_unfinished(folder)
    kept.set_aside(folder.checkpoints / "step-000005")
    save(folder, 5, model, {"step": 5})
    kept.set_aside(folder.checkpoints / "step-000005")
    assert _names(folder) == ["damaged-step-000005", "damaged-step-000005-again"]
    assert find_latest(folder) == (None, {})


def test_another_models_weights_are_refused(folder, model):
    save(folder, 5, model, {"step": 5})
    with pytest.raises(RunError, match=r"do not fit the model that the recipe builds now"):
        load_weights(find_latest(folder)[0], toy.pretraining(width=32))


def test_code_in_a_checkpoint_is_never_run(folder, model, tmp_path):
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    save(folder, 5, model, {"step": 5, "optimiser": Evil()})
    with pytest.raises(Exception, match=r"(?i)weights.only"):
        load_training(find_latest(folder)[0])
    assert not marker.exists()
