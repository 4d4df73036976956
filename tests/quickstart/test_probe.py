"""What a probe records of untrained models of every kind."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import widgets
from widgets import AttentionRecord
from widgets.runs.probe_record import guesses_over_probes
from workbench.quickstart import probe
from workbench.quickstart.stream import scene_stream
from workbench.quickstart.systems import SYSTEMS, World, pretraining_recipe
from workbench.tasks.cloze import scores_of_hidden

torch.set_num_threads(1)
WORLD = World(count=8, source="drawn")
GUESSED = {"guess_sentence", "guess_position", "guess_truth", "guess_top", "guess_chance"}
COMPARED = {"similarity", "similarity_kind", "similarity_texts"}


@pytest.fixture(scope="module", autouse=True)
def home(eight_scenes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(eight_scenes))
        yield


@pytest.fixture(scope="module")
def stream(home):
    return scene_stream(count=8, source="drawn")


def model_of(name):
    system = next(one for one in SYSTEMS if one.name == name)
    torch.manual_seed(0)
    return pretraining_recipe(system, steps=2, world=WORLD).model().eval()


def record_of(name):
    show = probe.scene_probe(count=8, source="drawn")
    with torch.no_grad():
        return show(model_of(name), 0)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("uniter-tiny", "matching lead"),
        ("vilbert-tiny", "matching lead"),
        ("unimo-tiny", "contrast cosine"),
        ("vlp-tiny", None),
        ("vlp-tiny-seq2seq", None),
    ],
)
def test_guesses_and_similarities_stand_beside_the_attention(name, kind, tmp_path):
    record = record_of(name)
    assert set(record) >= GUESSED
    if kind is None:
        assert not COMPARED & set(record)
    else:
        assert str(record["similarity_kind"]) == kind
        texts = record["similarity_texts"]
        assert record["similarity"].shape == (len(texts), len(texts)) == (6, 6)
        assert len(set(texts.tolist())) > 1 and np.isfinite(record["similarity"]).all()
    places, top, chance = (record[f"guess_{part}"] for part in ("position", "top", "chance"))
    assert (record["guess_sentence"][places] == "[MASK]").all() and len(places) >= 1
    assert "[MASK]" not in record["guess_truth"]
    assert top.shape == chance.shape == (len(places), 5)
    assert (np.diff(chance, axis=1) <= 0).all() and (chance.sum(1) <= 1.0001).all()
    np.savez(tmp_path / "probe.npz", **record)
    assert not any(np.asarray(value).dtype.hasobject for value in record.values())
    ours = AttentionRecord.load(tmp_path / "probe.npz")
    assert (ours.attention == record["attention"]).all()
    assert widgets.AttentionRecord.load(tmp_path / "probe.npz").words == tuple(ours.words)


@pytest.mark.parametrize("name", ["uniter-tiny", "vlp-tiny"])
def test_guesses_stand_beside_those_without_the_picture(name, stream, tmp_path):
    record, asked = record_of(name), probe.first_blank(stream, 0)
    assert record["guess_blind_top"].shape == record["guess_top"].shape
    assert record["guess_truth_chance"].shape == (2, len(asked.hidden))
    ids = stream.take([asked.example]).text.ids[list(asked.hidden)]
    model, batch = model_of(name), stream.take([asked.example])
    task = probe.masked_language(model)
    for side, seen in enumerate((batch, batch.without_regions())):
        with torch.no_grad():
            scores, _ = scores_of_hidden(
                model.encoder, task.head, seen, [asked], [asked.hidden], task.mask_id
            )
        own = scores.softmax(-1).numpy()[range(len(ids)), ids.tolist()]
        np.testing.assert_allclose(record["guess_truth_chance"][side], own, atol=1e-6)
    folder = tmp_path / "probes"
    folder.mkdir()
    np.savez(folder / "step-000002.npz", **record)
    told = guesses_over_probes(tmp_path)
    assert told.title == stream.examples[asked.example].sentence
    assert told.places.tolist() == list(asked.hidden) and told.steps.tolist() == [2]
    assert [told.words[place] for place in told.places] == list(told.truth)


def test_what_is_hidden_is_a_name_with_all_that_gives_it_away(stream):
    asked = probe.first_blank(stream, 0)
    record = record_of("uniter-tiny")
    sentence = stream.examples[asked.example].sentence
    truth = " ".join(record["guess_truth"]).replace(" ##", "")
    assert truth in sentence.lower()
    name = next(s for s in stream.examples[asked.example].spans if s.role == "name")
    assert truth.endswith(sentence[name.start : name.end].lower())


def test_a_model_that_knows_the_word_says_so(stream):
    model, asked = model_of("uniter-tiny"), probe.first_blank(stream, 0)
    place = asked.hidden[-1]
    answer = int(stream.take([asked.example]).text.ids[place])
    with torch.no_grad():
        model.mix["mlm"].head.bias[answer] = 50.0
    record = probe.guesses_of(model, stream, asked)
    assert record["guess_top"][-1, 0] == record["guess_truth"][-1]
    assert record["guess_chance"][-1, 0] > 0.99


def test_similarities_are_those_of_the_pair_table(stream):
    from workbench.retrieval.matching import match_scores

    model = model_of("uniter-tiny")
    chosen = probe.one_a_picture(stream, 0, 3)
    assert len({stream.examples[n].image for n in chosen}) == 3
    found = probe.similarities_of(model, stream, chosen)
    own = match_scores(model.encoder, model.mix["itm"], stream.take(chosen))
    np.testing.assert_allclose(np.diagonal(found["similarity"]), own.numpy(), atol=1e-4)
