"""The recipes that make start and the command line run, trained for a few real steps."""

import pytest
import torch

from tests.data.pieces import size_of_pieces
from workbench import places
from workbench.data.division import Divisible
from workbench.quickstart import __main__ as quickstart
from workbench.quickstart import ready
from workbench.quickstart.recipes import BLIND, HARD, ORDINARY, uniter_tiny
from workbench.quickstart.standing import ended_well, started
from workbench.training.loop import train
from workbench.training.recipe import Recipe
from workbench.training.run import Run

torch.set_num_threads(1)
SMALL = {"scenes": 8, "source": "drawn", "threads": 1}


@pytest.fixture(scope="module", autouse=True)
def home(eight_scenes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(eight_scenes))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        yield


@pytest.mark.parametrize(
    ("options", "preset"), [({}, ORDINARY), ({"hard": True}, HARD), ({"blind": True}, BLIND)]
)
def test_a_recipe_is_its_preset_and_survives_json(options, preset):
    recipe = uniter_tiny(**SMALL, **options, steps=5)
    assert Recipe.from_json(recipe.as_json()) == recipe
    model, stream = recipe.model(), recipe.data()
    weights = dict(zip(model.mix.by_name, model.mix.weights, strict=True))
    assert {name: weight for name, weight in weights.items() if weight} == preset.ratios
    owl = stream.tokenizer.encode(["owl"]).ids[1]
    assert model.mix["mlm"].choose.probability[owl] == pytest.approx(preset.names_hidden)
    assert stream.spotlight == preset.spotlight
    assert (stream.batch(0).regions.offsets.rows == 0) == bool(options.get("blind"))


def test_the_pieces_of_a_batch_of_scenes_are_the_batch():
    for options in ({"hard": True}, {"blind": True}):
        stream = uniter_tiny(**SMALL, **options, steps=5).data()
        assert isinstance(stream, Divisible)
        assert all(size_of_pieces(stream, step, 3) > 1 for step in range(5))


def test_minilm_can_be_the_beginning():
    recipe = uniter_tiny(**SMALL, steps=5, minilm=True)
    assert recipe.model().encoder.sizes.width == 384


def test_a_run_of_another_recipe_is_set_aside_and_the_losses_are_told():
    first = uniter_tiny(**SMALL, steps=3)
    folder = places.runs() / "set-aside"
    list(train(first, folder))
    told = quickstart.losses(Run.attach(folder))
    assert set(told) <= set(ORDINARY.ratios)
    assert all(ends["first"] > 0 for ends in told.values())
    again = ended_well(started(first, "set-aside"))
    assert again.state == "finished" and not folder.with_name("set-aside-old-1").exists()
    other = ended_well(started(uniter_tiny(**SMALL, steps=2), "set-aside"))
    assert other.recipe.steps == 2 and other.state == "finished"
    assert Run.attach(folder.with_name("set-aside-old-1")).recipe == first
    probe = next((folder / "probes").glob("*.npz"))
    import widgets

    assert len(widgets.AttentionRecord.load(probe).words) > 3


def test_what_a_notebook_opens_first():
    assert len(ready.held_out(3).scenes.scenes()) == 3
    unmeasured = Run.attach(places.runs() / "set-aside")
    assert "was not evaluated" in ready.results_of(unmeasured)


def test_held_out_scenes_are_of_the_kind_that_the_run_knows(four_runs, tmp_path, monkeypatch):
    """Whatever source would be chosen now: a run's words are those of the one it learnt from."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "first-look").symlink_to(four_runs["uniter-tiny"].path)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_SCENES_SOURCE", "one that there is not")
    assert ready.held_out(2).scenes.origin.name == "drawn"
