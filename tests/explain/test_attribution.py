"""Attribution: what an answer rests on, by hand, by the axioms, and on every system."""

import builtins
import dataclasses

import numpy as np
import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, MASK, VOCABULARY, make_batch, seeded
from tests.properties.everything import MIXES, widened
from widgets import AttributionRecord
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.explain import attribution
from workbench.explain.attribution import Asked, attributions
from workbench.explain.curves import removal_curves
from workbench.explain.embedded import Embedded
from workbench.explain.layer_attribution import layer_attributions
from workbench.explain.questions import Question, matching_question, word_question
from workbench.explain.removal import Removal
from workbench.explain.shown import Shown
from workbench.objectives.mixing import Together
from workbench.systems import tiny, tiny_unimo, tiny_vilbert, tiny_vlp, uniter, vilbert
from workbench.training.model import Pretraining

torch.set_num_threads(1)
WORDS = ("[CLS]", "a", "red", "ball", "here", "[SEP]")
LABELS = ("sun", "ball", "tree", "sky")
PICTURE = np.zeros((4, 6, 3), dtype=np.uint8)
NUMBERS = {
    "vocabulary": VOCABULARY,
    "feature_size": FEATURES,
    "classes": CLASSES,
    "mask_id": MASK,
    "random_range": (5, VOCABULARY),
}
TINY = {
    "uniter": lambda: tiny.uniter_tiny(**NUMBERS),
    "vilbert": lambda: tiny_vilbert.vilbert_tiny(**NUMBERS),
    "vlp": lambda: tiny_vlp.vlp_tiny(**NUMBERS),
    "unimo": lambda: tiny_unimo.unimo_tiny(**NUMBERS, start_id=2, end_id=3),
}


def shown(seed: int = 0) -> Shown:
    return Shown(make_batch([6], [4], seed), WORDS, PICTURE, LABELS, "a red ball here")


def question_to(model, pair: Shown) -> Question:
    """Whether the pair matches, or for a model that cannot tell, which word is hidden."""
    try:
        return matching_question(model, pair)
    except ValueError:
        return word_question(model, pair, [3])


def asked(model, question: Question) -> Asked:
    embedded = Embedded(model.encoder, question)
    return Asked(model, question, embedded, Removal(question, embedded.rows, MASK))


def by_hand(model, question: Question, changed: Shown) -> float:
    with torch.no_grad():
        return float(question.score(model.encoder(changed.batch))[0])


@pytest.mark.parametrize("name", TINY)
def test_every_tiny_system_is_explained(name):
    torch.manual_seed(1)
    model = TINY[name]().eval()
    question = question_to(model, shown())
    record = attributions(model, question)
    assert record.methods == tuple(method.name for method in attribution.METHODS)
    assert record.question == question.says and record.unit == question.unit
    assert record.score == pytest.approx(by_hand(model, question, question.shown), abs=1e-4)
    gap = record.score - record.baseline
    assert abs(record.values[0].sum() - gap) == pytest.approx(abs(record.deltas[0]), abs=1e-4)
    assert abs(record.deltas[0]) < max(0.02 * abs(gap), 1e-3)
    assert np.isnan(record.deltas[1:]).all()
    np.testing.assert_allclose(record.layers.sum(1), gap, atol=max(0.02 * abs(gap), 1e-3))
    assert record.layer_names[0] == "input" and len(record.layer_names) == len(record.layers)
    np.testing.assert_allclose(record.layers[0], record.values[0], atol=5e-3)
    assert record.fixed[0] and record.fixed[len(record.words) - 1]
    assert not record.values[:2, record.fixed].any(), "what stays has no share"
    assert record.values[-1].sum() == pytest.approx(1, abs=1e-5)
    assert record.values[3].min() >= 0 and record.values[3].any()
    assert len(record.boxes) == len(record.labels) >= 4


