"""Checkpoints are opened with all that they need, and what cannot be opened says why."""

from __future__ import annotations

import json

import pytest
import torch

from tests.systems.test_hub import built, descriptions
from workbench.data.tokenizers import wordpiece
from workbench.explain.attention import attention_on
from workbench.explain.photograph import Photograph
from workbench.launchpad.mixed import mixed_stream
from workbench.quickstart.opened import Opened, open_pretrained, open_run, tokenizer_of
from workbench.quickstart.publishing import publish
from workbench.quickstart.stream import scene_stream
from workbench.systems import uniter
from workbench.systems.description import Description, Words
from workbench.systems.hub import TOKENIZER, save_pretrained, tokenizer_in
from workbench.systems.published import BERT_UNCASED
from workbench.training import record
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.recipe import call

torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def home(eight_scenes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(eight_scenes))
        yield


@pytest.fixture(scope="module")
def stream(home):
    return scene_stream(count=8, source="drawn", mirror=False)


def saved(folder, words=None, description=None):
    """A small untrained model of 12 features a region, or of a description, in a folder."""
    description = description or descriptions()["uniter"]
    save_pretrained(built(description), folder, description, tokenizer=words)
    return folder


def test_a_run_opens_by_its_handle_and_folder(four_runs, stream):
    run = four_runs["uniter-tiny"]
    for way in (run, run.path, str(run.path)):
        opened = open_run(way)
        assert (opened.name, opened.system) == ("uniter-tiny", "uniter-tiny")
        assert opened.run == run and not opened.model.training
    assert opened.tokenizer.fingerprint() == stream.tokenizer.fingerprint()
    assert opened.guesses_words and opened.captioner is None
    assert opened.scorer is not None and opened.scorer.kind == "matching lead"


def test_what_each_system_can_do(four_runs):
    can = {
        name: (one.guesses_words, one.scorer is not None, one.captioner is not None)
        for name, one in ((name, open_run(run)) for name, run in four_runs.items())
    }
    assert can == {
        "uniter-tiny": (True, True, False),
        "vilbert-tiny": (True, True, False),
        "vlp-tiny": (True, False, True),
        "unimo-tiny": (True, True, True),
    }


def test_a_picture_is_looked_at_as_the_model_reads(four_runs, stream):
    opened = open_run(four_runs["unimo-tiny"])
    picture = Photograph.of(stream.scenes.picture(stream.scenes.scenes()[0]), opened.extractor)
    shown = opened.look(picture, "a dog and a cat")
    record = attention_on(opened.model, shown)
    own = [word for word, added in zip(record.words, record.added, strict=False) if not added]
    assert own[1:-1] == list(shown.words[1:-1]) and shown.sentence == "a dog and a cat"
    with pytest.raises(ValueError, match="8"):
        opened.look(picture, "a dog and a cat and a dog and a cat", max_tokens=8)


def test_words_outside_the_vocabulary_are_told(four_runs, stream):
    opened = open_run(four_runs["uniter-tiny"])
    known = stream.examples[0].sentence
    assert opened.unknown_words(known) == []
    assert opened.unknown_words("a xylophone and a zeppelin") == ["xylophone", "zeppelin"]
    assert opened.unknown_words("  ") == []


def test_the_tokenizer_of_a_mixed_stream_is_that_of_its_scenes(stream):
    inner = call(scene_stream, count=8, source="drawn")
    told = {"target": inner.target, "arguments": dict(inner.arguments)}
    found = tokenizer_of(call(mixed_stream, of=told, seed=0))
    assert found.fingerprint() == stream.tokenizer.fingerprint()


def test_a_run_without_checkpoint_and_no_run_are_refused(four_runs, tmp_path):
    record.create(RunFolder(tmp_path / "new"), four_runs["vlp-tiny"].recipe)
    with pytest.raises(RunError, match="checkpoint"):
        open_run(tmp_path / "new")
    with pytest.raises(RunError, match="holds no run"):
        open_run(tmp_path / "nothing")


def test_a_folder_without_words_is_refused(tmp_path):
    with pytest.raises(ValueError, match="does not say how its words are cut: save it with"):
        open_pretrained(saved(tmp_path))
    assert tokenizer_in(tmp_path) is None


def test_berts_own_words_need_no_file(tmp_path, four_runs):
    words = Words(103, 102, 101, BERT_UNCASED.ordinary)
    sizes = uniter.tiny(30522, 1280, 91)
    description = Description("uniter", sizes, uniter.RELEASED, words)
    opened = open_pretrained(saved(tmp_path, description=description))
    assert opened.tokenizer.fingerprint() == wordpiece().fingerprint()
    assert opened.unknown_words("a xylophone") == []


def test_a_model_of_other_features_says_which_it_was_given(tmp_path, four_runs):
    """As a base-size checkpoint of the authors, which wants 2,048 features a region."""
    words = open_run(four_runs["uniter-tiny"]).tokenizer
    with pytest.raises(ValueError, match=r"1280 features and 91 classes a region and a vocabul"):
        open_pretrained(saved(tmp_path, words))
    of_2048 = uniter.tiny(words.vocabulary_size, 2048, 91)
    ids = Words(words.mask_id, 3, 2, words.random_range)
    wide = saved(tmp_path / "wide", words, Description("uniter", of_2048, uniter.RELEASED, ids))
    with pytest.raises(ValueError, match=r"2048.*open it in a notebook with its own features"):
        open_pretrained(wide)


def test_a_vocabulary_that_the_model_lacks_is_refused(four_runs):
    opened = open_run(four_runs["uniter-tiny"])
    with pytest.raises(ValueError, match="cannot read what it would be given"):
        Opened("mine", "uniter", opened.model, wordpiece())


def test_broken_folders_say_what_is_wrong(tmp_path, four_runs):
    with pytest.raises(ValueError, match=r"has no config\.json"):
        open_pretrained(tmp_path)
    folder = publish(four_runs["uniter-tiny"], tmp_path / "model")
    whole = (folder / TOKENIZER).read_text()
    (folder / TOKENIZER).write_text('{"format": "another"}')
    with pytest.raises(ValueError, match="not a saved tokenizer"):
        open_pretrained(folder)
    (folder / TOKENIZER).write_text(whole[: len(whole) // 2])
    with pytest.raises(ValueError):
        open_pretrained(folder)
    (folder / TOKENIZER).write_text(whole)
    assert open_pretrained(folder).tokenizer.fingerprint()


def test_the_tokenizer_lies_beside_the_weights_as_plain_json(tmp_path, four_runs):
    words = open_run(four_runs["vilbert-tiny"]).tokenizer
    saved(tmp_path, words)
    json.loads((tmp_path / TOKENIZER).read_text("utf-8"))
    again = tokenizer_in(tmp_path)
    assert again is not None and again.fingerprint() == words.fingerprint()
    sentence = "a dog left of a cat"
    assert torch.equal(again.encode([sentence]).ids, words.encode([sentence]).ids)
