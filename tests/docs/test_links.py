"""Every link of the documentation leads somewhere, anchors included, as GitHub shows the pages."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import DOCS, ROOT, anchors_of, blocks_of, links_of

PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def broken(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere."""
    found = []
    for link in links_of(page.read_text("utf-8")):
        place, _, anchor = unquote(link).partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or not target.is_relative_to(ROOT):
            found.append(f"{link}: no such file")
        elif (
            anchor
            and target.suffix == ".md"
            and anchor not in anchors_of(target.read_text("utf-8"))
        ):
            found.append(f"{link}: no such heading")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    assert broken(page) == []


def test_a_broken_link_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.docs.test_links.ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# What, *now*?\n\n## `a_b` twice\n\n## `a_b` twice\n")
    good = "[x](other.md#what-now) [y](other.md#a_b-twice-1) [z](https://there.is) ![p](other.md)"
    page = tmp_path / "page.md"
    page.write_text(f"{good} `[no](nowhere)`\n```text\n[no](nowhere)\n```\n")
    assert broken(page) == []
    page.write_text("[a](gone.md) [b](other.md#gone) [c [d]](#gone) [e](../up.md)")
    assert [line.partition(":")[0] for line in broken(page)] == [
        "gone.md",
        "other.md#gone",
        "#gone",
        "../up.md",
    ]


def test_fences_are_read():
    text = (
        '# A\n\n```python title="a.py"\nx = 1\n```\n\n<!-- not run: no ls -->\n\n```sh\nls\n```\n'
    )
    one, two = blocks_of(text)
    assert (one.language, one.title, one.text, one.line) == ("python", "a.py", "x = 1\n", 4)
    assert (two.text, two.line, two.not_run, two.fails) == ("ls\n", 10, "no ls", False)
    assert one.runs and not two.runs
    (fails,) = blocks_of("<!-- fails -->\n\n```python\nx\n```\n")
    assert fails.fails and fails.runs and not fails.strange
    assert blocks_of("```python fails\nx\n```\n")[0].strange == "fails"
