"""``workbench ablate``: a grid of experiments, trained, measured and written as one table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Everything that needs torch is imported when the verb is used, so that the others stay quick.


def add_ablate(verbs: Any) -> None:
    """Adds the verb to the command line's own."""
    verb = verbs.add_parser(
        "ablate", help="train a grid of experiments, each recipe once, and compare them"
    )
    verb.add_argument("grid", metavar="GRID", nargs="?", default="systems", help="see --list")
    verb.add_argument("--list", action="store_true", help="name all grids and their rows")
    verb.add_argument("--rows", metavar="ROW", nargs="+", default=[], help="only these rows")
    verb.add_argument("--steps", type=int, default=1500, help="training steps of each run")
    verb.add_argument("--seeds", type=int, default=3, help="runs of each row")
    verb.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each")
    verb.add_argument("--pictures", type=int, default=1200, help="training scenes")
    verb.add_argument("--names", type=int, default=32, help="different names in the scenes")
    verb.add_argument("--tested", type=int, default=200, help="held-out scenes")
    verb.add_argument("--pool", type=int, default=50, help="pictures that retrieval chooses from")
    verb.add_argument("--engine", default="local", help="local, processes:2, ...")
    verb.add_argument("--out", metavar="DIR", help="where the tables go (runs/board)")
    verb.set_defaults(command=ablate)


def ablate(given: argparse.Namespace) -> int:
    """Trains what is missing and writes GRID.md, GRID.json and GRID.html; 1 if a run failed."""
    from workbench.ablations.board import Board
    from workbench.ablations.grids.every import GRIDS, grid
    from workbench.ablations.report import markdown
    from workbench.ablations.setting import Setting
    from workbench.quickstart.systems import World
    from workbench.training.engines.naming import named

    engine = named(given.engine)
    setting = Setting(
        World(given.pictures, given.names),
        given.steps,
        given.seeds,
        given.tested,
        given.pool,
        engine.processes,
    )
    if given.list:
        _list([grid(name, setting) for name in GRIDS])
        return 0
    chosen = grid(given.grid, setting)
    board = Board(chosen.only(tuple(given.rows)) if given.rows else chosen, engine, given.jobs)
    folder = Path(given.out or board.folder).expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    print(f"the table, as it grows: {folder / (board.grid.name + '.html')}", flush=True)
    try:
        standing = board.run(_teller(folder))
    except KeyboardInterrupt:
        write(board, folder)
        print("\nthe runs that were started go on by themselves; the same command goes on with the")
        print("table; end a run: workbench stop DIR")
        return 130
    write(board, folder)
    print(markdown(standing, folder))
    return 0 if standing.complete else 1


def write(board: Any, folder: Path) -> None:
    """The table of a board as it stands, in three forms."""
    from workbench.ablations.report import as_json, markdown
    from workbench.training.folder import replace_file, replace_json

    standing, name = board.standing(), board.grid.name
    write_page(standing, folder)
    text = markdown(standing, folder).encode()
    replace_file(folder / f"{name}.md", lambda file: file.write(text))
    replace_json(folder / f"{name}.json", as_json(standing))


def write_page(standing: Any, folder: Path) -> None:
    """The table as a page alone, which shows how far the runs are."""
    from workbench.ablations.page import page
    from workbench.training.folder import replace_file

    text = page(standing, folder).encode()
    replace_file(folder / f"{standing.grid.name}.html", lambda file: file.write(text))


def _teller(folder: Path) -> Callable[[Any], None]:
    """Writes the page at every look; prints how many runs are where whenever that changed."""
    from workbench.ablations.page import progress

    told: list[str] = []

    def tell(board: Any) -> None:
        standing = board.standing()
        write_page(standing, folder)
        now = progress(standing)
        if now not in told[-1:]:
            told.append(now)
            print(now, flush=True)

    return tell


def _list(grids: list[Any]) -> None:
    for one in grids:
        print(f"{one.name:<20} {one.title} ({one.source})")
        for row in one.rows:
            print(f"    {row.label:<28} {row.shows}")