@pytest.mark.parametrize("name", ["uniter", "vilbert", "vlp", "unimo-without-contrast"])
def test_integrated_gradients_are_complete_where_scores_are_wild(name):
    model = widened(MIXES[name]())
    case = asked(model, question_to(model, shown()))
    found = attribution.integrated_gradients(case, steps=(100, 200))
    score, nothing = case.removal.scores(model.encoder, [(), case.removal.removable])
    assert found.values.sum() - (score - nothing) == pytest.approx(found.delta, abs=1e-4)
    assert abs(found.delta) < 0.03 * max(1, abs(score - nothing))
    _, layers = layer_attributions(case.embedded, case.nothing, case.given, steps=192)
    np.testing.assert_allclose(layers.sum(1), score - nothing, atol=0.03)


def linear(encoder) -> tuple[Question, torch.Tensor, torch.Tensor]:
    """A question whose score is a planted linear function of an encoder without blocks."""
    text = torch.randn(6, encoder.widths.text, generator=seeded(1))
    regions = torch.randn(4, encoder.widths.regions, generator=seeded(2))

    def score(encoding):
        words = encoding.text.unflatten(0, (-1, 6)) * text
        seen = encoding.regions.unflatten(0, (-1, 4)) * regions
        return words.sum((1, 2)) + seen.sum((1, 2))

    return Question("How much?", "units", shown(), score), text, regions


STREAM = (24, 2, 32, 20, 2, 24, 16, 2)
BLOCKLESS = {
    "one stream": lambda: uniter.encoder(
        SingleStreamSizes(24, 0, 3, 48, VOCABULARY, 32, FEATURES, CLASSES)
    ),
    "two streams": lambda: vilbert.encoder(
        TwoStreamSizes("", *STREAM, VOCABULARY, 32, FEATURES, CLASSES)
    ),
}


@pytest.mark.parametrize("name", BLOCKLESS)
def test_a_linear_score_gives_weight_times_input(name):
    torch.manual_seed(0)
    model = Pretraining(BLOCKLESS[name](), MIXES["uniter"]().mix).eval()
    question, text, regions = linear(model.encoder)
    case = asked(model, question)
    leads = case.embedded.rows.leads
    (words, seen), (no_words, nothing_seen) = case.given, case.nothing
    weights = torch.cat([torch.zeros(leads, regions.shape[1]), regions])  # the whole is not read
    expected = case.by_row(text * (words - no_words), weights * (seen - nothing_seen))
    assert np.abs(expected).max() > 0.1
    found = attribution.integrated_gradients(case)
    np.testing.assert_allclose(found.values, expected, atol=1e-4)
    assert found.delta == pytest.approx(0, abs=1e-4)
    names, layers = layer_attributions(case.embedded, case.nothing, case.given)
    assert names == ("input",)
    np.testing.assert_allclose(layers[0], expected, atol=1e-4)
    slopes = attribution.input_times_gradient(case).values
    np.testing.assert_allclose(slopes, case.by_row(text * words, weights * seen), atol=1e-4)
    # a region's own feature alone is lost where nothing mixes rows
    np.testing.assert_allclose(attribution.occlusion(case).values, expected, atol=1e-4)


@pytest.mark.parametrize("name", ["uniter", "vilbert", "vlp", "unimo-without-contrast"])
def test_occlusion_is_what_asking_again_says(name):
    model = widened(MIXES[name]())
    question = question_to(model, shown())
    case = asked(model, question)
    rows, pair = case.embedded.rows, question.shown
    full = by_hand(model, question, pair)
    values = attribution.occlusion(case).values
    moved = int(rows.text > len(WORDS))  # VLP's own separator stands behind [CLS]
    word = full - by_hand(model, question, pair.with_words_hidden([2], MASK))
    assert values[2 + moved] == pytest.approx(word, abs=1e-5)
    region = full - by_hand(model, question, pair.with_regions_hidden([1]))
    assert values[rows.text + 1] == pytest.approx(region, abs=1e-5)
    assert abs(word) > 1e-3 and abs(region) > 1e-3
    if rows.leads:
        regions = dataclasses.replace(pair.batch.regions, whole=torch.zeros(1, FEATURES))
        batch = dataclasses.replace(pair.batch, regions=regions)
        whole = full - by_hand(model, question, dataclasses.replace(pair, batch=batch))
        assert values[-1] == pytest.approx(whole, abs=1e-5) and abs(whole) > 1e-4
    assert len(values) == rows.text + rows.regions + rows.leads


