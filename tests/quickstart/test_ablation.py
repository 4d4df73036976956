"""The comparison of the tiny systems, made for real: drawn scenes, a few steps, every measure."""

import json

import pytest
import torch

from workbench import cli
from workbench.quickstart.ablation import Grid, ablate, chosen
from workbench.quickstart.ablation_table import report
from workbench.quickstart.comparison import names_in
from workbench.quickstart.systems import SYSTEMS, World, pretraining_recipe
from workbench.training.errors import RecipeError
from workbench.training.loop import train
from workbench.training.recipe import Recipe

torch.set_num_threads(1)
WORLD = World(count=24, vocabulary=8, source="drawn")
GRID = Grid(chosen(["vilbert-tiny", "vlp-tiny", "unimo-tiny"]), 1, 3, WORLD, 24, pool=6, jobs=1)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("home")))
        told = []
        yield ablate(GRID, told.append), told


def test_every_system_is_trained_and_measured_once(results, monkeypatch):
    found, told = results
    assert list(found["systems"]) == ["vilbert-tiny", "vlp-tiny", "unimo-tiny"] and len(told) == 3
    for runs in found["systems"].values():
        before, after = runs["0"]["before"], runs["0"]["after"]
        assert before["objectives"].keys() == after["objectives"].keys()
        moved = [
            name
            for name, facts in before["objectives"].items()
            if facts["loss"] != after["objectives"][name]["loss"]
        ]
        assert moved, "three steps and no objective moved"
        assert 0 <= after["names"]["with_regions"] <= 1
    assert found["systems"]["vilbert-tiny"]["0"]["after"]["retrieval"]["by"] == "matching"
    assert found["systems"]["unimo-tiny"]["0"]["after"]["retrieval"]["by"] == "contrast"
    writer = found["systems"]["vlp-tiny"]["0"]["after"]
    assert writer["retrieval"] is None and writer["matching"] is None
    assert set(writer["captions"]) == {"named", "right", "ended"}
    path = GRID.folder / "vlp-tiny-seed-0" / "results.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": 12345}))
    assert ablate(GRID, told.append)["systems"]["vlp-tiny"]["0"]["seconds"] == 12345
    assert (GRID.folder / "vlp-tiny-seed-0" / "events" / "attempt-0001.rank-0.jsonl").is_file()
    assert not (GRID.folder / "vlp-tiny-seed-0" / "events" / "attempt-0002.rank-0.jsonl").exists()


def test_the_report_tells_means_and_spreads(results):
    found, _ = results
    runs = found["systems"]["vlp-tiny"]
    twice = json.loads(json.dumps(runs["0"]))
    runs["0"]["after"]["names"]["with_regions"] = 0.25
    twice["after"]["names"]["with_regions"] = 0.75
    both = {**found, "systems": {"vlp-tiny": {"0": runs["0"], "1": twice}}}
    text = report(both)
    assert "| vlp-tiny | 50.0 ± 35.4 |" in text and "| – |" in text
    assert "24 training scenes from the source `drawn`, 8 names, 3 steps" in text


def test_runs_of_another_recipe_are_refused(results):
    other = Grid(GRID.systems, 1, 3, World(24, 8, "drawn"), 24, pool=6, jobs=1)
    folder = other.folder / "vilbert-tiny-seed-0"
    record = json.loads((folder / "recipe.json").read_text())
    kept = json.dumps(record)
    record["seed"] = 7
    (folder / "recipe.json").write_text(json.dumps(record))
    with pytest.raises(RecipeError, match="holds a run of another recipe"):
        ablate(other)
    (folder / "recipe.json").write_text(kept)


def test_unknown_systems_are_named():
    with pytest.raises(RecipeError, match="no systems lxmert-tiny; there are vilbert-tiny"):
        chosen(["lxmert-tiny", "uniter-tiny"])
    assert chosen([]) == SYSTEMS


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_recipes_survive_json_and_give_a_model_of_this_data(system, results):
    recipe = pretraining_recipe(system, steps=2, world=WORLD)
    assert Recipe.from_json(recipe.as_json()) == recipe
    model, batch = recipe.model(), recipe.data().batch(0)
    scored = model(batch, torch.Generator().manual_seed(0))
    assert torch.isfinite(scored.total) and scored.total.requires_grad


@pytest.mark.parametrize("system", GRID.systems, ids=lambda system: system.name)
def test_a_run_shows_its_attention(system, results, tmp_path):
    recipe = pretraining_recipe(system, steps=2, world=WORLD)
    kinds = [event.kind for event in train(recipe, tmp_path / "run")]
    assert "probe" in kinds and "warning" not in kinds
    import widgets

    record = widgets.AttentionRecord.load(next((tmp_path / "run" / "probes").glob("*.npz")))
    assert len(record.words) > 3 and record.attention.shape[-1] >= len(record.words)


def test_the_command_line_knows_them(capsys):
    assert set(cli.recipes()) >= {system.name for system in SYSTEMS}
    assert cli.main(["ablate", "lxmert-tiny"]) == 2
    assert "no systems lxmert-tiny" in capsys.readouterr().err


def test_scenes_that_were_never_prepared_are_told_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
    assert cli.main(["pretrain", "vilbert-tiny", "--fast"]) == 2
    assert "were not extracted yet" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_names_are_found_as_whole_words():
    names = ["cat", "owl", "polar bear", "bear"]
    assert names_in("an owl, a polar bear and two cats.", names) == {"owl", "polar bear"}
