"""What is measured of every system, on scenes that none has seen."""

from __future__ import annotations

import pytest
import torch

from tests.ablations.small import SETTING
from workbench.ablations.columns import IMAGE_R1, IMAGE_RETRIEVAL, NAMES, RIGHT, TEXT_RETRIEVAL
from workbench.ablations.measuring import measure, names, names_in, trained
from workbench.quickstart.systems import SYSTEMS
from workbench.training.loop import train
from workbench.training.recipe import Recipe


def system(name):
    return next(one for one in SYSTEMS if one.name == name)


@pytest.mark.parametrize("one", SYSTEMS, ids=lambda one: one.name)
def test_recipes_survive_json_and_give_a_model_of_this_data(one, home):
    recipe = SETTING.recipe(one, 0)
    assert Recipe.from_json(recipe.as_json()) == recipe
    model, batch = recipe.model(), recipe.data().batch(0)
    scored = model(batch, torch.Generator().manual_seed(0))
    assert torch.isfinite(scored.total) and scored.total.requires_grad


def test_every_system_is_asked_what_it_can_be_asked(home):
    found = {
        name: measure(SETTING.recipe(system(name), 0).model(), SETTING.examination, SETTING.pool)
        for name in ("vilbert-tiny", "vlp-tiny", "unimo-tiny")
    }
    assert found["vilbert-tiny"]["retrieval"]["by"] == "matching"
    assert found["unimo-tiny"]["retrieval"]["by"] == "contrast"
    writer = found["vlp-tiny"]
    assert writer["retrieval"] is None and writer["matching"] is None
    assert set(writer["captions"]) == {"named", "right", "ended"}
    for result in found.values():
        assert 0 <= result["names"]["with_regions"] <= 1 and result["objectives"]
        assert all(facts["loss"] > 0 for facts in result["objectives"].values())


def test_hidden_names_are_asked_as_they_were_trained(home):
    """Seq2seq alone never saw the words behind a blank: what stands there changes nothing."""
    stream, asked = SETTING.examination, {}
    for name in ("vlp-tiny", "vlp-tiny-seq2seq", "vlp-tiny-bidirectional"):
        model = SETTING.recipe(system(name), 0).model().eval()
        sources = []
        model.encoder.register_forward_pre_hook(
            lambda _, given, seen=sources: seen.append(given[1].source is not None)
        )
        names(model, stream, stream.take)
        asked[name] = set(sources)
        assert trained(model.mix) == EXPECTED[name]
    assert asked["vlp-tiny"] == asked["vlp-tiny-bidirectional"] == {False}
    assert asked["vlp-tiny-seq2seq"] == {True}


EXPECTED = {
    "vlp-tiny": {"seq2seq", "mlm"},
    "vlp-tiny-seq2seq": {"seq2seq"},
    "vlp-tiny-bidirectional": {"mlm"},
}


def test_columns_read_results():
    ways = {"r1": 0.1, "r5": 0.5, "r10": 0.9}
    result = {
        "names": {"with_regions": 0.25, "without_regions": 0.0},
        "retrieval": {"image": ways, "text": {**ways, "r1": 0.4}},
        "captions": None,
    }
    assert NAMES.of(result) == 0.25 and IMAGE_R1.of(result) == 0.1 and RIGHT.of(result) is None
    assert IMAGE_RETRIEVAL.of(result) == pytest.approx(0.5)
    assert TEXT_RETRIEVAL.of(result) == pytest.approx(0.6)
    assert IMAGE_RETRIEVAL.of({**result, "retrieval": None}) is None


@pytest.mark.parametrize("name", ["vilbert-tiny", "vlp-tiny", "unimo-tiny"])
def test_a_run_shows_its_attention(name, home, tmp_path):
    from workbench.quickstart.systems import pretraining_recipe

    recipe = pretraining_recipe(system(name), steps=2, world=SETTING.world)
    kinds = [event.kind for event in train(recipe, tmp_path / "run")]
    assert "probe" in kinds and "warning" not in kinds
    import widgets

    record = widgets.AttentionRecord.load(next((tmp_path / "run" / "probes").glob("*.npz")))
    assert len(record.words) > 3 and record.attention.shape[-1] >= len(record.words)


def test_names_are_found_as_whole_words():
    known = ["cat", "owl", "polar bear", "bear"]
    assert names_in("an owl, a polar bear and two cats.", known) == {"owl", "polar bear"}
