"""Choices over composed scenes mean what the recipes over them meant before."""

from __future__ import annotations

import dataclasses

import pytest

from tests.launchpad.test_composing import same_whichever_way
from workbench.launchpad import Choice, recipe_of
from workbench.launchpad.data import ready
from workbench.launchpad.problems import notes
from workbench.quickstart.recipes import uniter_tiny
from workbench.quickstart.systems import SYSTEMS as PRESETS
from workbench.quickstart.systems import World, pretraining_recipe

PICTURES = 8


@pytest.fixture(scope="module", autouse=True)
def home(eight_scenes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(eight_scenes))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        yield


def test_data_is_ready_once_it_was_prepared(tmp_path, monkeypatch):
    assert ready("scenes") and ready("scenes-hard", PICTURES) and not ready("scenes", 240)
    assert ready("noise") and not ready("stamps")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    assert not ready("scenes")


@pytest.mark.parametrize("data", ["scenes", "scenes-hard"])
def test_line_and_cell_are_the_choice(data):
    same_whichever_way(Choice(data=data, pictures=PICTURES, fast=data == "scenes", seed=3))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_names_that_were_known_before_mean_what_they_meant(preset):
    chose = recipe_of(Choice.named(preset.name, pictures=PICTURES))
    before = pretraining_recipe(preset, world=World(count=PICTURES))
    theirs = {"ratios": before.model.arguments.get("ratios"), **before.model.arguments}
    for name, value in chose.model.arguments.items():
        default = {"seq2seq": 0.75, "contrastive": True}.get(name)
        assert theirs.get(name, default) == value, name
    mine, other = chose.data(), before.data()
    assert mine.fingerprint() == other.fingerprint()
    assert chose.optimisation == dataclasses.replace(
        before.optimisation, warmup_steps=chose.optimisation.warmup_steps
    )


def test_the_default_is_the_run_of_make_start():
    chose, start = recipe_of(Choice(pictures=PICTURES)), uniter_tiny(scenes=PICTURES)
    assert chose.data().fingerprint() == start.data().fingerprint()
    same = ("steps", "optimisation", "seed", "precision", "threads", "checkpoint_every")
    for name in same:
        assert getattr(chose, name) == getattr(start, name), name
    hard = recipe_of(Choice.named("uniter-tiny-hard", pictures=PICTURES))
    before = uniter_tiny(scenes=PICTURES, hard=True)
    assert hard.data().fingerprint() == before.data().fingerprint()
    assert hard.model.arguments["ratios"] == before.model.arguments["ratios"]


def test_what_hinders_relations_is_noted():
    asked = {"mlm": 1.0, "mrfr": 1.0}
    said = notes(Choice(data="scenes-hard", pictures=PICTURES, objectives=asked))
    assert "mrfr take steps from them (decision 0007)" in said[0]
    assert notes(Choice(data="scenes-hard", pictures=PICTURES)) == []