@pytest.mark.parametrize("name", ["uniter", "vilbert"])
def test_curves_lead_from_everything_to_nothing_and_back(name):
    model = widened(MIXES[name]())
    case = asked(model, question_to(model, shown()))
    removal = case.removal
    size = len(removal.fixed)
    values = np.stack([np.arange(size), -np.arange(size)]).astype(np.float64)
    curves = removal_curves(removal, model.encoder, values, seed=3)
    score, nothing = removal.scores(model.encoder, [(), removal.removable])
    for found, first, last in (
        (curves.deletion, score, nothing),
        (curves.insertion, nothing, score),
    ):
        assert found.shape == (3, len(removal.removable) + 1)
        np.testing.assert_allclose(found[:, 0], first, atol=1e-6)
        np.testing.assert_allclose(found[:, -1], last, atol=1e-6)
    assert curves.shares[0] == 0 and curves.shares[-1] == 1
    # taking rows from the end first is bringing them back from the front, read the other way
    np.testing.assert_allclose(curves.deletion[0], curves.insertion[1][::-1], atol=1e-6)
    last = removal.removable[-1]
    assert curves.deletion[0, 1] == pytest.approx(removal.scores(model.encoder, [(last,)])[0])
    again = removal_curves(removal, model.encoder, values, seed=3)
    np.testing.assert_array_equal(again.deletion, curves.deletion)
    other = removal_curves(removal, model.encoder, values, seed=4)
    assert (other.deletion[-1] != curves.deletion[-1]).any()
    short = removal_curves(removal, model.encoder, values, points=4)
    assert short.deletion.shape == (3, 4) and short.shares[-1] == 1


def test_the_layers_are_those_of_the_attention_record():
    model = widened(MIXES["vilbert"]())
    case = asked(model, question_to(model, shown()))
    names, _ = layer_attributions(case.embedded, case.nothing, case.given, steps=2)
    assert names == ("input", *case.attention.layer_names)


def test_what_the_question_hides_stays_hidden():
    model = widened(MIXES["uniter"]())
    record = attributions(model, word_question(model, shown(), [3]), curves=False, layers=False)
    assert record.words[3] == "[MASK]"
    assert np.flatnonzero(record.fixed).tolist() == [0, 3, 5]
    assert record.layers is None and record.deletion is None
    with pytest.raises(IndexError, match="row 3 cannot be taken away"):
        asked(model, word_question(model, shown(), [3])).removal.without([3])


def test_a_record_comes_back_from_its_file(tmp_path):
    model = widened(MIXES["uniter"]())
    record = attributions(model, question_to(model, shown()), attribution.METHODS[1:2])
    record.save(tmp_path / "why.npz")
    again = AttributionRecord.load(tmp_path / "why.npz")
    assert again.methods == record.methods and again.question == record.question
    np.testing.assert_array_equal(again.deletion, record.deletion)
    np.testing.assert_array_equal(again.layers, record.layers)


def test_the_model_is_left_as_it_was():
    model = MIXES["uniter"]().train()
    attributions(model, question_to(model, shown()), curves=False, layers=False)
    assert model.training and model.encoder.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model.encoder.inputs._forward_hooks


def test_a_missing_captum_is_named(monkeypatch):
    model = widened(MIXES["uniter"]())
    real = builtins.__import__

    def without(name, *given, **more):
        if name.startswith("captum"):
            raise ImportError(name)
        return real(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r'pip install "vl-workbench\[explain\]"'):
        attributions(model, question_to(model, shown()))
    assert attributions(model, question_to(model, shown()), [attribution.OCCLUSION]).score


def test_a_model_that_masks_no_words_says_so():
    whole = MIXES["uniter"]()
    model = Pretraining(whole.encoder, Together([whole.mix["itm"]])).eval()
    question, occlusion = matching_question(model, shown()), [attribution.OCCLUSION]
    with pytest.raises(ValueError, match="not trained to guess hidden words"):
        attributions(model, question, occlusion)
    record = attributions(model, question, occlusion, mask_id=MASK, curves=False, layers=False)
    assert np.flatnonzero(record.values[0]).tolist() == [1, 2, 3, 4, 6, 7, 8, 9]
