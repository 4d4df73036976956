"""A real Chromium, pages that report every request and error, and axe-core where npm has it.

Fixtures of the whole suite (tests/conftest.py): a process can drive one Chromium only.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AXE = "axe-core@4.14.1"


@dataclass
class WatchedPage:
    """A page and what it should not have done."""

    page: object
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium, as ``apt-get install chromium`` gives it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not on the PATH: apt-get install chromium")
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    quiet += ["--disable-background-networking", "--disable-component-update", "--no-sandbox"]
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, args=quiet)
        yield running
        running.close()


@pytest.fixture
def open_page(browser) -> Iterator[Callable[..., WatchedPage]]:
    """Opens an address or a file in a fresh context; what comes from outside is refused, noted."""
    contexts = []

    def open_it(
        address: str | Path, dark: bool = False, width: int = 1000, height: int = 800
    ) -> WatchedPage:
        context = browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        contexts.append(context)
        watched = WatchedPage(context.new_page())

        def judge(route) -> None:
            url = route.request.url
            inside = url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:"))
            if inside:
                route.continue_()
            else:
                watched.requests.append(url)
                route.abort()

        context.route("**/*", judge)
        page = watched.page
        page.on("console", lambda m: watched.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda problem: watched.errors.append(str(problem)))
        page.goto(address.as_uri() if isinstance(address, Path) else address)
        return watched

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, fetched once through npm into ``.cache``."""
    kept = ROOT / ".cache" / f"{AXE.replace('@', '-')}.min.js"
    if not kept.is_file():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed: accessibility was not checked by axe")
        kept.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            fetch = ["npm", "pack", AXE, "--silent"]
            try:
                subprocess.run(fetch, cwd=folder, check=True, capture_output=True, timeout=90)
            except (subprocess.SubprocessError, OSError) as problem:
                pytest.skip(f"{AXE} is not to be had through npm: {problem}")
            [archive] = Path(folder).glob("*.tgz")
            with tarfile.open(archive) as tar:
                source = tar.extractfile("package/axe.min.js")
                assert source is not None
                partial = kept.with_suffix(f".{Path(folder).name}")
                partial.write_bytes(source.read())
                partial.replace(kept)
    return kept.read_text("utf-8")
