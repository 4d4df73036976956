"""A board's table for people who read text, and for programs: Markdown and JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.ablations.grid import Measure
from workbench.ablations.measured import examination
from workbench.ablations.standing import Cell, Line, Standing, Trained


def sentence(standing: Standing) -> str:
    """On what everything was trained and measured."""
    setting = standing.grid.setting
    names = "all" if setting.world.vocabulary is None else setting.world.vocabulary
    seeds = "1 seed" if setting.seeds == 1 else f"{setting.seeds} seeds"
    return (
        f"{setting.world.count} training scenes from the source {setting.source}, {names} names, "
        f"{setting.steps} steps, {seeds}, {setting.tested} held-out scenes, retrieval among "
        f"{setting.pool}; mean ± standard deviation over the seeds, in percent; greater is better."
    )


def explanation(measure: Measure) -> str:
    """What a column means, and whether Meta-Sum counts it."""
    return f"{measure.says}{' (in Meta-Sum)' if measure.summed else ''}"


def card_of(run: Trained, beside: Path | None) -> str | None:
    """The address of a run's card from a page in the folder ``beside``, if it has a card."""
    card = run.folder / "card.html"
    if beside is None or not card.is_file():
        return None
    return Path(os.path.relpath(card, beside)).as_posix()


def said(run: Trained) -> str:
    """What a run is doing, in a word or two."""
    return f"{run.state} {run.step}/{run.steps}" if run.state in _STEPPING else run.state


_STEPPING = ("running", "paused", "stopped", "dead")


def markdown(standing: Standing, beside: Path | None = None) -> str:
    """The table, what its columns mean, every run, the held-out losses and the cost.

    Runs are linked to their cards as from a page in the folder ``beside``, where that is given.
    """
    grid = standing.grid
    meanings = [f"*{each.name}*: {explanation(each)}." for each in grid.measures]
    parts = [
        f"# {grid.title}",
        f"After {grid.source}. {sentence(standing)}",
        grid.note,
        " ".join(meanings),
        "\n".join(_table(standing)),
        "\n".join(_runs(standing, beside)),
        "\n".join(_losses(standing)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(standing: Standing) -> list[str]:
    columns, best = standing.columns(), standing.best()
    lines = [f"| row | {' | '.join(columns)} | what it is |", "|--" * (len(columns) + 2) + "|"]
    for number, line in enumerate(standing.lines):
        cells = [
            f"**{cells[number]}**" if number in best[name] else str(cells[number])
            for name, cells in columns.items()
        ]
        lines.append(f"| {_plain(line.label)} | {' | '.join(cells)} | {_plain(line.shows)} |")
    return lines


def _runs(standing: Standing, beside: Path | None) -> list[str]:
    lines = ["| row | runs | parameters | seconds of training |", "|--|--|--|--|"]
    for line in standing.lines:
        told = [_told(run, beside) for run in line.runs]
        found = [run.found for run in line.runs if run.found is not None]
        parameters = f"{found[0]['parameters']:,}" if found else "–"
        seconds = Cell(tuple(each["seconds"] for each in found))
        lines.append(f"| {_plain(line.label)} | {', '.join(told)} | {parameters} | {seconds} |")
    return lines


def _told(run: Trained, beside: Path | None) -> str:
    card = card_of(run, beside)
    name = f"seed {run.seed} `{run.digest}`"
    linked = name if card is None else f"[{name}]({card})"
    if run.state == "finished":
        return linked
    return f"{linked} {said(run)}" + (f": {_plain(run.problem)}" if run.problem else "")


def _losses(standing: Standing) -> list[str]:
    lines = ["| row | objective | held-out loss | accuracy |", "|--|--|--|--|"]
    for line in standing.lines:
        for name in _objectives(line):
            facts = [
                run.found["measures"]["objectives"].get(name, {})
                for run in line.runs
                if run.found is not None
            ]
            loss = _digits([each["loss"] for each in facts if "loss" in each])
            right = Cell(tuple(100 * each["accuracy"] for each in facts if "accuracy" in each))
            lines.append(f"| {_plain(line.label)} | {name} | {loss} | {right} |")
    return lines if len(lines) > 2 else []


def _objectives(line: Line) -> list[str]:
    found = [run.found["measures"]["objectives"] for run in line.runs if run.found is not None]
    return list(dict.fromkeys(name for objectives in found for name in objectives))


def _digits(values: Sequence[float]) -> str:
    cell = Cell(tuple(values))
    if cell.mean is None:
        return "–"
    return f"{cell.mean:.3f}" + ("" if cell.spread is None else f" ± {cell.spread:.3f}")


def _plain(text: str | None) -> str:
    return " ".join((text or "").replace("|", "\\|").split())


def as_json(standing: Standing) -> dict[str, Any]:
    """Everything, with the numbers of every run: what another program reads."""
    grid, columns = standing.grid, standing.columns()
    setting = grid.setting
    return {
        "grid": grid.name,
        "title": grid.title,
        "source": grid.source,
        "note": grid.note,
        "steps": setting.steps,
        "seeds": setting.seeds,
        "scenes": setting.world.count,
        "examination": examination(setting),
        "columns": {each.name: explanation(each) for each in grid.measures},
        "rows": [
            {
                "label": line.label,
                "shows": line.shows,
                "cells": {name: _cell(cells[number]) for name, cells in columns.items()},
                "runs": [_run(run) for run in line.runs],
            }
            for number, line in enumerate(standing.lines)
        ],
    }


def _cell(cell: Cell) -> Mapping[str, Any]:
    return {"mean": cell.mean, "spread": cell.spread, "values": list(cell.values)}


def _run(run: Trained) -> Mapping[str, Any]:
    return {
        "seed": run.seed,
        "digest": run.digest,
        "state": run.state,
        "step": run.step,
        "steps": run.steps,
        "problem": run.problem,
        "found": run.found,
    }
