"""Models of the Hub that visitors name: what everybody may read, within limits, never a folder."""

from __future__ import annotations

import json

import huggingface_hub.constants
import pytest
import torch

from tests.front.desk import RUNS
from tests.systems.fake_hub import fake_hub
from workbench.front.checkpoints import HUB_NAME, CheckpointError, Checkpoints
from workbench.front.visitors_models import ModelLimits, ModelRefused, VisitorsModels
from workbench.quickstart.publishing import publish

torch.set_num_threads(1)
NAME = "someone/small"


@pytest.fixture
def hub(home, tmp_path, monkeypatch):
    """A Hub with the demo's first run, published as ``someone/small``."""
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", "hf_the_owners_own")
    folder = publish(home / "runs" / RUNS[0], tmp_path / "published")
    with fake_hub() as served:
        for file in folder.iterdir():
            served.files[file.name] = file.read_bytes()
        yield served


def visitors(hub, **limits) -> VisitorsModels:
    return VisitorsModels(ModelLimits(**limits), endpoint=hub.address)


def downloads(hub) -> list[str]:
    return [path for verb, path, _ in hub.asked if verb == "GET" and "/resolve/" in path]


def test_a_public_model_opens_by_its_name_without_the_owners_token(hub, home):
    checkpoints = Checkpoints(visitors=visitors(hub))
    opened = checkpoints.open(NAME)
    assert opened.name == NAME and opened.guesses_words
    own = checkpoints.open(RUNS[0]).model.state_dict()
    state = opened.model.state_dict()
    assert all(torch.equal(own[name], state[name]) for name in state)
    assert all(token is None for _, _, token in hub.asked)
    before = len(hub.asked)
    assert checkpoints.open(NAME) is opened and len(hub.asked) == before


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"weights": 1000}, r"model\.safetensors of [\d.,]+ MB, more than the 0 MB"),
        ({"other_files": 10}, r"(config|workbench-tokenizer)\.json of"),
        ({"in_all": 1000}, "takes 0 MB in all"),
    ],
)
def test_sizes_are_looked_at_before_anything_is_downloaded(hub, limits, said):
    with pytest.raises(ModelRefused, match=said):
        visitors(hub, **limits).folder(NAME)
    assert downloads(hub) == []


def test_a_config_may_not_ask_for_a_mountain_of_layers(hub):
    config = json.loads(hub.files["config.json"])
    config["sizes"]["layers"] = 10**9
    hub.files["config.json"] = json.dumps(config).encode()
    with pytest.raises(CheckpointError, match="asks for 1,000,000,000 layers"):
        Checkpoints(visitors=visitors(hub)).open(NAME)


def test_what_is_not_ours_not_there_or_not_public_is_told_apart(hub):
    with pytest.raises(ModelRefused, match="shows no model someone/else to everybody"):
        visitors(hub).folder("someone/else")
    del hub.files["config.json"]
    with pytest.raises(ModelRefused, match="was not saved by this workbench"):
        visitors(hub).folder(NAME)
    silent = VisitorsModels(endpoint="http://127.0.0.1:9")
    with pytest.raises(ModelRefused, match="did not answer"):
        silent.folder(NAME)


def test_broken_files_are_refused_without_telling_places(hub, tmp_path):
    hub.files["model.safetensors"] = hub.files["model.safetensors"][:100]
    with pytest.raises(CheckpointError, match="not a whole safetensors file") as refused:
        Checkpoints(visitors=visitors(hub)).open(NAME)
    assert str(tmp_path) not in str(refused.value)


def test_offline_nothing_is_asked(hub, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE"):
        Checkpoints(visitors=visitors(hub)).open(NAME)
    assert hub.asked == []


def test_a_folder_called_like_a_model_is_not_opened(hub, home, tmp_path, monkeypatch):
    (tmp_path / "someone").mkdir()
    (tmp_path / "someone" / "small").symlink_to(home / "runs" / RUNS[0])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE"):
        Checkpoints(visitors=visitors(hub)).open(NAME)
    assert Checkpoints([NAME]).open(NAME).run is not None  # unless whoever serves has named it


def test_names_of_models_are_two_plain_words():
    assert HUB_NAME.fullmatch("google/bert_uncased_L-2_H-128_A-2")
    for wrong in (
        "../etc",
        "a/../b",
        "a/..",
        "/a/b",
        "a/b/c",
        "a",
        "a/b\n",
        "ä/b",
        "a/" + "b" * 99,
    ):
        assert not HUB_NAME.fullmatch(wrong)
