"""Pointing on drawn scenes: every number as a slow count over attention records gives it."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import sys

import numpy as np
import pytest
import torch

from workbench.explain.attention import attention_on
from workbench.explain.pointing import Pointing
from workbench.explain.questions import word_question
from workbench.explain.relevance import relevance
from workbench.explain.rollout import rollout
from workbench.launchpad.mixed import mixed_stream
from workbench.quickstart import pointing
from workbench.quickstart.probe import shown_in
from workbench.quickstart.stream import scene_stream
from workbench.quickstart.systems import SYSTEMS, World, pretraining_recipe
from workbench.training.recipe import call
from workbench.training.run import Run

torch.set_num_threads(1)
WORLD = World(count=8, source="drawn")


@pytest.fixture(scope="module", autouse=True)
def home(eight_scenes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(eight_scenes))
        yield


@pytest.fixture(scope="module")
def stream(home):
    return scene_stream(count=8, source="drawn", mirror=False)


def recipe_of(name):
    system = next(one for one in SYSTEMS if one.name == name)
    return pretraining_recipe(system, steps=2, world=WORLD)


def model_of(name):
    torch.manual_seed(0)
    return recipe_of(name).model().eval()


def test_names_that_one_object_bears(stream):
    found = pointing.names_in(stream)
    scenes = {scene.key: scene for scene in stream.scenes.scenes()}
    names = 0
    for number, example in enumerate(stream.examples):
        objects = [item.name for item in scenes[example.image].objects]
        for span in example.spans:
            single = span.role == "name" and objects.count(objects[span.object]) == 1
            names += single
            if single:
                told = next(n for n in found if (n.example, n.region) == (number, span.object))
                pieces = stream.tokenizer.pieces(stream.take([number]).text.ids)
                word = "".join(pieces[row].removeprefix("##") for row in told.words)
                assert word == example.sentence[span.start : span.end].replace(" ", "").lower()
    assert len(found) == names > 10


def first_of(stream, count):
    """The stream's first examples alone."""
    few = copy.copy(stream)
    few.examples = stream.examples[:count]
    return few


def counted(model, stream):
    """Hits both ways [2, L, H], and those of rollout and relevance, name by name and in loops."""
    scenes = {scene.key: scene for scene in stream.scenes.scenes()}
    hits, rolled, told, chance = [], [], [], []
    for one in pointing.names_in(stream):
        shown = shown_in(stream, one.example)
        record = attention_on(model, shown)
        start = len(record.words)
        regions = len(scenes[stream.examples[one.example].image].objects)
        places = [row for row in range(start) if not record.added[row]]
        rows = [places[row] for row in one.words]
        assert [record.words[row] for row in rows] == [shown.words[row] for row in one.words]

        def wins(weights, regions=regions, own=one.region):
            return max(range(regions), key=lambda region: weights[region]) == own

        def two_ways(head, rows=rows, start=start, regions=regions):
            there = [sum(head[row, start + r] for row in rows) for r in range(regions)]
            back = [sum(head[start + r, row] for row in rows) for r in range(regions)]
            return [wins(ways) if any(ways) else math.nan for ways in (there, back)]

        hits.append([[two_ways(head) for head in layer] for layer in record.attention])
        rolled.append(two_ways(rollout(record).attention[-1, 0])[0])
        told.append(wins(relevance(model, word_question(model, shown, one.words))[start:]))
        chance.append(1 / regions)
    heads = np.moveaxis(np.array(hits, dtype=float), -1, 1).mean(0)
    return heads, np.mean(rolled), np.mean(told), np.mean(chance), len(hits)


@pytest.mark.parametrize("name", ["uniter-tiny", "vilbert-tiny", "vlp-tiny", "unimo-tiny"])
def test_every_share_is_that_of_a_slow_count(name, stream):
    model, few = model_of(name), first_of(stream, 6)
    found = pointing.pointing(model, first_of(stream, 3), few, name)
    heads, *shares, names = counted(model, few)
    np.testing.assert_allclose(found.heads, heads)
    np.testing.assert_allclose(found.chosen_on, counted(model, first_of(stream, 3))[0])
    assert (found.rollout, found.relevance, found.chance) == pytest.approx(tuple(shares))
    assert (found.names, found.system) == (names, name)
    assert found.layer_names == attention_on(model, shown_in(stream, 0)).layer_names
    text_alone = name == "vilbert-tiny"
    assert np.isnan(found.heads).any() == text_alone and np.isfinite(found.heads).any()


def test_a_model_that_guesses_no_words_has_no_relevance(stream):
    model = model_of("uniter-tiny")
    del model.mix.by_name["mlm"]
    found = pointing.pointing(model, first_of(stream, 3), first_of(stream, 3))
    assert math.isnan(found.relevance) and "| – |" in pointing.table([found])


def test_a_run_is_shown_scenes_like_its_own(tmp_path, stream):
    recipe = recipe_of("uniter-tiny")
    mixed = call(mixed_stream, of=dataclasses.asdict(recipe.data), seed=0)
    for number, data in enumerate((recipe.data, mixed)):
        folder = tmp_path / str(number)
        folder.mkdir()
        told = dataclasses.replace(recipe, data=data).as_json()
        (folder / "recipe.json").write_text(json.dumps({**told, "record": {}}))
        found = pointing.scenes_of(Run.attach(folder), "train", 8)
        assert found.examples == stream.examples and not found.mirror


def test_the_table_and_what_is_said_without_a_run(monkeypatch, capsys, tmp_path):
    heads = np.array([[[0.25, 0.75]], [[0.5, 0.125]]])
    one = Pointing("uniter-tiny", ("block 1",), heads, heads, 0.5, 0.9, 0.4, 12)
    header, rule, row = pointing.table([one]).splitlines()
    assert header.count("|") == rule.count("|") == row.count("|") == 11
    assert row == (
        "| uniter-tiny | block 1, head 1, words → regions | 75.0 % | 75.0 % | 50.0 % "
        "| 40.6 % | 50.0 % | 90.0 % | 40.0 % | 12 |"
    )
    monkeypatch.setattr(sys, "argv", ["pointing", str(tmp_path / "nowhere")])
    assert pointing.main() == 1
    assert "holds no run" in capsys.readouterr().err
