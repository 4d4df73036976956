"""Which checkpoints stay, and which is the best of them."""

from __future__ import annotations

import json

import pytest

from workbench.training import kept
from workbench.training.calls import Call
from workbench.training.folder import RunFolder
from workbench.training.validation import Best, Validation

LOSS = Validation(Call("none:none"), every=10, metric="loss")
RECALL = Validation(Call("none:none"), every=10, metric="r1", larger_is_better=True)


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def put(folder, step, **measured):
    place = kept.place_of(folder, step)
    place.mkdir(parents=True)
    if measured:
        (place / kept.MEASURED).write_text(json.dumps(measured))


def test_the_newest_the_best_and_powers_of_two_stay():
    steps = [*range(5, 105, 5), 33]
    assert kept.retained(steps, keep=2) == {95, 100}
    assert kept.retained(steps, keep=2, best=45) == {45, 95, 100}
    # The 1st, 2nd, 4th, 8th and 16th of those written every 5 steps; 33 was asked for by hand.
    assert kept.retained(steps, keep=1, every=5) == {5, 10, 20, 40, 80, 100}
    assert kept.retained([3], keep=3, every=5, best=7) == {3}
    assert kept.retained([], keep=1) == set()


def test_others_are_removed_and_nothing_else(folder):
    for step in (5, 10, 15):
        put(folder, step)
    (folder.checkpoints / "damaged-step-000005").mkdir()
    (folder.checkpoints / "notes").mkdir()
    kept.remove_others(folder, {5, 15})
    names = sorted(path.name for path in folder.checkpoints.iterdir())
    assert names == ["damaged-step-000005", "notes", "step-000005", "step-000015"]


def test_the_best_is_the_earliest_of_equals_and_a_number(folder):
    assert kept.best_of(folder, LOSS) is None
    put(folder, 10, loss=2.0, r1=0.1)
    put(folder, 15)
    put(folder, 20, loss=1.0, r1=0.3)
    put(folder, 30, loss=1.0, r1=0.3)
    put(folder, 40, loss=None, r1=0.2)
    assert kept.best_of(folder, LOSS) == Best(20, 1.0)
    assert kept.best_of(folder, RECALL) == Best(20, 0.3)
    for content in ("{", "[]", "3", '{"loss": "low"}'):
        (kept.place_of(folder, 20) / kept.MEASURED).write_text(content)
        assert kept.best_of(folder, LOSS) == Best(30, 1.0)
