"""Every grid builds every recipe, and each row differs from its neighbour in what it says alone."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.ablations.small import SETTING
from workbench.ablations.beginning import begun_with, not_trained
from workbench.ablations.board import Board
from workbench.ablations.grids.every import GRIDS, grid
from workbench.ablations.two_domains import OTHER_SCENES, Turns
from workbench.data.division import Divisible
from workbench.quickstart.stream import scene_stream, scene_tokenizer
from workbench.quickstart.systems import SYSTEMS
from workbench.training import chance
from workbench.training.errors import RunError
from workbench.training.loop import train
from workbench.training.recipe import Recipe
from workbench.training.run import Run


def flat(value, path=""):
    """Every number and word of a recipe by its place."""
    if isinstance(value, dict):
        return {k: v for name in value for k, v in flat(value[name], f"{path}.{name}").items()}
    return {path.removeprefix("."): value}


def differences(one: Recipe, other: Recipe):
    """Places at which two recipes differ, and the other's value there."""
    a, b = flat(one.as_json()), flat(other.as_json())
    return {place: b.get(place) for place in a.keys() | b.keys() if a.get(place) != b.get(place)}


def recipes(name, seed=0):
    return {row.label: row.recipe(seed) for row in grid(name, SETTING).rows}


@pytest.mark.parametrize("name", GRIDS)
def test_every_recipe_is_built_and_comes_back_from_json(name, home):
    board = Board(grid(name, SETTING))
    jobs, rows = board.plan
    assert len(rows) == len(board.grid.rows) and all(len(row) == SETTING.seeds for row in rows)
    for job in jobs.values():
        again = Recipe.from_json(json.loads(json.dumps(job.recipe.as_json())))
        assert again == job.recipe and again.digest() == job.digest
        assert job.after is None or job.after in jobs
    assert [line.label for line in board.standing().lines] == [r.label for r in board.grid.rows]


def test_other_seeds_are_other_recipes_in_the_seed_alone(home):
    for name in GRIDS:
        for row in grid(name, SETTING).rows:
            if row.first is None:
                found = differences(row.recipe(0), row.recipe(7))
                assert found == {"seed": 7, "data.arguments.seed": 7}, (name, row.label)


def test_vilbert_varies_depth_and_data(home):
    depth = recipes("vilbert-depth")
    for blocks in (2, 4, 8):
        found = differences(depth["6-layer"], depth[f"{blocks}-layer"])
        assert found == {"model.arguments.blocks": blocks}
    assert [len(r.model().encoder.region_blocks) for r in depth.values()] == [2, 4, 6, 8]
    data = recipes("vilbert-data")
    assert differences(data["100 %"], data["25 %"]) == {"data.arguments.share": 0.25}
    assert differences(data["100 %"], data["50 %"]) == {"data.arguments.share": 0.5}
    nothing = differences(data["100 %"], data["0 %"])
    assert nothing == {"steps": 1, "optimisation.learning_rate": 0.0}


def test_vlp_varies_lambda_and_the_beginning(home):
    shares = recipes("vlp-lambda")
    for share in ("0.25", "0.5", "1", "0"):
        found = differences(shares["λ = 0.75"], shares[f"λ = {share}"])
        assert found == {"model.arguments.seq2seq": float(share)}
        assert shares[f"λ = {share}"].model().mix.weights[0] == float(share)
    assert shares["λ = 0.75"].model().mix.weights[0] == 0.75
    begun = recipes("vlp-initialisation")
    assert begun["from scratch"] == shares["λ = 0.75"]
    rows = {row.label: row for row in grid("vlp-initialisation", SETTING).rows}
    for label, given in (
        ("after bidirectional", {"model.arguments.seq2seq": 0.0}),
        ("after both", {}),
    ):
        first = rows[label].first(0)
        found = differences(begun["from scratch"], first)
        assert found == {"data.arguments.blind": True, **given}
        assert begun[label] == begun_with(begun["from scratch"], first)
    wide = differences(begun["from scratch"], begun["MiniLM"])
    assert list(wide) == ["model.arguments.original_ids"]


def test_uniter_adds_objectives_one_by_one(home):
    rows = {row.label: row for row in grid("uniter", SETTING).rows}
    assert list(rows) == [f"L{n}" for n in range(1, 14)]
    made = recipes("uniter")
    text = made["L2"]
    asked = {label: set(ratios(recipe)) for label, recipe in made.items()}
    assert asked["L2"] == {"mlm"} and text.data.arguments["blind"] is True
    assert [asked[f"L{n}"] for n in range(3, 11)] == [
        {"mrfr"},
        {"itm"},
        {"mlm"},
        {"mlm", "itm"},
        {"mlm", "itm", "mrc"},
        {"mlm", "itm", "mrfr"},
        {"mlm", "itm", "mrc-kl"},
        {"mlm", "itm", "mrc-kl", "mrfr"},
    ]
    for number in range(3, 14):
        assert rows[f"L{number}"].first(0) == text
        assert made[f"L{number}"].model.arguments["first"] == text.digest()
    for number in range(3, 10):
        places = differences(made["L10"], made[f"L{number}"])
        assert all(place.startswith("model.arguments.model.arguments.ratios.") for place in places)
    joint = differences(made["L10"], made["L11"])
    assert joint == {"model.arguments.model.arguments.joint": True}
    outside = differences(made["L10"], made["L12"])
    assert outside == {"data.arguments.hard": True, "data.arguments.scene_seed": 1}
    everything = differences(made["L10"], made["L13"])
    assert everything == {"data.target": "workbench.ablations.two_domains:both_domains"}
    assert made["L1"] == not_trained(made["L1"]) and made["L1"].steps == 1


