"""Folders of the site: in the navigation ``folder/*`` is every page there, sorted by name.

On a page, ``<!-- pages of folder -->`` becomes a list of them with their titles, and
``<!-- modules of package -->`` the reference of every module of a package, ``package.*`` of those
that lie in no folder of it.
"""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PAGES = re.compile(r"<!-- pages of (\S+) -->")
MODULES = re.compile(r"<!-- modules of (\S+) -->")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the pages of folders into the navigation."""
    config.nav = expanded(config.nav, files)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write the lists that a page asks for."""
    markdown = PAGES.sub(lambda found: titles(found[1], page.file.src_uri, files), markdown)
    return MODULES.sub(lambda found: modules(found[1]), markdown)


def pages_of(folder: str, files: Files) -> list[File]:
    """The pages that lie in a folder itself, sorted by name, without its first page."""
    found = [f for f in files.documentation_pages() if f.src_uri.rpartition("/")[0] == folder]
    return sorted((f for f in found if f.name != "index"), key=lambda file: file.src_uri)


def expanded(entry: object, files: Files) -> object:
    """A part of the navigation with the folders' pages in it."""
    if isinstance(entry, dict):
        return {title: expanded(inner, files) for title, inner in entry.items()}
    if not isinstance(entry, list):
        return entry
    found: list[object] = []
    for inner in entry:
        if isinstance(inner, str) and inner.endswith("/*"):
            found += [file.src_uri for file in pages_of(inner[:-2], files)]
        else:
            found.append(expanded(inner, files))
    return found


def titles(folder: str, origin: str, files: Files) -> str:
    """A list of links to the pages of a folder."""
    up = "../" * origin.count("/")
    lines = []
    for file in pages_of(folder, files):
        title = TITLE.search(file.content_string)
        lines.append(f"- [{title[1] if title else file.name}]({up}{file.src_uri})")
    return "\n".join(lines)


def modules(package: str) -> str:
    """The reference of every public module in a package and below, or of one module."""
    place = ROOT / package.removesuffix(".*").replace(".", "/")
    found = place.glob("*.py") if package.endswith(".*") else place.rglob("*.py")
    paths = sorted(found, key=lambda path: (len(path.parts), path))
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in paths if p.stem[0] != "_"]
    return "\n\n".join(f"::: {name}" for name in names or [package])
