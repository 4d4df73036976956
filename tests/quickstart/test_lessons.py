"""Pupils of one objective: taught what their ratios say, and asked everything."""

import pytest
import torch

from workbench.quickstart import lessons
from workbench.quickstart.lesson_report import (
    FITS,
    FOUND,
    NAMES,
    chances,
    listed_pool,
    report,
    thing_accuracy,
    things_of,
)
from workbench.training.loop import train
from workbench.training.run import Run

torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def small_school(tmp_path_factory):
    """A home of its own, and a world of few pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("WORKBENCH_SCENES_SOURCE", "drawn")
        patch.setattr(lessons, "TRAINING", 10)
        patch.setattr(lessons, "HELD_OUT", 10)
        yield


@pytest.fixture(scope="module")
def unseen(small_school):
    return lessons.world("validation")


@pytest.fixture(scope="module")
def run(unseen, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "lesson"
    list(train(lessons.lesson({"mlm": 2.0, "itm": 1.0}, steps=12), folder))
    return Run.attach(folder)


def test_a_pupil_is_taught_what_its_ratios_say(run):
    trained = {name for e in run.events() if e.kind == "step" for name in e["losses"]}
    assert trained == {"mlm", "itm"}
    model = run.load()
    assert set(model.mix.found()) == {"mlm", "mrfr", "itm", "cmcl"}
    with pytest.raises(ValueError, match="nobody teaches 'dancing'"):
        lessons.lesson({"dancing": 1.0}).model()


def test_everything_is_asked_and_chance_is_told(run, unseen):
    told, chance = report(run.load(), unseen), chances(unseen)
    assert list(told) == list(chance)
    assert all(0 <= share <= 1 for share in (*told.values(), *chance.values()))
    assert chance[NAMES] == pytest.approx(1 / lessons.THINGS) and chance[FITS] == 0.5
    assert chance[FOUND] == 1 / len(listed_pool(unseen))


def test_a_guess_counts_by_the_kind_of_thing_it_is_nearest_to(run, unseen):
    model, pool = run.load(), listed_pool(unseen)
    things = things_of(unseen, pool)
    assert len(things) == pool.regions.offsets.rows
    head = model.mix["mrfr"].head
    answers = []
    for always in (0, 1):
        with torch.no_grad():
            head.weight.zero_()
            head.bias.copy_(pool.regions.features[always])
        share = thing_accuracy(model, unseen, pool)
        others = [thing for i, thing in enumerate(things) if i != always]
        right = sum(thing == things[always] for thing in others)
        assert share * len(things) in (pytest.approx(right), pytest.approx(right + 1))
        answers.append(share)
