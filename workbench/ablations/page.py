"""A board's table as HTML: a page that asks no other machine, or a piece of a notebook."""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib.resources import files
from pathlib import Path

from widgets.document import document
from workbench.ablations.report import card_of, explanation, said, sentence
from workbench.ablations.standing import META_SUM, Cell, Line, Standing, Trained

REFRESH = 5
"""Seconds after which a page of an unfinished board is read again."""

_STYLE = """:root { color-scheme: light dark; }
html { background: light-dark(#ffffff, #16181c); }
body { margin: 0; padding: 8px; }
.again { padding: 0 18px; color: light-dark(#4c4f54, #a3a6ab); font: 12px system-ui, sans-serif; }
main { display: grid; justify-content: center; grid-template-columns: minmax(0, 1180px); }"""

# Reloading loses a reader's place, so that it can be turned off; browsers keep the box as it was.
_AGAIN = """<label class="again"><input type="checkbox" id="again" checked>
look again every {seconds} seconds</label>
<script>
setInterval(() => document.getElementById("again").checked && location.reload(), {seconds}000);
</script>"""


def page(standing: Standing, beside: Path) -> str:
    """A whole page, to be kept in the folder ``beside``; until all is settled it renews itself."""
    again = "" if standing.settled else _AGAIN.format(seconds=REFRESH)
    main = f"{fragment(standing, beside, heading='h1')}\n{again}"
    return document(standing.grid.title, _STYLE, main, scripted=True)


def fragment(standing: Standing, beside: Path, heading: str = "h2") -> str:
    """The table with its style, for a page in the folder ``beside``."""
    grid, columns, best = standing.grid, standing.columns(), standing.best()
    style = files("workbench.ablations").joinpath("page.css").read_text("utf-8")
    head = "".join(f'<th scope="col"{_edge(name)}>{escape(name)}</th>' for name in columns)
    body = "\n".join(
        _row(line, {name: (cells[n], n in best[name]) for name, cells in columns.items()}, beside)
        for n, line in enumerate(standing.lines)
    )
    meanings = "".join(
        f"<dt>{escape(each.name)}</dt><dd>{escape(explanation(each))}</dd>"
        for each in grid.measures
    )
    return f"""<style>
{style}</style>
<section class="board" aria-label="{escape(grid.title)}">
<{heading}>{escape(grid.title)}</{heading}>
<p>After {escape(grid.source)}. {escape(sentence(standing))}</p>
<p>{escape(grid.note)}</p>
<p class="progress" role="status">{escape(progress(standing))}</p>
<div class="frame" role="region" tabindex="0" aria-label="Results, scrolls sideways">
<table>
<caption><span>The best of each column is marked among the rows whose seeds are all there; below
each mean stand the seeds, linked to their run cards.</span></caption>
<thead><tr><th scope="col">Row</th>{head}<th scope="col" class="runs">Runs</th></tr></thead>
<tbody>
{body}
</tbody>
</table>
</div>
<dl>{meanings}</dl>
</section>"""


def progress(standing: Standing) -> str:
    """How many runs are in which state, in a sentence."""
    runs = {run.digest: run for line in standing.lines for run in line.runs}.values()
    counts = Counter(run.state for run in runs)
    told = ", ".join(f"{number} {state}" for state, number in counts.items())
    return f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}: {told}."


def _row(line: Line, cells: dict[str, tuple[Cell, bool]], beside: Path) -> str:
    numbers = "".join(
        f"<td{_edge(name)}>{_number(cell, best, line.runs, beside)}</td>"
        for name, (cell, best) in cells.items()
    )
    runs = "".join(_run(run, beside) for run in line.runs)
    return (
        f'<tr><th scope="row"><b>{escape(line.label)}</b><span>{escape(line.shows)}</span></th>'
        f'{numbers}<td class="runs"><ul>{runs}</ul></td></tr>'
    )


def _number(cell: Cell, best: bool, runs: tuple[Trained, ...], beside: Path) -> str:
    """The mean, marked when it is the best, and the value of each seed."""
    if cell.mean is None:
        failed = all(run.state in ("failed", "dead") for run in runs)
        return f'<span class="failed">{runs[0].state}</span>' if failed else "–"
    mark = ' class="number best"' if best else ' class="number"'
    word = '<span class="unseen">best: </span>' if best else ""
    values = zip(cell.values, runs, strict=True)
    if len(runs) == 1:
        return f"<span{mark}>{word}{_linked(str(cell), runs[0], beside)}</span>"
    each = " · ".join(_one(v, r, beside) for v, r in values)
    return f'<span{mark}>{word}{escape(str(cell))}</span><span class="each">{each}</span>'


def _one(value: float | None, run: Trained, beside: Path) -> str:
    return "–" if value is None else _linked(f"{value:.1f}", run, beside)


def _linked(text: str, run: Trained, beside: Path) -> str:
    card = card_of(run, beside)
    if card is None:
        return escape(text)
    return f'<a href="{escape(card)}" title="run card of seed {run.seed}">{escape(text)}</a>'


def _run(run: Trained, beside: Path) -> str:
    bar = ""
    if run.state in ("running", "paused"):
        name = f"seed {run.seed}, steps done"
        bar = f'<progress value="{run.step}" max="{run.steps}" aria-label="{name}"></progress>'
    why = ""
    if run.problem:
        why = f"<details><summary>why</summary><pre>{escape(run.problem)}</pre></details>"
    return (
        f"<li><span>{_linked(f'seed {run.seed}', run, beside)}</span>"
        f'<span class="{run.state}">{escape(said(run))}</span>{bar}{why}</li>'
    )


def _edge(name: str) -> str:
    return ' class="sum"' if name == META_SUM else ""
