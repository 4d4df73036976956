"""What the pages tell to type is typed here, in order, and answers what they say it answers."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, RUNNABLE, Block, blocks_of
from workbench.cli import main

PAGES = [*sorted((DOCS / "how-to").glob("*.md")), DOCS / "faq.md"]
OTHERS = sorted({ROOT / "README.md", *DOCS.rglob("*.md")} - set(PAGES))


def called(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=called)
def test_a_page_does_what_it_says(page, desk, request):
    text = page.read_text("utf-8")
    if "ready.ready()" in text:
        request.getfixturevalue("trained")
    before, namespace = set(sys.modules), {"__name__": "__main__"}
    blocks = blocks_of(text)
    try:
        for block, behind in zip_longest(blocks, blocks[1:]):
            if block.title:
                (desk / block.title).write_text(block.text, "utf-8")
            elif block.runs and block.fails:
                assert behind is not None and behind.language == "text", (page, block.line)
                message = refused(block, page, namespace)
                assert fits(message, behind.text), f"{page.name}, line {block.line}: {message}"
            elif block.runs:
                ran(block, page, namespace)
    finally:
        for name in set(sys.modules) - before:
            where = getattr(sys.modules[name], "__file__", None) or ""
            if where.startswith(str(desk)):
                del sys.modules[name]


def ran(block: Block, page: Path, namespace: dict) -> None:
    if block.language == "python":
        # empty lines in front, so that a traceback names the page's own line
        exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), namespace)
        return
    for line in lines_of(block):
        words = shlex.split(line, comments=True)
        if words[0] == "workbench":
            assert main(words[1:]) == 0, f"{page.name}, line {block.line}: {line}"
        else:
            words[0] = sys.executable if words[0] == "python" else words[0]
            subprocess.run(words, check=True, timeout=120)


def refused(block: Block, page: Path, namespace: dict) -> str:
    """What a block that fails says."""
    if block.language == "python":
        with pytest.raises(Exception) as problem:
            ran(block, page, namespace)
        return str(problem.value)
    (line,) = lines_of(block)
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        assert main(shlex.split(line)[1:]) == 2
    return told.getvalue()


def lines_of(block: Block) -> list[str]:
    """The lines of a shell, those that go on put together."""
    whole = block.text.replace("\\\n", " ")
    return [line for line in whole.splitlines() if line.strip() and not line.startswith("#")]


def fits(message: str, quoted: str) -> bool:
    """Whether a message is the one that is quoted, but for spaces and what … stands for."""
    parts = [re.escape(" ".join(part.split())) for part in quoted.split("…")]
    return re.search(r"\s*.*?\s*".join(parts), " ".join(message.split())) is not None


def test_quoted_messages_are_compared():
    assert fits("a  b\nc: 3 of 4", "a b c: … of 4\n")
    assert not fits("a b d", "a b c")


def test_what_is_not_run_says_why(capsys):
    blocks = {page: blocks_of(page.read_text("utf-8")) for page in PAGES}
    left = [(called(p), b) for p, found in blocks.items() for b in found if b.not_run]
    with capsys.disabled():
        for page, block in left:
            print(f"\nnot run: {page}, line {block.line}: {block.not_run}", end="")
    assert all(len(block.not_run.split()) > 2 for _, block in left)
    running = [block for found in blocks.values() for block in found if block.runs]
    assert len(running) > 4 * len(left), "most of what is shown is run"


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_every_fence_says_what_it_is(page):
    known = {*RUNNABLE, "text", "csv", "json", "html"}
    blocks = blocks_of(page.read_text("utf-8"))
    odd = [(b.line, b.language, b.strange) for b in blocks if b.language not in known or b.strange]
    assert not odd


@pytest.mark.parametrize("page", OTHERS, ids=called)
def test_what_other_pages_import_is_there(page):
    """Their blocks need data or time; their imports at least are real."""
    for block in blocks_of(page.read_text("utf-8")):
        if block.language != "python" or block.title or block.not_run:
            continue
        tree = ast.parse(block.text, str(page))
        kept = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(kept, []), str(page), "exec"), {})
