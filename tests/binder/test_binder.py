"""What Binder does with this repository, as far as can be told without docker."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINDER = ROOT / "binder"


def started(*command: str) -> str:
    """What a command says that ``binder/start`` runs, as Binder runs the server."""
    ran = subprocess.run([BINDER / "start", *command], capture_output=True, text=True, check=True)
    return ran.stdout


def test_repo2docker_reads_the_folder(monkeypatch):
    packs = pytest.importorskip(
        "repo2docker.buildpacks", reason="jupyter-repo2docker is not installed"
    )
    monkeypatch.chdir(ROOT)
    pack = packs.PythonBuildPack(base_image="docker.io/library/buildpack-deps:24.04")
    assert pack.detect() and pack.binder_dir == "binder"
    assert pack.python_version == "3.11"
    pack.platform = "linux/amd64"
    said = pack.render(build_args={})
    assert re.search(r'pip install --no-cache-dir -r "?binder/requirements.txt', said)
    assert "./binder/postBuild" in said and "binder/start" in said
    assert "fonts-liberation" in said


def test_a_session_is_small_and_offline():
    pairs = (line.partition("=") for line in started("env").splitlines())
    environment = {name: value for name, _, value in pairs}
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["WORKBENCH_SCENES_SOURCE"] == "drawn"
    assert started("printf", "%s|", "two words", "*") == "two words|*|"


def test_torch_comes_without_cuda():
    """Only one command installs what needs torch, and it asks for the CPU build."""
    requirements = (BINDER / "requirements.txt").read_text()
    wanted = [line for line in requirements.splitlines() if not line.startswith("#")]
    assert [re.match(r"\w+", line).group() for line in wanted] == ["uv"]  # pyright: ignore
    installs = [line for line in (BINDER / "postBuild").read_text().splitlines() if "into[" in line]
    assert len(installs) == 2
    assert "--torch-backend cpu" in installs[0] and "--editable" in installs[0]
    assert "--no-deps" in installs[1]


def test_jupyterlab_is_told_to_be_quiet():
    told = json.loads((BINDER / "overrides.json").read_text())
    assert told["@jupyterlab/notebook-extension:tracker"]["autoStartDefaultKernel"] is True
    assert told["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_there_is_a_badge_for_every_tutorial():
    command = [sys.executable, BINDER / "badges.py", "someone/something"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    notebooks = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert len(lines) == 2 + len(notebooks)
    for name, line in zip(notebooks, lines[2:], strict=True):
        assert f"/v2/gh/someone/something/HEAD?urlpath=lab/tree/notebooks/{name})" in line
        assert f"/github/someone/something/blob/HEAD/notebooks/{name})" in line
        assert re.match(rf"\| {name[:2]} \w.+ \| \[!\[Binder\]", line)
