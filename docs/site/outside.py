"""Links that leave ``docs``: what works on GitHub works on the site as well.

A link to a notebook leads to its tutorial, one to the change log or the README to its page, one to
any other file of the checkout to a page with its text.  A module named in backquotes leads to its
place in the reference.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {
    "README.md": "project/readme.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
}
FOLDERS = {
    "workbench": "reference/index.md",
    "widgets": "reference/widgets.md",
    "notebooks": "tutorials/index.md",
}
ORIGINS = {page: text for text, page in TEXTS.items()}
FENCE = re.compile(r"^(```+).*?^\1`*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\()(?!#|[a-z]+:)([^)\s#]+)((?:#[^)\s]*)?(?:\s\"[^\"]*\")?\))")
MODULE = re.compile(r"(?<!\[)`((?:workbench|widgets)/[\w/]+)\.py`")
FROM_ELSEWHERE = re.compile(r"!\[([^\]]*)\]\(https?://[^)\s]+\)")
LANGUAGES = (".py", ".sh", ".toml", ".js", ".json")
UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the texts beside ``docs``, and a page for each other file that a page links to."""
    for text, page in TEXTS.items():
        content = (ROOT / text).read_text("utf-8")
        files.append(File.generated(config, page, content=content))
    pages = files.documentation_pages()
    wanted = {path for file in pages for path in linked(file.content_string, origin(file.src_uri))}
    for path in sorted(wanted):
        page = place_on_site(path)
        if page.startswith("source/") and (ROOT / path).exists():
            shown = InclusionLevel.NOT_IN_NAV
            files.append(File.generated(config, page, content=text_of(path), inclusion=shown))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point every link at the place on the site, and every module at its reference.

    A picture of another machine (a badge) becomes its words: the site loads nothing from elsewhere.
    """
    here = page.file.src_uri
    if here.startswith("source/"):
        return markdown
    folder = posixpath.dirname(here) or "."

    def turned(target: str) -> str:
        return posixpath.relpath(place_on_site(in_checkout(target, origin(here))), folder)

    return each_link(FROM_ELSEWHERE.sub(r"\1", markdown), turned, referred)


def each_link(text: str, turned: Callable[[str], str], prose: Callable[[str], str] = str) -> str:
    """A text with its links' targets changed, and its prose; blocks of code stay as they are."""
    parts, end = [], 0
    for fence in [*FENCE.finditer(text), None]:
        between = text[end : fence.start() if fence else None]
        parts.append(LINK.sub(lambda m: m[1] + turned(m[2]) + m[3], prose(between)))
        if fence:
            parts.append(fence[0])
            end = fence.end()
    return "".join(parts)


def linked(text: str, origin: str) -> set[str]:
    """The paths in the checkout that a text links to."""
    found: set[str] = set()

    def noted(target: str) -> str:
        found.add(in_checkout(target, origin))
        return target

    each_link(text, noted)
    return found


def referred(text: str) -> str:
    """Prose whose named modules are links into the reference."""

    def link(found: re.Match[str]) -> str:
        public = (ROOT / f"{found[1]}.py").is_file() and "/_" not in found[1]
        return f"[{found[0]}][{found[1].replace('/', '.')}]" if public else found[0]

    return MODULE.sub(link, text)


def origin(page: str) -> str:
    """The file of the checkout that a page of the site is made from."""
    if page.startswith("tutorials/") and page != "tutorials/index.md":
        return f"notebooks/{Path(page).stem}.ipynb"
    return ORIGINS.get(page, f"docs/{page}")


def in_checkout(target: str, origin: str) -> str:
    """The path, from the checkout's root, that a link in a file of the checkout means."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))


def place_on_site(path: str) -> str:
    """The page of the site for a path of the checkout."""
    if path in TEXTS or path in FOLDERS:
        return TEXTS.get(path) or FOLDERS[path]
    if path.startswith("notebooks/"):
        # Pictures of a tutorial lie beside its page.
        return f"tutorials/{path.removeprefix('notebooks/').replace('.ipynb', '.md')}"
    if path.startswith("docs/"):
        inside = path.removeprefix("docs/")
        firsts = [f"{inside}/{name}" for name in ("index.md", "README.md")]
        return next((first for first in firsts if (ROOT / "docs" / first).is_file()), inside)
    return f"source/{path}.md"


def text_of(path: str) -> str:
    """A page that shows a file, or lists a folder."""
    place = ROOT / path
    if place.is_dir():
        names = "\n".join(sorted(p.name for p in place.iterdir() if p.name[0] not in "._"))
        return f"{UNSEARCHED}# {path}/\n\n````text\n{names}\n````\n"
    language = (
        place.suffix[1:] if place.suffix in (".py", ".sh", ".toml", ".js", ".json") else "text"
    )
    text = place.read_text("utf-8").rstrip()
    return f"{UNSEARCHED}# {path}\n\n````{language}\n{text}\n````\n"
