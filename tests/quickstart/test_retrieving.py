"""Retrieval runs of untrained models over composed scenes: scores, details and rewritings."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from workbench.explain.questions import matching_question
from workbench.metrics.retrieval import both_ways
from workbench.quickstart.retrieving import details, opposites, retrieve_scenes, shown_pair
from workbench.quickstart.stream import scene_stream
from workbench.quickstart.systems import SYSTEMS, World, pretraining_recipe
from workbench.retrieval.contrast import contrast_table
from workbench.retrieval.matching import match_scores, pair_table
from workbench.retrieval.scorer import scorer_of

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


def model_of(name):
    system = next(one for one in SYSTEMS if one.name == name)
    torch.manual_seed(0)
    return pretraining_recipe(system, steps=2, world=WORLD).model().eval()


@pytest.fixture(scope="module")
def run(stream):
    everything = list(range(len(stream.examples)))
    return retrieve_scenes(model_of("uniter-tiny"), stream, everything, called="untrained")


def test_scores_are_those_of_every_pair_by_itself(run, stream):
    model = model_of("uniter-tiny")
    assert run.kind == "matching lead" and run.model == "untrained" and run.seconds > 0
    assert run.scores.shape == (len(stream.examples), 8) and len(set(run.owner)) == 8
    own = match_scores(model.encoder, model.mix["itm"], stream.take(list(range(24))))
    np.testing.assert_allclose(run.scores[np.arange(24), run.owner], own.numpy(), atol=1e-4)
    picture = stream.take([0]).regions
    for sentence in (5, 20):
        text = stream.take([sentence])
        beside = dataclasses.replace(text, regions=picture)
        alone = match_scores(model.encoder, model.mix["itm"], beside)
        first = run.pictures.index(stream.examples[0].image)
        np.testing.assert_allclose(run.scores[sentence, first], alone.numpy()[0], atol=1e-4)
    recall = both_ways(run.scores, run.owner)
    assert run.recall(1) == pytest.approx(recall["image"]["r1"])


def test_one_listing_a_scene_gives_the_square_table(stream):
    listed = {e.image: n for n, e in enumerate(stream.examples) if e.kind == "list"}
    model = model_of("uniter-tiny")
    run = retrieve_scenes(model, stream)
    assert len(run.texts) == len(run.pictures) == len(listed)
    assert run.owner.tolist() == list(range(len(listed)))
    first = {}
    for number, example in enumerate(stream.examples):
        if example.kind == "list":
            first.setdefault(example.image, number)
    table = pair_table(model.encoder, model.mix["itm"], stream.take(list(first.values())), 7)
    np.testing.assert_allclose(run.scores, table, atol=1e-4)


def test_a_contrast_is_asked_by_its_own_similarity(stream):
    model = model_of("unimo-tiny")
    chosen = [0, 3, 6]
    run = retrieve_scenes(model, stream, chosen)
    assert run.kind == "contrast cosine"
    objective = next(iter(o for o in model.mix.found().values() if o.name == "cmcl"))
    table = contrast_table(model.encoder, objective, stream.take(chosen))
    np.testing.assert_allclose(run.scores, table, atol=1e-5)
    scorer = scorer_of(model)
    batch = stream.take([0, 3, 6])
    np.testing.assert_allclose(scorer.own(batch), np.diagonal(table), atol=1e-5)


def test_a_model_that_can_tell_neither_says_what_it_has(stream):
    with pytest.raises(
        ValueError, match=r"trained to match .* this one has the objectives seq2seq, mlm"
    ):
        retrieve_scenes(model_of("vlp-tiny"), stream, [0, 3])


def test_pictures_come_with_their_boxes_and_names(run, stream):
    scenes = {scene.key: scene for scene in stream.scenes.scenes()}
    assert run.thumbnails.shape == (8, 128, 160, 3)
    for number, name in enumerate(run.pictures):
        scene = scenes[name]
        assert run.labels_of[number] == tuple(item.name for item in scene.objects)
        mine = run.boxes[run.label_owner == number]
        np.testing.assert_allclose(mine, [item.box for item in scene.objects], atol=1e-6)


def test_a_picture_lacks_nothing_that_is_said_of_it(run):
    own = run.lacking[np.arange(len(run.details)), run.owner[run.details[:, 0]]]
    assert len(own) > 30 and not own.any()
    for (sentence, start, end), lacks in zip(run.details.tolist(), run.lacking, strict=True):
        word = run.texts[sentence][start:end]
        for picture, labels in enumerate(run.labels_of):
            if word in labels:
                assert not lacks[picture], (word, labels)
            if word in stream_names(run) and word not in labels:
                assert lacks[picture]


def stream_names(run):
    return {label for label in run.labels}


def test_details_of_every_kind_are_judged(stream):
    hard = scene_stream(count=8, source="drawn", mirror=False, hard=True)
    for one in (stream, hard):
        scenes = one.scenes.scenes()
        owner = [int(e.image.rsplit("-", 1)[1]) for e in one.examples]
        found = details(one.scenes, one.examples, owner, scenes)
        own = found.lacking[np.arange(len(found.places)), np.array(owner)[found.places[:, 0]]]
        assert not own.any() and found.lacking.mean() > 0.5


def test_rewritten_captions_are_scored_beside_their_own_picture(run, stream):
    model = model_of("uniter-tiny")
    groups = opposites(stream.scenes)
    assert len(run.probes) >= 24
    for number in (0, len(run.probes) - 1):
        owner = int(run.probe_owner[number])
        start, end, new, stop = run.probe_spans[number].tolist()
        word, other = run.texts[owner][start:end], run.probes[number][new:stop]
        assert any(word in g and other in g for g in groups[run.probe_kinds[number]])
        text = stream.tokenizer.encode([run.probes[number]])
        changed = dataclasses.replace(stream.take([owner]), text=text)
        alone = match_scores(model.encoder, model.mix["itm"], changed).numpy()[0]
        np.testing.assert_allclose(run.probe_scores[number], alone, atol=1e-4)
    for number, owner in enumerate(run.probe_owner):
        if run.probe_kinds[number] == "name":
            new = run.probes[number][slice(*run.probe_spans[number][2:])]
            assert new not in run.labels_of[run.owner[owner]]


@pytest.mark.parametrize("opened", [(4, 1), (4, 6), (20, 0)])
def test_an_opened_pair_is_the_one_that_was_scored(run, stream, opened):
    model, everything = model_of("uniter-tiny"), list(range(len(stream.examples)))
    shown = shown_pair(stream, opened, everything)
    assert shown.sentence == run.texts[opened[0]] and len(shown.words) > 3
    assert shown.labels == run.labels_of[opened[1]]
    assert bool(shown.batch.matched[0]) == (run.owner[opened[0]] == opened[1])
    with torch.no_grad():
        score = matching_question(model, shown).score(model.encoder(shown.batch))
    np.testing.assert_allclose(score.numpy()[0], run.scores[opened], atol=1e-4)


def test_an_opened_pair_that_is_not_there_is_refused(stream):
    with pytest.raises(IndexError):
        shown_pair(stream, (0, 99), [0, 3, 6])
