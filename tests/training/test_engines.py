"""Engines of this machine under the conditions that every engine has to stand."""

from __future__ import annotations

import pytest

from tests.training.conformance import check
from workbench.training.engines.local import Local
from workbench.training.engines.naming import named
from workbench.training.engines.processes import Processes
from workbench.training.engines.ray import Ray
from workbench.training.errors import RecipeError


@pytest.mark.parametrize("engine", [Local(), Processes(2)], ids=str)
def test_killed_stopped_and_resumed_equals_never_interrupted(engine, home):
    check(engine, home, patience=120.0)


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("local", Local()),
        ("processes:2", Processes(2)),
        ("processes:2,sharded", Processes(2, sharded=True)),
        ("ray:head:8265,2,sharded", Ray("head", 2, sharded=True)),
        ("ray:head:8265,4", Ray("http://head:8265", 4)),
        ("ray:https://head/ray,2", Ray("https://head/ray", 2)),
        ("ray:head", Ray("head:8265")),
    ],
)
def test_an_engine_is_found_by_its_text(text, engine):
    assert named(text) == engine
    assert named(str(engine)) == engine


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slurm", r"there are local, processes:NUMBER and ray:ADDRESS,NUMBER"),
        ("processes:0", r"no engine 'processes:0'"),
        ("processes:1,sharded", r"sharded among 2 processes or more"),
        ("local,sharded", r"no engine 'local,sharded'"),
        ("ray:", r"no engine 'ray:'"),
        ("ray:head,1,sharded", r"sharded among 2 processes or more"),
        ("ray:head,none", r"'none' is no number of processes"),
        ("ray:head,0", r"a run needs 1 process or more, not 0"),
        ("ray:ray://head:10001", r"'ray://head:10001' is no address of a Ray dashboard"),
        ("ray:head:port", r"'head:port' is no address of a Ray dashboard"),
    ],
)
def test_texts_of_no_engine_are_refused(text, said):
    with pytest.raises(RecipeError, match=said):
        named(text)
