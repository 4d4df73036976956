"""Relevance against a slow formula: gradients by nudging every weight, the rules written out."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, VOCABULARY, make_batch
from tests.properties.everything import MIXES, SIZES, widened
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.explain.attention import attention_on
from workbench.explain.questions import Question, matching_question, word_question
from workbench.explain.relevance import gradient_attention, relevance
from workbench.explain.rollout import rollout
from workbench.explain.shown import Shown
from workbench.layers import attention as layer
from workbench.pairs import PairBatch
from workbench.patterns import BIDIRECTIONAL
from workbench.systems import tiny, uniter, vilbert

torch.set_num_threads(1)
WORDS, REGIONS = ("[CLS]", "a", "ball", "[SEP]"), 2
SMALL = TwoStreamSizes("TCVTC", 8, 2, 12, 6, 1, 10, 8, 2, VOCABULARY, 32, FEATURES, CLASSES)


def exact(batch: PairBatch) -> PairBatch:
    regions = {
        field.name: value.double()
        for field in dataclasses.fields(batch.regions)
        if isinstance(value := getattr(batch.regions, field.name), torch.Tensor)
        and value.is_floating_point()
    }
    return dataclasses.replace(batch, regions=dataclasses.replace(batch.regions, **regions))


def shown() -> Shown:
    picture = np.zeros((4, 6, 3), dtype=np.uint8)
    batch = exact(make_batch([len(WORDS)], [REGIONS]))
    return Shown(batch, WORDS, picture, ("sun", "ball"), "a ball")


def small(name: str):
    """A model of two layers and of five, in float64 so that nudges tell."""
    mask, words = 4, (5, VOCABULARY)
    if name == "uniter":
        sizes = dataclasses.replace(SIZES, width=12, inner=16)
        return widened(uniter.pretraining(sizes, mask, words, variant=tiny.VARIANT)).double()
    return widened(vilbert.pretraining(SMALL, mask, words)).double()


def nudged(model, question: Question, monkeypatch) -> list[tuple[np.ndarray, np.ndarray]]:
    """Attention and its gradient by central differences, [H, q, k], in the order of calls."""
    plain, seen, target = layer._explicit, [], {}

    def explicit(query, key, value, hidden, dropout, weights):
        scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
        shares = scores.softmax(-1)
        number = target["calls"] = target.get("calls", -1) + 1
        if target.get("at", (-1,))[0] == number:
            shares = shares.clone()
            shares[(0, *target["at"][1:])] += target["by"]
        elif "at" not in target:
            seen.append(shares[0].detach().numpy().copy())
        weights.append(shares)
        return shares @ value

    def score() -> float:
        target["calls"] = -1
        with torch.no_grad():
            encoding = model.encoder(question.shown.batch, trace={})
            return float(question.score(encoding))

    monkeypatch.setattr(layer, "_explicit", explicit)
    score()
    gradients = []
    for number, weights in enumerate(seen):
        gradient = np.zeros_like(weights)
        for place in itertools.product(*map(range, weights.shape)):
            ends = []
            for by in (1e-5, -1e-5):
                target.update(at=(number, *place), by=by)
                ends.append(score())
            gradient[place] = (ends[0] - ends[1]) / 2e-5
        gradients.append((weights, gradient))
    monkeypatch.setattr(layer, "_explicit", plain)
    return gradients


def mean_of_positive(weights: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    return np.maximum(weights * gradient, 0).mean(0)


def evened(own: np.ndarray) -> np.ndarray:
    result = np.eye(len(own))
    for row in range(len(own)):
        rest = own[row] - np.eye(len(own))[row]
        if rest.sum() > 0:
            result[row] += rest / rest.sum()
    return result


def matching(model) -> Question:
    """The matching question, answered in float64."""

    def score(encoding):
        scores = model.mix["itm"].head(encoding.pair)
        return scores[:, 1] - scores[:, 0]

    return dataclasses.replace(matching_question(model, shown()), score=score)


def hidden_word(model, place: int) -> Question:
    """The question for one hidden word, answered in float64."""
    question = word_question(model, shown(), [place])
    truth = shown().batch.text.ids[place]

    def score(encoding):
        return model.mix["mlm"].head(encoding.text[[place]]).log_softmax(-1)[:, truth]

    return dataclasses.replace(question, score=score)


def test_one_stream_follows_the_rule_of_self_attention(monkeypatch):
    model = small("uniter")
    question = matching(model)
    size = len(WORDS) + REGIONS
    order = [2, 3, 4, 5, 0, 1]  # the stream holds regions first
    seen = np.eye(size)
    for weights, gradient in nudged(model, question, monkeypatch):
        step = mean_of_positive(weights, gradient)[np.ix_(order, order)]
        seen = seen + step @ seen
    expected = seen[0] - np.eye(size)[0]  # the pair is pooled from the first word's row (U9)
    found = relevance(model, question)
    assert found.shape == (size,) and expected.max() > 1e-3
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_two_streams_follow_the_rules_of_co_attention(monkeypatch):
    model = small("vilbert")
    pair = shown()

    def score(encoding):
        return encoding.text[2:3].sum(-1) + 2 * encoding.text[2:3, 0]

    question = Question("?", "units", pair, score)
    t, v = len(WORDS), REGIONS + 1  # with the row of the whole picture, which leads its stream
    r = {"tt": np.eye(t), "vv": np.eye(v), "tv": np.zeros((t, v)), "vt": np.zeros((v, t))}
    calls = iter([mean_of_positive(*one) for one in nudged(model, question, monkeypatch)])
    for letter in SMALL.schedule:
        step = next(calls)
        if letter == "T":
            r |= {"tt": r["tt"] + step @ r["tt"], "tv": r["tv"] + step @ r["tv"]}
        elif letter == "V":
            r |= {"vv": r["vv"] + step @ r["vv"], "vt": r["vt"] + step @ r["vt"]}
        else:
            back = next(calls)
            text, regions = evened(r["tt"]), evened(r["vv"])
            r = {
                "tt": r["tt"] + step @ r["vt"],
                "vv": r["vv"] + back @ r["tv"],
                "tv": r["tv"] + text.T @ step @ regions,
                "vt": r["vt"] + regions.T @ back @ text,
            }
    expected = np.concatenate([r["tt"][2] - np.eye(t)[2], np.roll(r["tv"][2], -1)])
    assert expected[:t].max() > 1e-3 and expected[t:].max() > 1e-3
    np.testing.assert_allclose(relevance(model, question), expected, rtol=1e-5, atol=1e-9)


def test_gradient_attention_shows_each_heads_own_share(monkeypatch):
    model = small("uniter")
    question = hidden_word(model, 2)
    record = gradient_attention(model, question)
    assert record.words == ("[CLS]", "a", "[MASK]", "[SEP]") and "Which word" in record.title
    assert record.layer_names == ("block 1", "block 2")
    order = [2, 3, 4, 5, 0, 1]
    for number, (weights, gradient) in enumerate(nudged(model, question, monkeypatch)):
        raised = np.maximum(weights * gradient, 0)[:, order][:, :, order]
        total = raised.sum(-1, keepdims=True)
        resting = np.broadcast_to(np.eye(6), raised.shape)
        expected = np.where(total > 1e-9, raised / np.maximum(total, 1e-300), resting)
        told = np.broadcast_to((total > 1e-6) | (total == 0), raised.shape)
        np.testing.assert_allclose(record.attention[number][told], expected[told], atol=1e-4)
    last = record.attention[-1]
    resting = (last == np.eye(6)).all(-1)
    assert resting[:, [0, 1, 3, 4, 5]].all(), "only the masked word's row is read in the end"
    assert not resting[:, 2].all()


@pytest.mark.parametrize("name", ["uniter", "vilbert", "vlp", "unimo"])
def test_every_system_answers_in_its_records_rows(name):
    model = widened(MIXES[name]())
    pair = dataclasses.replace(shown(), batch=make_batch([len(WORDS)], [REGIONS]))
    question = word_question(model, pair, [2])
    found, record = relevance(model, question), gradient_attention(model, question)
    plain = attention_on(model, pair)
    assert found.shape == (plain.attention.shape[-1],) and (found >= 0).all() and found.any()
    assert record.attention.shape == plain.attention.shape
    assert (record.added == plain.added).all() and record.layer_names == plain.layer_names
    np.testing.assert_allclose(record.attention.sum(-1), 1, atol=1e-5)
    with torch.no_grad():
        np.testing.assert_array_equal(relevance(model, question), found)


def test_a_planted_region_is_found():
    model = small("uniter")
    encoder, pair = model.encoder, shown()
    block, planted = encoder.blocks[0], 1
    encoder.blocks = encoder.blocks[:1]
    given = encoder.inputs(pair.batch, BIDIRECTIONAL)
    rows = torch.cat([given.regions, given.text]).detach()
    only = torch.linalg.pinv(rows) @ torch.eye(len(rows), dtype=rows.dtype)[planted]
    with torch.no_grad():  # every row sees all alike, and only the planted one has a value
        block.attention.query.weight.zero_()
        block.attention.query.bias.zero_()
        block.attention.value.bias.zero_()
        block.attention.value.weight.copy_(torch.linspace(1, 2, 12)[:, None] * only)

    def score(encoding, sign=1.0):
        return sign * encoding.text[2:3, 0]

    found = [
        relevance(model, Question("?", "units", pair, lambda e, s=sign: score(e, s)))
        for sign in (1.0, -1.0)
    ]
    best = max(found, key=lambda one: one.sum())
    assert best.argmax() == len(WORDS) + planted
    assert np.delete(best, len(WORDS) + planted).max() < 1e-6 * best.max()


def test_what_has_no_gradient_is_told():
    model = small("uniter")
    question = matching_question(model, shown())
    with pytest.raises(ValueError, match="the answer has no gradient"):
        relevance(model.requires_grad_(False), question)


@pytest.mark.parametrize("name", ["uniter", "vilbert"])
def test_rollout_multiplies_the_layers(name):
    record = attention_on(small(name), shown())
    rolled = rollout(record)
    size = record.attention.shape[-1]
    assert rolled.attention.shape == (record.layers, 1, size, size)
    assert rolled.layer_names == record.layer_names and rolled.words == record.words
    np.testing.assert_allclose(rolled.attention.sum(-1), 1, atol=1e-5)
    paths = np.eye(size)
    for number in range(record.layers):
        mixed = [
            [
                sum(record.attention[number, :, i, j].tolist()) / record.heads / 2
                for j in range(size)
            ]
            for i in range(size)
        ]
        paths = (np.array(mixed) + np.eye(size) / 2) @ paths
        np.testing.assert_allclose(rolled.attention[number, 0], paths, atol=1e-6)
    if name == "vilbert":  # after a text block alone no region has been seen, and none has looked
        first = rolled.attention[0, 0]
        assert not first[: len(WORDS), len(WORDS) :].any()
        np.testing.assert_array_equal(first[len(WORDS) :, len(WORDS) :], np.eye(REGIONS + 1))
        assert rolled.attention[1, 0, : len(WORDS), len(WORDS) :].all()
