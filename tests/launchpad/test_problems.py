"""What cannot be trained is explained with the field to change; what is unusual is noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from workbench.data.store import RegionStore
from workbench.launchpad import Choice, recipe_of
from workbench.launchpad.choice import ChoiceError
from workbench.launchpad.pad import Launchpad
from workbench.launchpad.problems import notes, problems
from workbench.pairs import Offsets, Regions

NOISE = {"data": "noise", "pictures": 60, "budget": 300}


@pytest.mark.parametrize(
    ("record", "field", "message"),
    [
        ({"system": "bert"}, "system", "no system 'bert'; there are uniter, uniter-joint"),
        ({"system": "vilbert-single-stream", "size": "large"}, "size", "tiny, base, not 'large'"),
        ({"objectives": {"cmcl": 1}}, "objectives", "UNITER has no objective 'cmcl'; there are"),
        ({"system": "vlp", "objectives": {"itm": 1}}, "objectives", "VLP has no matching"),
        ({"objectives": {"mlm": 0, "itm": 0}}, "objectives", "all ratios are 0"),
        ({"objectives": {"mlm": -1}}, "objectives", "the ratio of 'mlm' is -1"),
        ({"system": "uniter-joint", "objectives": {"itm": 1}}, "objectives", "beside matching"),
        ({"system": "uniter-joint", "objectives": {"mrc": 1}}, "objectives", "give mrfr a ratio"),
        ({"system": "unimo", "objectives": {"cmcl": 1}}, "objectives", "something to learn from"),
        (
            {"system": "unimo", "objectives": {"pairs": 1, "cmcl": 1, "itm": 1}},
            "objectives",
            "take each other's place",
        ),
        ({"system": "unimo", "objectives": {"pairs": 1}}, "objectives", "by cmcl or by itm"),
        ({"system": "unimo", "budget": 130, "shards": 2}, "objectives", "a contrast needs others"),
        ({"steps": 0}, "steps", "steps must be 1 or more, not 0"),
        ({"learning_rate": -1.0}, "learning_rate", "must be above 0"),
        ({"budget": 50}, "budget", "does not fit into 50"),
        ({"shards": 40}, "shards", "too few for 40 pieces"),
        ({"precision": "int8"}, "precision", "choose one of float32, bfloat16"),
        ({"engine": "processes:no"}, "engine", "no engine 'processes:no'"),
        ({"data": "photos"}, "data", "no data 'photos'; there are scenes"),
        ({"data": "scenes"}, "data", "`workbench prepare scenes --pictures 60`"),
        ({"data": "stamps"}, "data", "`workbench prepare stamps`"),
    ],
)
def test_a_problem_names_its_field(record, field, message):
    looked = Launchpad().look({**NOISE, **record})
    assert [problem["field"] for problem in looked["problems"]] == [field]
    assert message in looked["problems"][0]["message"]
    assert (looked["command"], looked["estimate"]) == ("", None)
    with pytest.raises(ChoiceError, match=r"\w"):
        recipe_of(Choice.from_json({**NOISE, **record}))


def test_several_problems_are_told_at_once():
    found = problems(Choice.from_json({**NOISE, "steps": 0, "precision": "x", "engine": "moon"}))
    assert [problem.field for problem in found] == ["steps", "precision", "engine"]


@pytest.mark.parametrize(
    ("record", "note"),
    [
        ({}, "Noise teaches nothing"),
        ({"size": "base", "budget": 300}, "base on a CPU takes long"),
        ({"precision": "float16"}, "float16 is slow on a CPU"),
        ({"engine": "processes:99"}, "99 processes share"),
        ({"threads": 999}, "999 threads share"),
        ({"engine": "processes:2"}, "cut into 2 pieces, one for each process"),
        ({"learning_rate": 0.5}, "A learning rate of 0.5 is far from the 0.001"),
        ({"shards": 4}, "matching seldom finds another picture"),
        (
            {"system": "unimo", "objectives": {"images": 1, "texts": 1, "cmcl": 1}},
            "Without pairs nothing ties",
        ),
    ],
)
def test_what_is_unusual_is_noted_and_allowed(record, note):
    choice = Choice.from_json({**NOISE, **record})
    assert not problems(choice)
    assert any(note in said for said in notes(choice)), notes(choice)


def own(folder: Path, classes: int, pictures: int = 6) -> str:
    """A store of somebody's own, with a caption for each picture."""
    lines = []
    with RegionStore.create(folder, 4, classes) as store:
        for number in range(pictures):
            boxes = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]])
            spread = torch.full((2, classes), 1 / classes)
            regions = Regions(
                torch.randn(2, 4),
                boxes,
                torch.ones(2),
                spread,
                torch.tensor([[64.0, 48.0]]),
                Offsets.from_lengths([2]),
            )
            store.append(f"picture-{number}", regions)
            lines.append(json.dumps({"image": f"picture-{number}", "sentence": "A red apple."}))
    (folder / "captions.jsonl").write_text("\n".join(lines) + "\n")
    return str(folder)


def test_own_regions_and_captions_are_data(tmp_path):
    choice = Choice("vilbert", data=own(tmp_path / "mine", 3), budget=40)
    recipe = recipe_of(choice)
    assert recipe.model.arguments["classes"] == 3
    batch = recipe.data().batch(0)
    assert recipe.model()(batch, torch.Generator().manual_seed(0)).total > 0
    (tmp_path / "mine" / "captions.jsonl").write_text('{"image": "picture-0"}\n')
    with pytest.raises(ChoiceError, match=r"captions.jsonl, line 1: expected image and sentence"):
        recipe_of(Choice("uniter", data=str(tmp_path / "mine"), pictures=1))


def test_regions_without_classes_are_not_asked_for_them(tmp_path):
    folder = own(tmp_path / "plain", 1)
    asked = problems(Choice("vilbert", data=folder))
    assert [problem.field for problem in asked] == ["objectives"]
    assert "has no class probabilities, which mrc-kl need" in asked[0].message
    assert [problem.field for problem in problems(Choice("vlp", data=folder))] == ["data"]
    words = Choice("vilbert", data=folder, objectives={"mlm": 1.0, "itm": 1.0})
    assert not problems(words)
