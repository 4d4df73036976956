"""One wheel with both packages; what is imported is declared; what is installed is pinned."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import workbench

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {"workbench", "widgets"}


def pins() -> dict[str, Version]:
    """Distribution name to the one version that constraints.txt allows."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def declared(*groups: str) -> list[Requirement]:
    """Requirements of the base and of the named extras."""
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for group in groups for line in extras[group])]
    return [Requirement(line) for line in lines]


def imports(path: Path) -> list[tuple[str, bool]]:
    """Top-level packages that a module imports, each with: is it imported with the module?"""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_once = {id(node) for node in _run_on_import(tree.body)}
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        found += [(name.split(".")[0], id(node) in at_once) for name in names]
    return found


def _run_on_import(body: list[ast.stmt]) -> list[ast.AST]:
    """Statements that run when a module is imported: not in functions, not for type checkers."""
    found: list[ast.AST] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        found.append(node)
        for inner in ("body", "orelse", "finalbody"):
            found += _run_on_import(getattr(node, inner, []))
    return found


def test_every_import_is_declared():
    """At import only the base may be needed; inside a function an extra will do.

    The front door is the room of the extra ``demo``: whoever opens it has installed that.
    """
    base = {canonicalize_name(r.name) for r in declared()}
    models = {canonicalize_name(line) for line in model_packages()}
    extras = {canonicalize_name(r.name) for r in declared(*PROJECT["optional-dependencies"])}
    demo = {canonicalize_name(r.name) for r in declared("demo")}
    front = (ROOT / "workbench" / "front", ROOT / "workbench" / "demo.py")
    distributions = packages_distributions()
    undeclared = {}
    for folder in OWN:
        for path in (ROOT / folder).rglob("*.py"):
            for package, at_once in imports(path):
                if package in sys.stdlib_module_names | OWN:
                    continue
                allowed = base if at_once else base | models | extras
                allowed = allowed | demo if {path, *path.parents} & {*front} else allowed
                homes = {canonicalize_name(n) for n in distributions.get(package, [package])}
                if not homes & allowed:
                    undeclared[f"{path.relative_to(ROOT)}: {package}"] = "at import" * at_once
    assert not undeclared


def model_packages() -> list[str]:
    """Names in model-packages.txt."""
    lines = (ROOT / "model-packages.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_pins_cover_and_fit_every_range():
    pinned = pins()
    wanted = declared(*PROJECT["optional-dependencies"])
    wanted = [r for r in wanted if r.name != PROJECT["name"]]
    assert len(wanted) > 30
    for requirement in wanted:
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} has no line in constraints.txt"
        assert version in requirement.specifier, f"{requirement} does not admit {version}"
        assert version.local is None
    assert {canonicalize_name(name) for name in model_packages()} <= pinned.keys()


def test_the_promised_extras_exist():
    extras = PROJECT["optional-dependencies"]
    assert {"demo", "formats", "cluster", "text", "dev"} <= extras.keys()
    assert PROJECT["requires-python"] == ">=3.11"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel that this checkout builds, opened."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_both_packages_whole(wheel):
    held = set(wheel.namelist())
    for folder in OWN:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".js", ".css"):
                assert path.relative_to(ROOT).as_posix() in held
    assert any(name.startswith("widgets/") and name.endswith(".js") for name in held)
    assert {name.split("/")[0].split("-")[0] for name in held} == OWN | {"vl_workbench"}


def test_the_wheel_brings_licence_command_and_extras(wheel):
    information = f"vl_workbench-{PROJECT['version']}.dist-info"
    metadata = wheel.read(f"{information}/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert "Apache License" in wheel.read(f"{information}/licenses/LICENSE").decode()
    assert (
        "workbench = workbench.cli:main" in wheel.read(f"{information}/entry_points.txt").decode()
    )
    for extra in PROJECT["optional-dependencies"]:
        assert f"Provides-Extra: {extra}" in metadata


def test_the_command_exists():
    module, name = PROJECT["scripts"]["workbench"].split(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_public_names_come_from_where_they_say():
    homes = {name: module for module, names in workbench.HOMES.items() for name in names}
    assert set(homes) == set(workbench.__all__)
    for name, module in homes.items():
        value = getattr(workbench, name)
        assert value is getattr(importlib.import_module(module), name)
        assert getattr(value, "__module__", module) == module
    assert workbench.__version__ == PROJECT["version"]
    with pytest.raises(AttributeError, match="nonsense"):
        _ = workbench.nonsense


def test_the_type_checker_reads_the_same_names():
    tree = ast.parse((ROOT / "workbench" / "__init__.py").read_text())
    block = next(n for n in tree.body if isinstance(n, ast.If))
    read = {
        (n.module, a.name) for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names
    }
    assert read == {(module, name) for module, names in workbench.HOMES.items() for name in names}


def test_binder_s_folder_is_right():
    folder = ROOT / "binder"
    assert re.fullmatch(r"python-3\.\d+\n", (folder / "runtime.txt").read_text())
    packages = (folder / "apt.txt").read_text().split()
    assert packages == sorted(packages) and packages
    for script in ("postBuild", "start"):
        path = folder / script
        assert path.stat().st_mode & 0o111, f"{script} must be executable"
        assert subprocess.run(["bash", "-n", path]).returncode == 0
    assert (folder / "start").read_text().rstrip().endswith('exec "$@"')
    for line in (folder / "requirements.txt").read_text().splitlines():
        option, _, value = line.partition(" ")
        if option in ("--constraint", "--requirement"):
            assert (folder / value).is_file()
