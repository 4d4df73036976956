"""From composed scenes to the table of results, small and for real."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.data.datasets.composing import relation
from workbench.data.datasets.mixture import Mixture
from workbench.data.datasets.scenes import Scenes
from workbench.data.mirroring import mirrored, opposites
from workbench.data.store import RegionStore
from workbench.metrics.retrieval import both_ways, ranks
from workbench.quickstart import scenes as prepared
from workbench.quickstart.evaluation import evaluate, name_blanks
from workbench.quickstart.probe import attention_in
from workbench.quickstart.recipes import model_facts
from workbench.quickstart.stream import SceneStream
from workbench.quickstart.table import table
from workbench.systems import tiny

torch.set_num_threads(1)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """A home of its own for what these tests prepare; fetched packages are not needed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def scenes(home):
    """Twelve scenes of drawings, which every machine has, their regions extracted."""
    made = Scenes("drawn", "train", 12)
    first = prepared.prepare(made, progress=False)
    assert (first.done, first.already) == (12, 0)
    return made


@pytest.fixture(scope="module")
def stream(scenes):
    return SceneStream(scenes, budget=120)


def test_a_second_preparation_finds_everything_there(scenes):
    again = prepared.prepare(scenes, progress=False)
    assert (again.done, again.already, again.failed) == (0, 12, {})


def test_what_is_prepared_may_be_asked_for_while_somebody_writes(scenes):
    with RegionStore.open(prepared.folder_of(scenes) / "truth", append=True):
        assert prepared.prepare(scenes, progress=False).already == scenes.count


