"""Runs on a real Ray cluster: a head that is started here, on this machine, and ended again."""

from __future__ import annotations

import importlib.metadata
import time

import pytest
import toy_pretraining as toy

from tests.training.conformance import check, gone
from tests.training.ray_head import TOKEN, ray_head
from workbench.training.engines.ray import Ray
from workbench.training.engines.ray_jobs import ENDED, Jobs
from workbench.training.errors import RunError
from workbench.training.folder import RunFolder
from workbench.training.lease import read_lease
from workbench.training.recipe import Call
from workbench.training.run import Run

pytestmark = pytest.mark.ray

PATIENCE = 300.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a head that lives as long as the tests of this file."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'vl-workbench[cluster]'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_TOKEN", TOKEN)
        with ray_head(tmp_path_factory.mktemp("ray") / "head.log") as address:
            yield address


def test_killed_stopped_and_resumed_equals_never_interrupted(cluster, home):
    check(Ray(cluster, 2), home, PATIENCE)


def test_an_error_of_the_runs_own_is_told_and_not_tried_again(cluster, home):
    faulty = toy.recipe(30, model=Call("no_such_module:model", {}))
    run = Run.start(faulty, home / "faulty", engine=Ray(cluster))
    assert run.wait(PATIENCE) == "failed"
    assert "cannot import 'no_such_module:model'" in run.problem
    assert [(e.kind, e.attempt) for e in run.events()] == [("stop", 1)]
    assert gone(run)
    assert not (run.path / ".ray").exists(), "Ray keeps nothing there"


def test_jobs_are_started_watched_and_stopped_without_ray_here(cluster, monkeypatch):
    jobs = Jobs(cluster)
    assert jobs.version() == importlib.metadata.version("ray")
    jobs.submit("sleeps", "echo begun; sleep 100", {"run": "none"})
    until = time.monotonic() + PATIENCE
    while "begun\n" not in jobs.log("sleeps") and time.monotonic() < until:
        time.sleep(0.1)
    assert jobs.status("sleeps") == "RUNNING"
    with pytest.raises(RunError, match=r"refused \(500\): .*sleeps already exists"):
        jobs.submit("sleeps", "true", {})
    jobs.stop("sleeps")
    while jobs.status("sleeps") not in ENDED and time.monotonic() < until:
        time.sleep(0.1)
    assert jobs.status("sleeps") == "STOPPED"
    with pytest.raises(RunError, match=r"refused \(404\): Job nobody does not exist"):
        jobs.status("nobody")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "wrong")
    with pytest.raises(RunError, match=r"lets nobody in without its token .*RAY_AUTH_TOKEN"):
        jobs.version()
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", "/no/such/file")
    with pytest.raises(RunError, match=r"Missing authentication token"):
        jobs.version()


def test_what_the_cluster_says_against_a_run_is_told_and_the_run_stays_as_it_was(cluster, home):
    place = RunFolder(home / "unseen")
    place.path.mkdir()
    with pytest.raises(RunError, match=r"(?s)before it could train in .*unseen holds no run on"):
        Ray(cluster).launch(place)
    assert read_lease(place) is None
