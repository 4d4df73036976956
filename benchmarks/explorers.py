"""What the explorers cost in a browser: redraw, pan, first picture, size, import.

    python -m benchmarks.explorers [--rounds 3] [--without-lab]      (about five minutes)

Real pages in a real Chromium, a real JupyterLab, and plotly with the same numbers beside them.
*Work* is the processor time of Chromium's main thread for one interaction until the frame after it
is drawn: script, style, layout, painting.  An interaction that does nothing is measured too.
*Frames* are the times from one frame to the next while interactions come one after another; 16.7
is every frame of the screen.  Values are medians, in brackets the 95th of a hundred.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import explorer_samples as samples
from benchmarks.browser_timing import Times, chromium, frames, opened, painted, work
from benchmarks.explorer_notebooks import in_jupyterlab, sizes

Row = tuple[str, str, str]
_CENTRES = """(selector) => [...document.querySelectorAll(selector)].map((element) => {
  const box = element.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
})"""
_CLICK = """(number) => setTimeout(() => {
  const found = document.querySelectorAll("[role=gridcell]");
  found[number % found.length].click();
})"""
_RESTYLE = """(number) => setTimeout(() =>
  Plotly.restyle(document.querySelector(".js-plotly-plot"), { z: [window.heads[number % 12]] }))"""


def hover_and_redraw(browser: Any, folder: Path) -> list[Row]:
    """The attention explorer under a pointer and with another head, beside a plotly heat map."""
    with opened(browser, samples.attention_page(folder)) as page:
        painted(page, "ours")
        page.wait_for_timeout(500)
        nothing = work(page, lambda number: None)
        words = page.evaluate(_CENTRES, "[aria-label=words] [role=option]")
        hover = work(page, lambda number: page.mouse.move(*words[number % len(words)]))
        smooth = frames(page, lambda number: page.mouse.move(*words[number % len(words)]))
        head = work(page, lambda number: page.evaluate(_CLICK, number))
    with opened(browser, samples.plotly_heat_page(folder)) as page:
        painted(page, "peer")
        page.wait_for_timeout(500)
        area = page.locator(".nsewdrag").bounding_box()
        places = [
            (area["x"] + area["width"] * (i + 0.5) / 40, area["y"] + area["height"] / 2)
            for i in range(40)
        ]
        theirs = work(page, lambda number: page.mouse.move(*places[number % 40]))
        steady = frames(page, lambda number: page.mouse.move(*places[number % 40]))
        other = work(page, lambda number: page.evaluate(_RESTYLE, number))
    return [
        *_works("an interaction that does nothing", nothing),
        *_works("hover a word, everything follows (plotly: one label)", hover, theirs),
        ("hovers one after another, frames, ms", str(smooth), str(steady)),
        *_works("another head, 40 x 100 weights", head, other),
    ]


def pan(browser: Any, folder: Path) -> list[Row]:
    """20,000 points dragged, beside plotly's scattergl."""
    found = []
    for path, name, selector in (
        (samples.neighbourhoods_page(folder), "ours", ".wb canvas"),
        (samples.plotly_scatter_page(folder), "peer", ".nsewdrag"),
    ):
        with opened(browser, path) as page:
            painted(page, name)
            page.wait_for_timeout(1000)
            area = page.locator(selector).first.bounding_box()
            x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
            places = [(x + 80 * (i % 30) / 30, y + 60 * (i % 20) / 20) for i in range(60)]
            page.mouse.move(x, y)
            before = page.locator(selector).first.screenshot()
            page.mouse.down()
            cost = work(page, lambda n, page=page, at=places: page.mouse.move(*at[n % 60]))
            pace = frames(page, lambda n, page=page, at=places: page.mouse.move(*at[n % 60]))
            page.mouse.up()
            if page.locator(selector).first.screenshot() == before:
                raise RuntimeError(f"{path.name} was dragged and did not move")
            found.append((cost, pace))
    (ours, smooth), (theirs, steady) = found
    return [
        *_works("pan 20,000 points (plotly: scattergl)", ours, theirs),
        ("pans one after another, frames, ms", str(smooth), str(steady)),
    ]


def first_picture(browser: Any, folder: Path, rounds: int) -> list[Row]:
    """A saved page, from its opening and from its module's first line to something drawn."""
    page_path, peer_path = samples.attention_page(folder), samples.plotly_heat_page(folder)
    begun = "<script type=\"module\">\nperformance.mark('begin');\n"
    text = page_path.read_text("utf-8").replace('<script type="module">\n', begun)
    page_path.write_text(text, "utf-8")
    times: dict[str, list[float]] = {"opening": [], "module": [], "peer": []}
    for _ in range(rounds):
        with opened(browser, page_path) as page:
            seen = painted(page, "ours")
            begin = page.evaluate("performance.getEntriesByName('begin')[0].startTime")
            times["opening"].append(seen)
            times["module"].append(seen - begin)
        with opened(browser, peer_path) as page:
            times["peer"].append(painted(page, "peer"))
    ours, module, peer = (statistics.median(found) for found in times.values())
    size = f"{page_path.stat().st_size / 1e6:.1f}", f"{peer_path.stat().st_size / 1e6:.1f}"
    return [
        ("a saved page, from opening to its first picture, ms", f"{ours:.0f}", f"{peer:.0f}"),
        ("from its module's first line to its first picture, ms", f"{module:.0f}", ""),
        ("that page, MB", *size),
    ]


def imports(rounds: int) -> list[Row]:
    """Seconds of a fresh interpreter for an import, above those of one that imports nothing."""
    lines = ("pass", "import widgets", "from widgets import AttentionView",
             "import plotly.graph_objects as g; g.FigureWidget")  # fmt: skip
    found = []
    for line in lines:
        took = []
        for _ in range(rounds + 1):  # the first warms the disk
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", line], check=True)
            took.append(time.perf_counter() - began)
        found.append(min(took[1:]))  # other programs only make it longer
    bare, package, view, peer = found
    return [
        ("import widgets, s", f"{package - bare:.2f}", ""),
        ("import of a first explorer, s", f"{view - bare:.2f}", f"{peer - bare:.2f}"),
    ]


def _works(
    name: str, ours: tuple[Times, Times], theirs: tuple[Times, Times] | None = None
) -> list[Row]:
    rows = zip(("work, ms", "of that script, ms"), ours, theirs or ("", ""), strict=True)
    return [(f"{name}: {what}", str(one), str(other)) for what, one, other in rows]


def main() -> None:
    """Measure, and print a table in Markdown."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--rounds", type=int, default=5, help="of what is measured once a start")
    options.add_argument("--without-lab", action="store_true")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        rows = hover_and_redraw(browser, folder)
        rows += pan(browser, folder)
        rows += first_picture(browser, folder, given.rounds)
        rows += [] if given.without_lab else in_jupyterlab(browser, folder, 2)
        rows += sizes(folder)
        rows += imports(given.rounds)
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        print(f"Chromium {browser.version}, {os.cpu_count()} cores, load {load:.1f} at the end\n")
    print("| what | workbench | plotly |\n|--|--|--|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
