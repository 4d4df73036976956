"""A trained run becomes a folder, or a Hub's repository, that opens as what the run was."""

from __future__ import annotations

import dataclasses
import json

import huggingface_hub.constants
import pytest
import torch

from tests.quickstart.conftest import FOUR, trained
from tests.systems.fake_hub import fake_hub
from workbench.cli import main
from workbench.explain.guesses import guesses
from workbench.explain.hiding import every_word
from workbench.generation.greedy import Greedy
from workbench.quickstart.opened import open_pretrained, open_run
from workbench.quickstart.probe import shown_in
from workbench.quickstart.publishing import Publication, publish, publish_on_hub
from workbench.quickstart.stream import scene_stream
from workbench.systems import published
from workbench.training.errors import RunError

torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def home(eight_scenes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(eight_scenes))
        yield


@pytest.fixture(scope="module")
def shown(home):
    stream = scene_stream(count=8, source="drawn", mirror=False)
    return [shown_in(stream, example) for example in (0, 5)]


def answers(opened, shown):
    """Everything that a model says of two pairs: states, guesses, matching, captions."""
    model, pieces = opened.model, opened.tokenizer.pieces
    for one in shown:
        with torch.no_grad():
            encoding = model.encoder(one.batch)
        found = guesses(model, one, every_word(one), pieces)
        yield from (encoding.text, encoding.regions, encoding.pair, found.chance, found.top)
        regions = one.batch.regions
        if opened.scorer is not None:
            yield opened.scorer.table(one.batch, one.batch)
        if opened.captioner is not None:
            for search in ({"search": Greedy()}, {}):
                written = opened.captioner.write(regions, **search)[0]
                yield [written.ids, written.text, written.score]


def same(one, other) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return (one == other).all() if hasattr(one, "dtype") else one == other


def assert_same(opened, again, shown):
    assert again.tokenizer.fingerprint() == opened.tokenizer.fingerprint()
    state, found = opened.model.state_dict(), again.model.state_dict()
    assert list(state) == list(found)
    assert all(torch.equal(state[name], found[name]) for name in state)
    pairs = list(zip(answers(opened, shown), answers(again, shown), strict=True))
    assert len(pairs) >= 10 and all(same(one, other) for one, other in pairs)


@pytest.mark.parametrize("name", FOUR)
def test_a_run_opens_again_to_the_bit(four_runs, shown, tmp_path, name):
    run = four_runs[name]
    folder = publish(run, tmp_path / "model", licence="mit")
    opened, again = open_run(run), open_pretrained(folder)
    assert f"{again.system}-tiny" == name and not again.model.training
    assert (again.captioner is None) == (name in ("uniter-tiny", "vilbert-tiny"))
    assert (again.scorer is None) == (name == "vlp-tiny")
    assert_same(opened, again, shown)


def test_the_card_tells_of_the_run_and_of_no_machine(four_runs, tmp_path):
    run = four_runs["uniter-tiny"]
    card = (publish(run, tmp_path / "model", licence="mit") / "README.md").read_text()
    assert "license: mit" in card and "open_pretrained" in card
    assert "2 steps of uniter-tiny, seed 0" in card and run.recipe.digest() in card
    assert "scenes, split train" in card and str(tmp_path) not in card
    said = publish(run, tmp_path / "model", trained="on nothing much") / "README.md"
    assert "Trained on: on nothing much" in said.read_text()


def test_words_of_the_config_are_the_tokenizers(four_runs):
    made = Publication.of(four_runs["unimo-tiny"])
    words, ids = made.description.words, made.tokenizer.encode(["a"]).ids.tolist()
    assert (words.start, words.separator) == (ids[0], ids[-1])
    assert words.mask == made.tokenizer.mask_id
    assert made.tokenizer.pieces(range(*words.ordinary))[0] != "[MASK]"


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        ("vilbert-single-stream-tiny", {}, "made by .*vilbert_single_stream_tiny, and a published"),
        ("unimo-tiny", {"contrastive": False}, "it trained mlm, fragments, mrfr, mrc-kl, itm, and"),
        ("uniter-tiny-joint", {}, "some of them in one pass, and a published uniter has each"),
        ("vilbert-tiny", {"weights": {"mlm": 1.0, "itm": 1.0}}, "it trained itm, mlm, and"),
    ],
)
def test_what_no_published_config_can_name_is_refused(tmp_path, name, changes, why):
    run = trained(name, tmp_path / "run", **changes)
    with pytest.raises(RunError, match=f"run cannot be published: .*{why}"):
        publish(run, tmp_path / "model")
    assert not (tmp_path / "model").exists()
    assert open_run(run).guesses_words, "it still opens as the run that it is"


def test_other_readings_are_published_as_what_they_are(tmp_path, shown):
    run = trained("uniter-tiny", tmp_path / "run", variant="paper")
    again = open_pretrained(publish(run, tmp_path / "model"))
    assert json.loads((tmp_path / "model" / "config.json").read_text())["variant"] == (
        dataclasses.asdict(published.find("uniter").variants["paper"])
    )
    assert_same(open_run(run), again, shown)


def test_a_run_without_words_or_checkpoint_is_refused(tmp_path, four_runs, home):
    from workbench.launchpad.choice import Choice
    from workbench.launchpad.composing import recipe_of
    from workbench.training import record
    from workbench.training.folder import RunFolder

    noise = recipe_of(Choice.named("uniter-tiny", data="noise", pictures=50, steps=1))
    record.create(RunFolder(tmp_path / "noise"), noise)
    with pytest.raises(RunError, match=r"noise cannot be published: .* has no words"):
        publish(tmp_path / "noise", tmp_path / "model")
    record.create(RunFolder(tmp_path / "new"), four_runs["uniter-tiny"].recipe)
    with pytest.raises(RunError, match="checkpoint"):
        publish(tmp_path / "new", tmp_path / "model")


def test_nobodys_folder_is_written_into(four_runs, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(RunError, match="holds other things and no model: name a new or an empty"):
        publish(four_runs["uniter-tiny"], tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_run_goes_to_a_hub_and_is_opened_from_there(four_runs, shown, tmp_path, monkeypatch):
    """Against a Hub made of a local server; never run against the real one."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    run = four_runs["vlp-tiny"]
    with fake_hub() as hub:
        commit = publish_on_hub(run, "small", endpoint=hub.address, token="hf_secret")
        assert commit.startswith(f"{hub.address}/someone/small/commit/")
        assert "workbench-tokenizer.json" in hub.files
        elsewhere = {"endpoint": hub.address, "cache_dir": tmp_path, "token": False}
        again = open_pretrained("someone/small", **elsewhere)
    assert again.name == "someone/small"
    assert_same(open_run(run), again, shown)


def test_the_command_writes_the_folder(four_runs, tmp_path, capsys):
    run, folder = str(four_runs["unimo-tiny"].path), str(tmp_path / "model")
    assert main(["publish", run, folder, "--licence", "apache-2.0"]) == 0
    assert "open_pretrained" in capsys.readouterr().out
    assert open_pretrained(folder).captioner is not None
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["publish", run, str(tmp_path)]) == 2
    assert "holds other things" in capsys.readouterr().err