def ratios(recipe):
    given = recipe.model.arguments
    return given.get("model", {"arguments": given})["arguments"]["ratios"]


def test_unimo_leaves_kinds_of_data_out(home):
    made = recipes("unimo")
    assert differences(made["UNIMO"], made["w/o texts"]) == {"data.arguments.without": ["texts"]}
    assert differences(made["UNIMO"], made["w/o pairs&images"]) == {
        "data.arguments.without": ["images", "pairs"]
    }
    single = differences(made["UNIMO"], made["w/o single-modal"])
    assert single == {"data.arguments.unpaired": False, "model.arguments.contrastive": False}
    batch = made["w/o pairs&images"].data().batch(0)
    assert batch.regions.offsets.rows == 0 and batch.text.offsets.rows > 0


def test_grids_share_what_is_the_same(home):
    known = {row.label: row.recipe(0).digest() for row in grid("systems", SETTING).rows}
    assert [row for row in known][:-1] == [system.name for system in SYSTEMS]
    shared = (
        ("vlp-tiny", "vlp-lambda", "λ = 0.75"),
        ("vlp-tiny-seq2seq", "vlp-lambda", "λ = 1"),
        ("vlp-tiny-bidirectional", "vlp-lambda", "λ = 0"),
        ("vlp-tiny", "vlp-initialisation", "from scratch"),
        ("vilbert-tiny", "vilbert-data", "100 %"),
        ("untrained", "vilbert-data", "0 %"),
        ("unimo-tiny", "unimo", "UNIMO"),
    )
    for system, name, label in shared:
        assert known[system] == recipes(name)[label].digest(), (system, name)


def test_a_digest_is_the_same_in_another_process(home):
    made = recipes("uniter", 1)
    script = (
        "import json, sys\n"
        "from workbench.training.recipe import Recipe\n"
        "print(*(Recipe.from_json(one).digest() for one in json.load(sys.stdin)))"
    )
    told = json.dumps([recipe.as_json() for recipe in made.values()])
    other = subprocess.run(
        [sys.executable, "-c", script], input=told, capture_output=True, text=True
    )
    assert other.stdout.split() == [recipe.digest() for recipe in made.values()], other.stderr
    assert len(set(other.stdout.split())) == len(made)


def test_shares_lie_within_each_other_and_domains_take_turns(home):
    asked = {"count": 6, "source": "drawn"}
    pictures = {
        share: {e.image for e in scene_stream(**asked, share=share).examples}
        for share in (0.3, 0.5, 1.0)
    }
    assert [len(found) for found in pictures.values()] == [2, 3, 6]
    assert pictures[0.3] < pictures[0.5] < pictures[1.0]
    prints = {scene_stream(**asked, share=share).fingerprint() for share in pictures}
    assert len(prints) == 3
    with pytest.raises(ValueError, match="above 0 and at most 1, not 0"):
        scene_stream(**asked, share=0.0)
    inside = scene_stream(**asked)
    both = Turns(inside, scene_stream(**asked, hard=True))
    assert scene_tokenizer(SETTING.scenes(OTHER_SCENES)) is inside.tokenizer
    assert both.batch(4).names == inside.batch(2).names
    kinds = {e.name: e.kind for e in both.streams[1].examples}
    assert {kinds[name] for name in both.batch(5).names} <= {"list", "relation", "place"}
    assert both.fingerprint() != inside.fingerprint()
    assert isinstance(both, Divisible) and both.size(4) == len(both.batch(4))
    assert both.some(5, np.array([1, 0])).names == both.batch(5).names[:2][::-1]
    assert len(both.describe()["in_turns"]) == 2


def test_nothing_changes_without_training(home, tmp_path):
    recipe = recipes("vlp-initialisation")["untrained"]
    events = list(train(recipe, tmp_path / "run"))
    assert [event.kind for event in events if event.kind == "step"] == ["step"]
    after = Run.attach(tmp_path / "run").load().state_dict()
    torch.manual_seed(chance.seed_of(recipe.seed, 0, "layers", 0))
    before = recipe.model().state_dict()
    different = [name for name, tensor in before.items() if not torch.equal(tensor, after[name])]
    assert not different


def test_a_beginning_that_was_not_trained_is_named(home):
    row = next(r for r in grid("vlp-initialisation", SETTING).rows if r.label == "after both")
    with pytest.raises(RunError, match=f"{row.first(0).digest()}, which was not trained"):
        row.recipe(0).model()
