"""The documentation site: built without a network, every link leads somewhere, good to read."""

from __future__ import annotations

import logging
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import widgets
import workbench
from tests.docs.pages import ROOT

pytestmark = pytest.mark.slow

KINDS = (
    "index.html",
    "concepts/index.html",
    "tutorials/00_start_here.html",
    "reference/pairs.html",
    "ledger.html",
)
"""A page of each kind: the first one, one with a drawing, a notebook, docstrings, wide tables."""


class Read(HTMLParser):
    """What a page links to and loads, the places in it that can be linked to, and what it says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preconnect", "preload"):
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])

    def handle_data(self, data):
        self.said.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built in this process, where every connection to elsewhere is refused."""
    build = pytest.importorskip("mkdocs.commands.build", reason="the extra docs is not installed")
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    warnings: list[str] = []
    listener = logging.Handler(logging.WARNING)
    listener.emit = lambda record: warnings.append(record.getMessage())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        logging.getLogger("mkdocs").addHandler(listener)
        try:
            build.build(load_config("mkdocs.yml", site_dir=str(folder), strict=False))
        finally:
            logging.getLogger("mkdocs").removeHandler(listener)
    assert warnings == []
    return folder


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Read]:
    """Every page of the site by its path."""
    found = sorted(site.rglob("*.html"))
    return {p.relative_to(site).as_posix(): Read(p.read_text("utf-8")) for p in found}


def faults(pages: dict[str, Read], site: Path) -> list[str]:
    """Links and files that are not there, and whatever is loaded from elsewhere."""
    found = []
    for name, page in pages.items():
        if name == "404.html":  # shown at any address, its links begin at the site's own
            continue
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                found += [f"{name} loads {link}"] if link in page.loads else []
                continue
            target = posixpath.normpath(
                posixpath.join(posixpath.dirname(name), unquote(parts.path))
            )
            target = target if parts.path else name
            if not (site / target).is_file():
                found.append(f"{name} -> {link}")
            elif parts.fragment and target in pages:
                place = unquote(parts.fragment)
                if place not in pages[target].places and not place.startswith("__"):
                    found.append(f"{name} -> {link}: no such place")
    return found


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(pages, site):
    assert len(pages) > 50
    assert faults(pages, site) == []


def test_a_fault_is_noticed(tmp_path):
    (tmp_path / "a.html").write_text('<h1 id="x"></h1>')
    text = (
        '<a href="a.html#x"></a><a href="a.html#y"></a><a href="gone.html"></a>'
        '<script src="https://elsewhere.example/x.js"></script><a href="https://fine.example"></a>'
    )
    (tmp_path / "b.html").write_text(text)
    read = {name: Read((tmp_path / name).read_text()) for name in ("a.html", "b.html")}
    assert faults(read, tmp_path) == [
        "b.html -> a.html#y: no such place",
        "b.html -> gone.html",
        "b.html loads https://elsewhere.example/x.js",
    ]


def test_everything_that_is_written_has_its_page(pages):
    notebooks = {f"tutorials/{path.stem}.html" for path in (ROOT / "notebooks").glob("*.ipynb")}
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in ("workbench", "widgets")
        for path in (ROOT / package).rglob("*.py")
        if not path.stem.startswith("_")
    }
    public = {f"{home}.{name}" for home, names in workbench.HOMES.items() for name in names}
    public |= {f"{home}.{name}" for name, home in widgets._HOMES.items()}
    reference = [page for name, page in pages.items() if name.startswith("reference/")]
    places = set().union(*(page.places for page in reference))
    assert notebooks <= pages.keys()
    assert len(modules) > 250 and not modules - places
    assert len(public) > 80 and not public - places


def test_docstrings_are_read_as_they_are_meant(pages):
    said = {name: "".join(page.said) for name, page in pages.items() if name.startswith("ref")}
    assert len(said) > 15
    marks = re.compile(r"``|\.\. image::")
    assert not {name: found for name, text in said.items() if (found := marks.findall(text))}
    assert "Int[Tensor, " in said["reference/pairs.html"]
    assert "../pictures/session.png" in pages["reference/widgets.html"].loads


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_good_to_read_from_a_folder(open_page, axe, site, kind, dark):
    watched = open_page(site / kind, dark=dark, width=1280)
    page = watched.page
    page.wait_for_selector("[data-md-component='content']")
    scheme = page.get_attribute("body", "data-md-color-scheme")
    assert scheme == ("slate" if dark else "default")
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run({preload: false})).violations")
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert (watched.requests, watched.errors) == ([], [])


@pytest.mark.browser
def test_the_search_finds_without_a_server(open_page, site):
    watched = open_page(site / "index.html", width=1280)
    watched.page.click(".md-search__input")
    watched.page.type(".md-search__input", "Offsets")
    result = watched.page.wait_for_selector(".md-search-result__link")
    assert "reference/pairs.html" in result.get_attribute("href")
    assert (watched.requests, watched.errors) == ([], [])
