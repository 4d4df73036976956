"""Times in a real Chromium: main-thread work an interaction costs, frames, the first picture."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

QUIET = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync", "--no-sandbox"),
    *("--disable-background-networking", "--disable-component-update"),
    "--enable-unsafe-swiftshader",  # WebGL without a GPU, for the peers that need it
)
_TWO_FRAMES = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
)
_WATCH_FRAMES = """() => {
  window.frameTimes = [];
  const tick = (now) => {
    window.frameTimes.push(now);
    window.frameWatch = requestAnimationFrame(tick);
  };
  window.frameWatch = requestAnimationFrame(tick);
}"""
_FRAMES = "() => { cancelAnimationFrame(window.frameWatch); return window.frameTimes; }"

FIRST_PAINT = """
window.firstSeen = {};
(() => {
  const small = document.createElement("canvas");
  small.width = small.height = 12;
  const pen = small.getContext("2d", { willReadFrequently: true });
  const drawn = (canvas) => {
    if (!canvas.width || !canvas.height) return false;
    pen.clearRect(0, 0, 12, 12);
    pen.drawImage(canvas, 0, 0, 12, 12);
    return pen.getImageData(0, 0, 12, 12).data.some((value) => value > 0);
  };
  const seen = (name, there) => {
    if (there && !(name in window.firstSeen)) window.firstSeen[name] = performance.now();
  };
  const peers = ".heatmaplayer image, .js-plotly-plot .gl-canvas";
  const look = () => {
    const waits = (name) => !(name in window.firstSeen);
    const ours = (box) => [...box.querySelectorAll(".wb canvas")].some(drawn);
    if (waits("ours")) seen("ours", ours(document));
    seen("peer", document.querySelector(peers));
    [...document.querySelectorAll(".jp-CodeCell")].forEach((cell, number) => {
      const drawing = `drawn ${number}`;
      if (waits(drawing)) seen(drawing, cell.querySelector(peers) || ours(cell));
    });
    if (!window.seenEnough) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
"""Notes when an explorer's canvas or a peer's drawing were first seen, on a page or in a cell."""


@dataclass(frozen=True)
class Times:
    """Milliseconds, as many as there were measurements."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def late(self) -> float:
        """The 95th of a hundred."""
        return sorted(self.values)[min(len(self.values) - 1, int(0.95 * len(self.values)))]

    def __str__(self) -> str:
        return f"{self.median:.1f} ({self.late:.1f})"


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A quiet Chromium without a GPU."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = started.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser: Any, path: Path | None = None) -> Iterator[Any]:
    """A page of a fresh context, which notes what was first painted when."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    context.add_init_script(FIRST_PAINT)
    page = context.new_page()
    if path is not None:
        page.goto(path.as_uri())
    yield page
    context.close()


def painted(page: Any, what: str, seconds: float = 60) -> float:
    """Milliseconds from the start of the page until ``what`` was first seen."""
    page.wait_for_function(f"'{what}' in window.firstSeen", timeout=1000 * seconds)
    return page.evaluate(f"window.firstSeen['{what}']")


def work(
    page: Any, do: Callable[[int], Any], count: int = 60, warm: int = 5
) -> tuple[Times, Times]:
    """What the main thread computes for an interaction and the frames that follow it.

    All of it (script, style, layout, painting), then the script alone; in processor time as
    Chromium adds up its tasks, so that other programs disturb it little.
    """
    page.evaluate("window.seenEnough = true")  # what looks for first pictures costs time itself
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    found = []
    for number in range(warm + count):
        before = _spent(session)
        do(number)
        page.evaluate(_TWO_FRAMES)
        found.append([z - a for a, z in zip(before, _spent(session), strict=True)])
    whole, script = zip(*found[warm:], strict=True)
    return Times(whole), Times(script)


def frames(page: Any, do: Callable[[int], Any], count: int = 90) -> Times:
    """Time from one frame to the next while interactions come one after another."""
    page.evaluate(_WATCH_FRAMES)
    for number in range(count):
        do(number)
    times = page.evaluate(_FRAMES)
    return Times(tuple(b - a for a, b in itertools.pairwise(times)))


def _spent(session: Any) -> tuple[float, float]:
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return 1000 * metrics["TaskDuration"], 1000 * metrics["ScriptDuration"]
