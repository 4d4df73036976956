"""A session over a real model and real scenes: every question is answered for every system."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import widgets
from workbench.objectives.matching import Matching
from workbench.quickstart.looking import SceneLook
from workbench.quickstart.stream import scene_stream
from workbench.quickstart.systems import SYSTEMS, World, pretraining_recipe
from workbench.retrieval.matching import match_scores

torch.set_num_threads(1)
WORLD = World(count=8, source="drawn")
FOUR = ("uniter-tiny", "vilbert-tiny", "vlp-tiny", "unimo-tiny")


@pytest.fixture(scope="module", autouse=True)
def home(eight_scenes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(eight_scenes))
        yield


@pytest.fixture(scope="module")
def stream(home):
    return scene_stream(count=8, source="drawn", mirror=False)


def look_of(stream, name: str) -> SceneLook:
    system = next(one for one in SYSTEMS if one.name == name)
    torch.manual_seed(0)
    model = pretraining_recipe(system, steps=2, world=WORLD).model()
    return SceneLook(model, stream, name=name)


@pytest.mark.parametrize("name", FOUR)
def test_a_session_answers_for_every_system(stream, name):
    look = look_of(stream, name)
    session = widgets.Session(look, pair=(0, 1))
    seen, guessed = session.attention, session.guesses
    session.pair = [2, 2]
    assert seen.record.title == guessed.record.title == look.shown(2, 2).sentence
    assert set(guessed.record.words) <= set(seen.record.words)
    rows = seen.record.attention.sum(-1)
    np.testing.assert_allclose(rows, np.ones_like(rows), atol=1e-5)
    seen.change = {"words": [1 + seen.record.added[1].item()], "regions": [0], "heads": [[0, 1]]}
    assert seen.problem == ""
    assert np.abs(seen.after.attention - seen.record.attention).max() > 1e-4
    assert len(look.embeddings().names) > 8 and look.embeddings().model == name
    explained = session.attribution
    matches = any(isinstance(one, Matching) for one in look.model.mix.found().values())
    assert explained.record.unit == ("logits" if matches else "log-probability")
    assert len(explained.record.words) == len(seen.record.words)
    seen.word = 4
    assert explained.word == 4


def test_an_opened_pair_is_the_one_that_retrieval_scored(stream):
    look = look_of(stream, "uniter-tiny")
    run, matching = look.retrieval(), look.model.mix["itm"]
    for pair in ((0, 0), (1, 3), (3, 1)):
        batch = look.shown(*pair).batch
        alone = match_scores(look.model.encoder, matching, batch).item()
        assert run.scores[pair] == pytest.approx(alone, abs=1e-4)
        assert look.attribution(*pair).score == pytest.approx(alone, abs=1e-4)
