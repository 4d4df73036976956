"""Runs on a real Ray cluster: a head that is started here, on this machine, and ended again."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import time

import pytest
import toy_pretraining as toy

from tests.training.conformance import check, gone, starts
from tests.training.ray_head import TOKEN, ray_head
from workbench.training.engines.local import Local
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
    run = check(Ray(cluster, 2), home, PATIENCE)
    assert str(Ray(cluster, 2)) in run.folder.recipe.read_text()
    assert not (run.path / ".ray").exists(), "Ray keeps nothing there"


def test_a_run_moves_from_a_dead_cluster_job_and_an_error_of_its_own_ends_one(cluster, home):
    engine = Ray(cluster)
    run = Run.start(toy.recipe(400, seconds=0.05), home / "moved", engine=engine)
    faulty = toy.recipe(30, model=Call("no_such_module:model", {}))
    failed = Run.start(faulty, home / "faulty", engine=engine)

    driver = read_lease(run.folder).pid
    assert driver != os.getpid()
    for event in run.follow():
        if event.step >= 7:
            break
    os.kill(driver, signal.SIGKILL)
    assert run.wait(PATIENCE) == "dead"
    assert "ended without a word" in run.problem
    assert gone(run), "workers end with the job"
    short = 12
    record = run.folder.recipe.read_text().replace('"steps": 400', f'"steps": {short}')
    run.folder.recipe.write_text(record)
    run.resume(Local())
    assert run.wait(PATIENCE) == "finished", run.problem
    assert [e.step for e in starts(run)] == [0, 5]

    assert failed.wait(PATIENCE) == "failed"
    assert "cannot import 'no_such_module:model'" in failed.problem
    assert len(starts(failed)) == 0
    assert [e.attempt for e in failed.events()] == [1], "an error is not tried again"


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
