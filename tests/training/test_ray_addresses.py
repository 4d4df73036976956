"""What is said where no cluster answers; needs none."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading

import pytest
import toy_pretraining as toy

from workbench.training.engines.local import Local
from workbench.training.engines.ray import Ray, own_modules
from workbench.training.engines.ray_jobs import Jobs, address_of, token
from workbench.training.errors import RunError
from workbench.training.lease import read_lease
from workbench.training.run import Run


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ("head", "http://head:8265"),
        ("head:80", "http://head:80"),
        ("https://head/ray/", "https://head/ray"),
        (" http://[::1]:8265/ ", "http://[::1]:8265"),
    ],
)
def test_an_address_may_be_given_in_short(given, whole):
    assert address_of(given) == whole


@pytest.mark.parametrize(
    "given", ["", "http://", "ray://head:10001", "head:x", "a head", "u:p@head"]
)
def test_what_is_no_address_is_refused(given):
    with pytest.raises(
        ValueError, match=r"is no address of a Ray dashboard: give http://HOST:8265"
    ):
        Ray(given)


def test_a_cluster_that_does_not_answer_is_named_and_the_run_can_train_elsewhere(home):
    with pytest.raises(RunError, match=r"no Ray cluster answers at http://127.0.0.1:1 .*ray start"):
        Run.start(toy.recipe(3), home / "run", engine=Ray("127.0.0.1:1"))
    run = Run.attach(home / "run")
    assert run.state == "dead"
    assert read_lease(run.folder) is None
    run.resume(Local())
    assert run.wait(60.0) == "finished"


def test_another_service_at_the_address_is_recognised(tmp_path):
    files = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.HTTPServer(("127.0.0.1", 0), files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(RunError, match=r"is not the dashboard of a Ray cluster"):
            Jobs(f"http://127.0.0.1:{server.server_port}").version()
    finally:
        server.shutdown()
        server.server_close()


def test_the_token_is_where_ray_looks_for_it(monkeypatch, tmp_path):
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))
    assert token() is None
    (tmp_path / "token").write_text("from a file\n")
    assert token() == "from a file"
    monkeypatch.setenv("RAY_AUTH_TOKEN", "from the environment")
    assert token() == "from the environment"


def test_own_modules_are_folders_outside_of_this_python(monkeypatch, tmp_path):
    installed = [entry for entry in sys.path if entry.endswith(("site-packages", "lib-dynload"))]
    monkeypatch.setattr(sys, "path", [str(tmp_path), *installed, str(tmp_path / "none"), ""])
    monkeypatch.chdir(tmp_path)
    assert installed
    assert own_modules() == [str(tmp_path)]


def test_submitting_needs_neither_ray_nor_torch():
    program = (
        "import sys, workbench.training.engines.ray\nassert not {'ray', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
