"""Guesses for what is hidden are those of a forward pass by hand, for every kind of model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from tests.properties.batches import CLASSES, MASK, make_batch, make_uniter
from tests.properties.everything import MIXES
from widgets import GuessRecord, GuessView
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.explain import trained_models
from workbench.explain.guesses import guesses, guesses_at, guesses_over
from workbench.explain.hiding import Hidden, every_region, every_word, whole_word
from workbench.explain.learning import checkpoints_of
from workbench.explain.questions import masked_language
from workbench.explain.region_guesses import RegionNames
from workbench.explain.shown import Shown
from workbench.objectives.masked_regions import RegionClass, RegionDistribution
from workbench.objectives.mixing import Alternate
from workbench.patterns import BIDIRECTIONAL
from workbench.systems import vlp
from workbench.training import checkpoint, record
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.model import Pretraining
from workbench.training.recipe import Recipe, call
from workbench.training.run import Run

torch.set_num_threads(1)
PICTURE = np.zeros((4, 6, 3), dtype=np.uint8)
WORDS = ("[CLS]", "play", "##ful", "dog", "##s", ".", "[SEP]")
NAMES = tuple(f"thing {i}" if i % 2 else "" for i in range(CLASSES))


def spelt(ids: list[int]) -> list[str]:
    return [f"piece {i}" for i in ids]


@pytest.fixture(scope="module")
def shown() -> Shown:
    batch = make_batch([len(WORDS)], [4], seed=3)  # words of two pieces: 0 0 1 1 2
    return Shown(batch, WORDS, PICTURE, ("sun", "ball", "tree", "sky"), "playful dogs.")


@pytest.fixture(scope="module")
def model():
    return make_uniter()


@torch.no_grad()
def by_hand(model, shown: Shown, words=(), regions=(), without=None) -> tuple:
    """Vocabulary and class probabilities of all rows, from one pass over one pair."""
    broken = shown.with_words_hidden(words, MASK) if words else shown
    broken = broken.with_regions_hidden(regions) if regions else broken
    batch = broken.batch
    batch = batch.without_regions() if without == "picture" else batch
    batch = batch.without_text() if without == "words" else batch
    seen = model.encoder(batch)
    found = model.mix.found()
    vocabulary = found["mlm"].head(seen.text).double().softmax(-1).numpy()
    return vocabulary, found["mrc"].head(seen.regions).double().softmax(-1).numpy(), seen


def test_every_word_in_turn_equals_a_pass_for_each(model, shown):
    told = guesses(model, shown, every_word(shown), spelt, top=6, step=30)
    assert told.places.tolist() == [1, 2, 3, 4, 5] and told.turns.tolist() == [0, 0, 1, 1, 2]
    assert told.steps.tolist() == [30] and set(told.kinds) == {"word"}
    ids = shown.batch.text.ids.numpy()
    for place, row in enumerate(told.places):
        words = whole_word(shown, int(row)).words
        for side, without in enumerate((None, "picture")):
            own = by_hand(model, shown, words, without=without)[0][row]
            np.testing.assert_allclose(told.truth_chance[0, side, place], own[ids[row]], atol=1e-6)
            best = np.argsort(-own)[:6]
            np.testing.assert_allclose(told.chance[0, side, place], own[best], atol=1e-6)
            assert told.top[0, side, place].tolist() == spelt(best.tolist())
            assert told.truth_rank[0, side, place] == 1 + (own > own[ids[row]]).sum()
    assert not np.allclose(told.chance[0, 0], told.chance[0, 1], atol=1e-3)
    assert GuessView(told).choice().groups == [[0, 1], [2, 3], [4]]


def test_regions_by_class_with_and_without_the_words(model, shown):
    names = RegionNames(classes=NAMES)
    told = guesses(model, shown, every_region(shown), spelt, regions=names)
    assert set(told.kinds) == {"class"} and told.places.tolist() == [7, 8, 9, 10]
    truth = shown.batch.regions.classes[:, 1:].argmax(-1).numpy() + 1
    for region in range(4):
        for side, without in enumerate((None, "words")):
            own = by_hand(model, shown, (), (region,), without)[1][region]
            chance = told.truth_chance[0, side, region]
            np.testing.assert_allclose(chance, own[truth[region]], atol=1e-6)
            named = [NAMES[i] or f"class {i}" for i in np.argsort(-own)[:5]]
            assert told.top[0, side, region].tolist() == named
    assert told.truth == tuple(NAMES[i] or f"class {i}" for i in truth)
    other = guesses(model, shown, every_region(shown), spelt)
    assert other.truth[0] == f"class {truth[0]}", "names of another detector are not used"


def test_regions_by_features_among_those_of_this_and_other_pictures(model, shown):
    others = torch.randn(3, shown.batch.regions.features.shape[1], generator=torch.manual_seed(1))
    names = RegionNames(by_features=True, others=others, other_names=("moon", "cat", "car"))
    told = guesses(model, shown, [Hidden(regions=(2,))], spelt, top=9, regions=names)
    assert told.kinds == ("region",) and told.truth == ("region 2 (tree)",)
    assert told.top.shape[-1] == 7 and "moon" in told.top[0, 0, 0]
    task = model.mix["mrfr"]
    with torch.no_grad():
        [guess] = task.head(by_hand(model, shown, (), (2,))[2].regions[2:3])
    choices = torch.cat([shown.batch.regions.features, others])
    own = (-(choices - guess).square().mean(-1)).double().softmax(-1).numpy()
    np.testing.assert_allclose(told.truth_chance[0, 0, 0], own[2], atol=1e-6)
    np.testing.assert_allclose(told.chance[0, 0, 0], np.sort(own)[::-1], atol=1e-6)
    assert told.truth_rank[0, 0, 0] == 1 + (own > own[2]).sum()
    beside = RegionNames.beside([shown, dataclasses.replace(shown, labels=())])
    again = guesses(model, shown, [Hidden(regions=(2,))], spelt, top=12, regions=beside)
    assert again.top.shape[-1] == 12 and again.truth_rank[0, 0, 0] >= 3, "itself is there thrice"
    assert {"region 2 (tree) of picture 1", "region 2 of picture 2"} <= set(again.top[0, 0, 0])
    with pytest.raises(ValueError, match="3 other regions were given 0 names"):
        RegionNames(others=others)


def test_words_and_regions_hidden_together(model, shown):
    both = Hidden((3, 1), (3, 0))
    told = guesses(model, shown, [both, Hidden((5,))], spelt, top=40)
    assert told.places.tolist() == [1, 3, 7, 10, 5] and told.turns.tolist() == [0, 0, 0, 0, 1]
    assert told.kinds == ("word", "word", "class", "class", "word")
    assert told.top.shape[-1] == 40 and (told.top[0, :, 2, CLASSES:] == "").all()
    assert (told.chance[0, :, 2, CLASSES:] == 0).all()
    ids = shown.batch.text.ids
    vocabulary, classes, _ = by_hand(model, shown, (1, 3), (0, 3))
    np.testing.assert_allclose(told.truth_chance[0, 0, 1], vocabulary[3, ids[3]], atol=1e-6)
    np.testing.assert_allclose(told.chance[0, 0, 3, 0], classes[3].max(), atol=1e-6)
    alone = by_hand(model, shown, (1, 3), (0, 3), "picture")[0]
    np.testing.assert_allclose(told.truth_chance[0, 1, 0], alone[1, ids[1]], atol=1e-6)
    assert GuessView(told, place=3).sentence().startswith("Region 3 (sky) is hidden.")


def test_what_cannot_be_asked_is_explained(model, shown):
    with pytest.raises(ValueError, match="nothing is hidden"):
        guesses(model, shown, [Hidden()], spelt)
    with pytest.raises(IndexError, match="no word 7: this pair has words 0 to 6"):
        guesses(model, shown, [Hidden((7,))], spelt)
    with pytest.raises(IndexError, match="no region 4"):
        guesses(model, shown, [Hidden(regions=(4,))], spelt)
    with pytest.raises(IndexError, match="no word -1"):
        whole_word(shown, -1)
    with pytest.raises(ValueError, match="no model to ask"):
        guesses_at([], shown, [Hidden((1,))], spelt)
    assert whole_word(shown, 0) == Hidden((0,)), "a special token has no other pieces"


def test_a_model_of_seq2seq_alone_sees_the_words_before(shown):
    torch.manual_seed(0)
    sizes = SingleStreamSizes(24, 2, 3, 48, 50, 32, 12, CLASSES, segments=6, eps=1e-5)
    both = vlp.pretraining(sizes, MASK, 3, (5, 50)).eval()
    model = Pretraining(both.encoder, Alternate([both.mix["seq2seq"]], [1.0]))
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
    told = guesses(model, shown, [Hidden((3,))], spelt)
    later = shown.batch.text.ids.clone()
    later[5] = 40
    text = dataclasses.replace(shown.batch.text, ids=later)
    changed = dataclasses.replace(shown, batch=dataclasses.replace(shown.batch, text=text))
    same = guesses(model, changed, [Hidden((3,))], spelt)
    np.testing.assert_allclose(told.chance, same.chance, atol=1e-7)
    seeing = [guesses(both, one, [Hidden((3,))], spelt).chance for one in (shown, changed)]
    assert not np.allclose(*seeing, atol=1e-4), "one that reads both ways sees the change"
    with pytest.raises(ValueError, match="not trained to guess hidden regions"):
        guesses(model, shown, every_region(shown), spelt)


def test_over_the_checkpoints_of_a_run(shown, tmp_path):
    recipe = Recipe(
        name="small",
        model=call(make_uniter),
        data=call(make_batch, text_lengths=[3], region_lengths=[2]),
        steps=9,
    )
    folder = RunFolder(tmp_path / "run")
    record.create(folder, recipe, "local")
    run = Run(folder)
    with pytest.raises(RunError, match="no whole checkpoint yet"):
        next(checkpoints_of(run))
    models = {step: make_uniter(seed=step) for step in (2, 4, 9)}
    for step, one in models.items():
        checkpoint.save(folder, step, one, {})
    told = guesses_over(run, shown, [Hidden((3, 4))], spelt)
    assert told.steps.tolist() == [2, 4, 9] and told.chance.shape == (3, 2, 2, 5)
    for moment, one in enumerate(models.values()):
        alone = guesses(one, shown, [Hidden((3, 4))], spelt)
        np.testing.assert_allclose(told.truth_chance[moment], alone.truth_chance[0], atol=1e-7)
        assert told.top[moment].tolist() == alone.top[0].tolist()
    with pytest.raises(RunError, match="keeps no average"):
        next(checkpoints_of(run, averaged=True))
    named = dict(trained_models.checkpoints_of(run, [4, 9]))
    assert list(named) == ["step 4", "step 9"]
    for step, one in zip((4, 9), named.values(), strict=True):  # each a model of its own
        wanted = models[step].state_dict()
        assert all(torch.equal(wanted[name], value) for name, value in one.state_dict().items())
    with pytest.raises(ValueError, match="no whole checkpoint at step 5; there are 2, 4, 9"):
        next(trained_models.checkpoints_of(run, [5]))
    told.save(tmp_path / "guesses.npz")
    assert GuessRecord.load(tmp_path / "guesses.npz").steps.tolist() == [2, 4, 9]


def test_training_mode_is_left_as_it_was(shown):
    model = make_uniter().train()
    first, second = (guesses(model, shown, [Hidden((3,))], spelt) for _ in range(2))
    assert model.training
    np.testing.assert_array_equal(first.chance, second.chance, "dropout was on")


@pytest.mark.parametrize("system", MIXES)
@torch.no_grad()
def test_every_system_is_asked_as_it_was_trained(system, shown):
    torch.manual_seed(0)
    model = MIXES[system]().eval()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
    task, ids = masked_language(model), shown.batch.text.ids.tolist()
    told = guesses(model, shown, [*every_word(shown), Hidden((1, 5))], spelt)
    broken = shown.with_words_hidden((1, 5), MASK).batch
    for side, batch in enumerate((broken, broken.without_regions())):
        own = task.head(model.encoder(batch, BIDIRECTIONAL).text).double().softmax(-1)
        expected = [float(own[row, ids[row]]) for row in (1, 5)]
        np.testing.assert_allclose(told.truth_chance[0, side, -2:], expected, atol=1e-6)
    found = model.mix.found().values()
    recovering = [one for one in found if isinstance(one, RegionClass | RegionDistribution)]
    if not recovering:
        with pytest.raises(ValueError, match="not trained to guess hidden regions"):
            guesses(model, shown, every_region(shown), spelt)
        return
    told = guesses(model, shown, every_region(shown), spelt, top=CLASSES)
    hidden = shown.with_regions_hidden((2,)).batch
    for side, batch in enumerate((hidden, hidden.without_text())):
        own = recovering[0].head(model.encoder(batch).regions).double().softmax(-1)[2]
        best = own.sort(descending=True).values.numpy()
        np.testing.assert_allclose(told.chance[0, side, 2], best, atol=1e-6)