def test_scenes_that_another_process_prepares_are_waited_for(home):
    """Two at once, of scenes that nobody has prepared: one extracts, the other finds them there."""
    script = (
        "from workbench.data.datasets.scenes import Scenes\n"
        "from workbench.quickstart import scenes\n"
        "told = scenes.prepare(Scenes('drawn', 'test', 3), progress=False)\n"
        "print(told.done, told.already, len(told.failed))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert sorted(one.communicate(timeout=120)[0].strip() for one in both) == ["0 3 0", "3 0 0"]


def test_stores_hold_the_scenes_own_boxes(scenes):
    scene = scenes.scene(3)
    regions = prepared.regions(scenes, "truth").read([scene.key])
    expected = torch.tensor([item.box for item in scene.objects])
    torch.testing.assert_close(regions.boxes, expected, atol=1e-6, rtol=0)
    detected = prepared.regions(scenes, "detected").read([scene.key])
    assert 10 <= len(detected.boxes) <= 36


def test_other_pictures_get_another_folder_and_other_sentences_do_not(scenes):
    folder = prepared.folder_of(scenes)
    for change in ({"seed": 1}, {"count": 13}, {"mixture": Mixture(objects=(1.0, 0.0, 0.0))}):
        assert prepared.folder_of(dataclasses.replace(scenes, **change)) != folder
    said = dataclasses.replace(scenes, mixture=Mixture(relation=0.9), sentences_per_scene=5)
    assert prepared.folder_of(said) == folder
    with pytest.raises(FileNotFoundError, match="were not extracted yet"):
        SceneStream(dataclasses.replace(scenes, seed=5))
    with pytest.raises(ValueError, match="boxes must be one of"):
        SceneStream(scenes, boxes="wrong")


def test_batches_are_a_function_of_the_step_alone(scenes, stream):
    later = stream.batch(7)
    stream.batch(2)
    again = SceneStream(scenes, budget=120).batch(7)
    assert torch.equal(later.text.ids, again.text.ids) and later.names == again.names
    assert torch.equal(later.regions.boxes, again.regions.boxes)
    other = SceneStream(scenes, budget=120, mirror=False)
    assert other.fingerprint() != stream.fingerprint()
    blind = SceneStream(scenes, budget=120, blind=True).batch(0)
    assert blind.regions.offsets.rows == 0 and blind.text.offsets.rows > 0
    assert set(later.images) <= {scene.key for scene in scenes.scenes()}


def test_mirrored_sentences_stay_true(scenes, stream):
    tokenizer = stream.tokenizer
    swaps = opposites(tokenizer, ("left", "right")), opposites(tokenizer, ("above", "below"))
    checked = 0
    for number, example in enumerate(stream.examples):
        if example.kind != "relation":
            continue
        objects = [span.object for span in example.spans if span.role == "name"]
        batch = stream.take([number])
        for axis, swap in enumerate(swaps):
            turned = mirrored(batch, torch.tensor([True]), swap, axis=axis)
            pixels = turned.regions.boxes * torch.tensor([320, 256, 320, 256])
            one, other = (tuple(pixels[i].tolist()) for i in objects)
            words = tokenizer.decode(turned.text.ids).split()
            assert relation(one, other) in words
            back = mirrored(turned, torch.tensor([True]), swap, axis=axis)
            assert torch.equal(back.text.ids, batch.text.ids)
            torch.testing.assert_close(back.regions.boxes, batch.regions.boxes)
            checked += 1
    assert checked >= 4
    with pytest.raises(ValueError, match="mirroring needs one token"):
        opposites(tokenizer, ("left", "antidisestablishmentarianism"))


def test_a_hidden_name_leaves_nothing_that_gives_it_away(stream):
    asked = name_blanks(stream)
    assert len(asked) > 20
    for blank in asked:
        example = stream.examples[blank.example]
        text = stream.take([blank.example]).text
        spoken = {
            stream.tokenizer.decode([i])
            for row, i in enumerate(text.ids.tolist())
            if row not in blank.hidden
        }
        answer = stream.tokenizer.decode(text.ids[list(blank.wanted)])
        assert answer in stream.scenes.names
        assert answer not in spoken, example.sentence
        assert min(blank.wanted) - 1 in blank.hidden, "the article was left to be read"


def test_results_and_table(scenes, stream):
    facts = model_facts(stream)
    torch.manual_seed(0)
    model = tiny.uniter_tiny(**facts).eval()
    streams = {
        boxes: SceneStream(scenes, boxes=boxes, mirror=False) for boxes in ("truth", "detected")
    }
    results = evaluate(model, model, model, streams, pool=5)
    for column in ("masked_name_accuracy", "masked_name_accuracy_detected"):
        assert set(results[column]) == {
            "with_regions",
            "without_regions",
            "text_only_twin",
            "untrained",
            "chance",
        }
        assert results[column]["chance"] == 1 / len(scenes.names)
        assert all(0 <= value <= 1 for value in results[column].values())
    assert results["retrieval"]["pool"] == 5
    with pytest.raises(ValueError, match="a pool of 100 needs as many"):
        evaluate(model, model, model, streams)
    losses = {"mlm": {"first": 5.0, "last": 1.0}}
    full = {**results, "losses": losses, "seconds": {"install": 1.0}}
    shown = table(json.loads(json.dumps(full)))
    assert "5.000 -> 1.000" in shown and "text-only twin" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_model_that_knows_scores_full_marks(stream):
    """The evaluator gives 1 to a head that reads the answer, so a low number is the model's."""
    from workbench.tasks.cloze import restored

    asked = name_blanks(stream)[:20]
    truth = stream.pairs.take([blank.example for blank in asked]).text

    class Oracle(torch.nn.Module):
        def forward(self, rows):
            starts = truth.offsets.starts.tolist()
            wanted = [s + r for s, b in zip(starts, asked, strict=False) for r in b.wanted]
            return torch.nn.functional.one_hot(truth.ids[wanted], stream.tokenizer.vocabulary_size)

    model = tiny.uniter_tiny(**model_facts(stream)).eval()
    take = stream.pairs.take
    assert all(restored(model.encoder, Oracle(), take, asked, stream.tokenizer.mask_id))


def test_attention_record_of_a_scene(scenes, stream):
    model = tiny.uniter_tiny(**model_facts(stream)).eval()
    record = attention_in(model, stream, 4)
    example = stream.examples[4]
    scene = next(s for s in scenes.scenes() if s.key == example.image)
    assert record.title == example.sentence
    assert list(record.labels) == [item.name for item in scene.objects]
    rows = len(record.words) + len(record.labels)
    assert record.attention.shape == (4, 4, rows, rows)
    np.testing.assert_allclose(record.attention.sum(-1), 1, atol=1e-5)
    assert np.array_equal(record.picture, scenes.picture(scene))


def test_retrieval_ranks_both_ways():
    scores = np.array([[3.0, 1.0, 2.0], [5.0, 4.0, 0.0], [1.0, 1.0, 1.0]])
    assert ranks(scores).tolist() == [0, 1, 2]  # a tie counts against the query
    found = both_ways(scores)
    assert found["image"] == {"r1": 1 / 3, "r5": 1.0, "r10": 1.0}
    assert ranks(scores.T).tolist() == [1, 0, 1]


def test_all_mixtures_share_one_vocabulary(scenes, stream):
    shares = dict.fromkeys(("existence", "list", "relation", "count", "attribute"), 0.0)
    places = Mixture(**shares, place=1.0)
    said = SceneStream(dataclasses.replace(scenes, mixture=places), spotlight=1.0)
    assert said.tokenizer.fingerprint() == stream.tokenizer.fingerprint()
    assert {example.kind for example in said.examples} == {"place"}


def test_a_spotlight_shows_just_the_thing_spoken_of(scenes):
    places = dataclasses.replace(scenes, mixture=Mixture(place=1.0))
    stream = SceneStream(places, budget=120, spotlight=1.0, mirror=False)
    batch = stream.batch(0)
    lengths = batch.regions.offsets.lengths.tolist()
    by_name = {example.name: example for example in stream.examples}
    for place, name in enumerate(batch.names):
        example = by_name[name]
        scene = next(s for s in scenes.scenes() if s.key == example.image)
        if example.kind != "place":
            assert lengths[place] == len(scene.objects)
            continue
        assert lengths[place] == 1
        spoken = scene.objects[example.spans[-1].object]
        assert spoken.name in example.sentence
        row = int(batch.regions.offsets.starts[place])
        expected = torch.tensor(spoken.box)
        torch.testing.assert_close(batch.regions.boxes[row], expected, atol=1e-6, rtol=0)
    with pytest.raises(ValueError, match="a spotlight needs"):
        SceneStream(places, boxes="both", spotlight=0.5)
