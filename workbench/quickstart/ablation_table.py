"""The results of an ablation as Markdown: mean ± standard deviation over the seeds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any

Result = Mapping[str, Any]


def report(results: Mapping[str, Any]) -> str:
    """Three tables: what each system learnt, its objectives before and after, and its cost."""
    grid = results["grid"]
    world = grid["world"]
    names = world["vocabulary"] or "all"
    lines = [
        f"{world['count']} training scenes from the source `{world['source']}`, {names} names, "
        f"{grid['steps']} steps, {grid['seeds']} seeds, {grid['tested']} held-out scenes; "
        "mean ± standard deviation over the seeds, in percent.",
        "",
        "*names, seeing* and *blind*: hidden object names restored with and without the regions "
        "(by a model that only writes, from the words before). *fits or not*: sentence and "
        f"picture told apart. *R@1*: the right one of {grid['pool']} without fine-tuning. *right "
        "in captions*: of the object names in greedy captions, those that are to be seen.",
        "",
        *_what_was_learnt(results),
        "",
        *_objectives(results),
        "",
        *_cost(results),
    ]
    return "\n".join(lines) + "\n"


def _what_was_learnt(results: Mapping[str, Any]) -> list[str]:
    columns: dict[str, Callable[[Result], float | None]] = {
        "names, seeing": lambda r: r["names"]["with_regions"],
        "names, blind": lambda r: r["names"]["without_regions"],
        "fits or not": lambda r: r["matching"],
        "image R@1": lambda r: r["retrieval"] and r["retrieval"]["image"]["r1"],
        "text R@1": lambda r: r["retrieval"] and r["retrieval"]["text"]["r1"],
        "right in captions": lambda r: r["captions"] and r["captions"]["right"],
    }
    head = f"| system | {' | '.join(columns)} | what it shows |"
    lines = [head, "|--" * (len(columns) + 2) + "|"]
    for system, runs in results["systems"].items():
        cells = [_percent([of(run["after"]) for run in runs.values()]) for of in columns.values()]
        lines.append(f"| {system} | {' | '.join(cells)} | {results['grid']['shows'][system]} |")
    first = [of(next(iter(_first(results).values()))["before"]) for of in columns.values()]
    lines.append(f"| *untrained* | {' | '.join(_percent([one]) for one in first)} | |")
    return lines


def _first(results: Mapping[str, Any]) -> Mapping[str, Result]:
    return next(iter(results["systems"].values()))


def _objectives(results: Mapping[str, Any]) -> list[str]:
    lines = [
        "| system | objective | loss before | after | accuracy before | after |",
        "|--|--|--|--|--|--|",
    ]
    for system, runs in results["systems"].items():
        for name in next(iter(runs.values()))["after"]["objectives"]:
            found = [
                [run[when]["objectives"][name].get(what) for run in runs.values()]
                for what in ("loss", "accuracy")
                for when in ("before", "after")
            ]
            cells = [_plain(found[0]), _plain(found[1]), _percent(found[2]), _percent(found[3])]
            lines.append(f"| {system} | {name} | {' | '.join(cells)} |")
    return lines


def _cost(results: Mapping[str, Any]) -> list[str]:
    lines = ["| system | parameters | seconds of training |", "|--|--|--|"]
    for system, runs in results["systems"].items():
        parameters = next(iter(runs.values()))["parameters"]
        seconds = _plain([run["seconds"] for run in runs.values()], digits=0)
        lines.append(f"| {system} | {parameters:,} | {seconds} |")
    return lines


def _percent(values: list[float | None]) -> str:
    return _plain([None if value is None else 100 * value for value in values], digits=1)


def _plain(values: list[float | None], digits: int = 3) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    spread = f" ± {statistics.stdev(known):.{digits}f}" if len(known) > 1 else ""
    return f"{statistics.mean(known):.{digits}f}{spread}"
