"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import functools
import json
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST_FILE = 300
LONGEST_CELL = 12
LARGEST_NOTEBOOK = 1_000_000

# Put together from pieces, so that this file does not hold what it forbids.
MACHINE_FOLDERS = ("work", "tmp", "root", "home", "opt", "Users")
MACHINE_PATH = re.compile(r"(?<![\w.~}>-])/(" + "|".join(MACHINE_FOLDERS) + r")/\w")
REGISTRY = re.compile(
    "|".join(
        re.escape(name + "." + end)
        for name, end in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("debian", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("download.pytorch", "org"),
        )
    )
)
ENCODED_PICTURE = re.compile(r"[A-Za-z0-9+/=\\n]{200,}")


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Files that git knows or would take on; everything a commit can hold."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    return tuple(path for name in listed.stdout.split("\0") if (path := ROOT / name).is_file())


def library(*endings: str) -> list[Path]:
    """Files of the two packages with these endings."""
    folders = (ROOT / "workbench", ROOT / "widgets")
    return [p for folder in folders for p in sorted(folder.rglob("*")) if p.suffix in endings]


def test_no_library_file_is_long():
    lengths = {path: len(path.read_text().splitlines()) for path in library(".py", ".js", ".css")}
    assert len(lengths) > 20
    long = {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > LONGEST_FILE}
    assert not long, f"over {LONGEST_FILE} lines, split them: {long}"


def places_named(text: str) -> list[str]:
    """Machine paths and registry hosts in a text."""
    text = ENCODED_PICTURE.sub("", text)
    return [found.group() for rule in (MACHINE_PATH, REGISTRY) for found in rule.finditer(text)]


def test_places_are_recognised():
    bad = "/" + "work/main"
    for text in (bad, f"open('{bad}')", f"see {bad}.", "https://pypi" + ".org/simple", f"={bad}"):
        assert places_named(text), text
    for text in ("src/work/x", "~/work/x", "a /work of art", "./tmp/x", "{folder}/tmp/x"):
        assert not places_named(text), text


def test_no_file_names_a_machine_or_a_registry():
    found = {}
    for path in tracked():
        try:
            named = places_named(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        if named:
            found[str(path.relative_to(ROOT))] = named
    assert not found


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        (
            "workbench, workbench.setup, workbench.places, workbench.data.example",
            "torch transformers numpy pandas",
        ),
        ("widgets", "torch transformers workbench pyarrow"),
    ],
)
def test_importing_loads_nothing_heavy(modules, absent):
    script = f"import sys, {modules}\nprint(*set({absent.split()!r}) & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == ""


def test_the_import_contract_is_kept(monkeypatch, capsys):
    from importlinter.cli import lint_imports

    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_nothing_foreign_is_unpickled():
    """Files from elsewhere can run code when unpickled; ours are read in ways that cannot."""
    assert unsafe_reads("torch.load(x)\npickle.loads(y)\nnp.load(z, allow_pickle=True)") == [
        1,
        2,
        3,
    ]
    assert unsafe_reads("torch.load(x, weights_only=True)\nnp.load(z)\njson.load(f)") == []
    found = {str(p.relative_to(ROOT)): unsafe_reads(p.read_text()) for p in library(".py")}
    assert not {name: lines for name, lines in found.items() if lines}


SYSTEM = re.compile(r"vilbert|uniter|unimo|visual_?bert|\bvlp|lxmert", re.IGNORECASE)


def test_shared_parts_name_no_system():
    """What only one system has belongs into its own file; sources are cited by their numbers."""
    assert SYSTEM.search("as in UNITER") and SYSTEM.search("import vlp")
    shared = [
        path
        for room in ("encoders", "objectives", "training", "layers")
        for path in sorted((ROOT / "workbench" / room).rglob("*.py"))
    ]
    assert len(shared) > 30
    named = {
        str(path.relative_to(ROOT)): found
        for path in shared
        if (found := SYSTEM.findall(path.read_text()))
    }
    assert not named


def unsafe_reads(source: str) -> list[int]:
    """Lines that unpickle without a restriction."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = ast.unparse(node.func)
        given = {k.arg: ast.unparse(k.value) for k in node.keywords}
        unpickles = name in ("pickle.load", "pickle.loads", "joblib.load", "pd.read_pickle")
        unguarded = name == "torch.load" and given.get("weights_only") != "True"
        if unpickles or unguarded or given.get("allow_pickle") == "True":
            lines.append(node.lineno)
    return sorted(lines)


def complaints(notebook: dict, size: int) -> list[str]:
    """What keeps a notebook from being thin and clean."""
    found = [f"{size} bytes"] if size > LARGEST_NOTEBOOK else []
    if "widgets" in notebook["metadata"]:
        found.append("widget state")
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        if len(source.splitlines()) > LONGEST_CELL:
            found.append(f"cell {number}: {len(source.splitlines())} lines")
        code = re.sub(r"^\s*[%!].*$", "pass", source, flags=re.MULTILINE)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        if any(isinstance(node, kinds) for node in ast.walk(ast.parse(code))):
            found.append(f"cell {number}: defines a function or a class")
        if any(output["output_type"] == "error" for output in cell["outputs"]):
            found.append(f"cell {number}: ended in an error")
        if source.strip() and cell["execution_count"] is None:
            found.append(f"cell {number}: never executed")
    return found


def test_a_fat_notebook_is_recognised():
    cell = {
        "cell_type": "code",
        "source": ["def f():\n"] + ["    pass\n"] * LONGEST_CELL,
        "outputs": [{"output_type": "error"}],
        "execution_count": None,
    }
    fat = {"metadata": {"widgets": {}}, "cells": [cell]}
    assert len(complaints(fat, LARGEST_NOTEBOOK + 1)) == 6
    thin = {**cell, "source": ["%matplotlib inline\n", "x"], "outputs": [], "execution_count": 1}
    assert complaints({"metadata": {}, "cells": [thin]}, 1000) == []


def test_notebooks_are_thin_and_clean():
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert notebooks
    found = {
        path.name: complaints(json.loads(path.read_text("utf-8")), path.stat().st_size)
        for path in notebooks
    }
    assert not {name: listed for name, listed in found.items() if listed}


def test_there_is_no_yaml():
    """But for the documentation site's own settings, which are its tool's to read."""
    files = [str(p.relative_to(ROOT)) for p in tracked() if p.suffix in (".yml", ".yaml")]
    files.remove("mkdocs.yml")
    readers = [
        str(p) for p in library(".py") if re.search(r"^\s*(import|from) yaml", p.read_text())
    ]
    assert not files + readers


def test_the_version_is_said_once_and_the_same_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert cited and newest
    assert {cited.group(1), newest.group(1)} == {version}


def test_the_tests_are_offline():
    with pytest.raises(OSError, match="offline"):
        socket.create_connection(("example.com", 80), timeout=1)
    with socket.socket() as outward, pytest.raises(OSError, match="offline"):
        outward.connect(("192.0.2.1", 80))


def test_shapes_are_enforced_while_testing():
    import torch
    from jaxtyping import TypeCheckError

    from workbench.pairs import Offsets

    with pytest.raises(TypeCheckError):
        Offsets(torch.zeros(2, 2, dtype=torch.int64), 0)
