"""docs/ledger.md tells the truth: every item once, real files and tests, nothing cited unbuilt."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEDGER = ROOT / "docs" / "ledger.md"
LAST = {"V": 30, "U": 33, "P": 26, "M": 38, "X": 7}
"""The checklist's last number for each letter."""

STATES = re.compile(r"here|partly: \S.*|not yet")
CITED = re.compile(r"\b([VUPMX])(\d{1,2})(?:\s*[–-]\s*(?:\1)?(\d{1,2}))?\b")


@dataclass(frozen=True)
class Row:
    """One line of the ledger."""

    item: str
    title: str
    places: tuple[str, ...]
    tests: tuple[str, ...]
    state: str


def rows_of(text: str) -> list[Row]:
    """The ledger's rows, in order."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if re.fullmatch(r"[VUPMX]\d+", cells[0]):
            if len(cells) != 5:
                raise ValueError(f"a ledger row needs 5 cells, this one has {len(cells)}: {line}")
            item, title, places, tests, state = cells
            quoted = (tuple(re.findall(r"`([^`]+)`", cell)) for cell in (places, tests))
            rows.append(Row(item, title, *quoted, state))
    return rows


def functions_of(path: Path) -> set[str]:
    """Names of the test functions in a file, those of classes included."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def complaints(rows: Iterable[Row]) -> list[str]:
    """What is wrong with the ledger's rows, in words."""
    rows = list(rows)
    found = []
    wanted = [f"{letter}{n}" for letter, last in LAST.items() for n in range(1, last + 1)]
    items = [row.item for row in rows]
    counts = {item: items.count(item) for item in wanted}
    found += [f"{item}: in the ledger {n} times" for item, n in counts.items() if n != 1]
    found += [f"{item}: not in the checklist" for item in items if item not in wanted]
    for row in rows:
        if not row.title:
            found.append(f"{row.item}: has no title")
        if not STATES.fullmatch(row.state):
            found.append(f"{row.item}: unknown state {row.state!r}")
        if row.state == "not yet" and (row.places or row.tests):
            found.append(f"{row.item}: not yet, but names files")
        if row.state != "not yet" and not row.places:
            found.append(f"{row.item}: {row.state}, but names no file")
        if row.state == "here" and not row.tests:
            found.append(f"{row.item}: here, but names no test")
        found += [f"{row.item}: no file {p}" for p in row.places if not (ROOT / p).exists()]
        for test in row.tests:
            file, _, name = test.partition("::")
            if not (ROOT / file).is_file():
                found.append(f"{row.item}: no file {file}")
            elif name not in functions_of(ROOT / file):
                found.append(f"{row.item}: no test {name or '(unnamed)'} in {file}")
    return found


def citations(source: str) -> set[str]:
    """Checklist items that the docstrings of a module cite; "U1–U3" cites three."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds))
    texts = [ast.get_docstring(node) or "" for node in nodes]
    return {
        f"{letter}{n}"
        for letter, first, last in CITED.findall("\n".join(texts))
        for n in range(int(first), int(last or first) + 1)
        if n <= LAST[letter]
    }


def test_the_ledger_is_complete_and_true():
    assert complaints(rows_of(LEDGER.read_text(encoding="utf-8"))) == []


def test_what_the_code_cites_is_in_the_ledger_as_built():
    state = {row.item: row.state for row in rows_of(LEDGER.read_text(encoding="utf-8"))}
    unbuilt: dict[str, list[str]] = {}
    for folder in ("workbench", "widgets"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for item in citations(path.read_text(encoding="utf-8")):
                if state.get(item) == "not yet":
                    unbuilt.setdefault(item, []).append(str(path.relative_to(ROOT)))
    assert not unbuilt, "cited in a docstring, but the ledger says: not yet"


def test_citations_are_read():
    source = '"""One (U1–U3, X2)."""\ndef f():\n    """See P6 and M16-17 (V99)."""\n    x = "V5"'
    assert citations(source) == {"U1", "U2", "U3", "X2", "P6", "M16", "M17"}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("| U1 | title | `no/such.py` | `tests/test_ledger.py::rows_of` | here |", "no/such.py"),
        ("| U1 | title | `tests` | `tests/test_ledger.py::gone` | here |", "no test gone"),
        ("| U1 | title | `tests` | | here |", "names no test"),
        ("| U1 | title | | | partly: no large size |", "names no file"),
        ("| U1 | title | | | done |", "unknown state"),
        ("| U1 | | | | not yet |", "no title"),
        ("| U99 | title | | | not yet |", "not in the checklist"),
    ],
)
def test_a_false_row_is_noticed(line, complaint):
    text = LEDGER.read_text(encoding="utf-8")
    honest = complaints(rows_of(text))
    false = complaints(rows_of(re.sub(r"^\| U1 \|.*$", line, text, flags=re.MULTILINE)))
    assert complaint in " ".join(set(false) - set(honest))
