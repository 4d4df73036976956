"""``<!-- names of package -->`` on a page: the names that can be taken from a package directly."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
NAMES = re.compile(r"<!-- names of (\w+) -->")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write the table of names that a page asks for."""
    return NAMES.sub(lambda found: table(found[1]), markdown)


@functools.cache
def table(package: str) -> str:
    """Each public name with the first sentence of its docstring, a link into the reference."""
    loaded = griffe.load(package, search_paths=[ROOT])
    lines = ["| name | what it is |", "|--|--|"]
    for name in sorted(loaded.exports or (), key=lambda name: str(name).lower()):
        target = loaded[str(name)].final_target
        said = target.docstring.value if target.docstring else ""
        first = said.replace("``", "`").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        lines.append(f"| [`{name}`][{target.path}] | {first} |")
    return "\n".join(lines)
