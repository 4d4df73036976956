"""A board in every state at once, with numbers that can be added up by hand."""

from __future__ import annotations

from pathlib import Path

from workbench.ablations.grid import Grid, Measure, Row
from workbench.ablations.setting import Setting
from workbench.ablations.standing import Line, Standing, Trained
from workbench.quickstart.systems import World

MEASURES = (
    Measure("names", "names restored", lambda result: result["names"], summed=True),
    Measure("fits or not", "pairs told apart", lambda result: result["fits"], summed=True),
    Measure("image R@1", "the right picture", lambda result: result["image"]),
)
PROBLEM = "ValueError: a share | of 2.0\nis above 1"


def found(names: float, fits: float, image: float, loss: float, right: float, seconds: float):
    """What a run was measured to know."""
    objectives = {"mlm": {"loss": loss, "accuracy": right}}
    measures = {"names": names, "fits": fits, "image": image, "objectives": objectives}
    return {"measures": measures, "seconds": seconds, "parameters": 1_000_000}


def standing(folder: Path = Path("board")) -> Standing:
    """Five rows: two finished, half finished, failed and waiting; two seeds each."""

    def run(seed, name, state, step, facts=None, problem=None):
        digest = f"{seed}{seed}{name}"
        return Trained(seed, digest, folder / digest, state, step, 300, problem, facts)

    lines = (
        Line(
            "all",
            "everything",
            (
                run(0, "aa", "finished", 300, found(0.4, 0.6, 0.1, 1.0, 0.6, 10.0)),
                run(1, "aa", "finished", 300, found(0.5, 0.64, 0.3, 2.0, 0.62, 12.0)),
            ),
        ),
        Line(
            "other",
            "something else",
            (
                run(0, "ee", "finished", 300, found(0.5, 0.6, 0.1, 1.0, 0.6, 10.0)),
                run(1, "ee", "finished", 300, found(0.5, 0.6, 0.1, 1.0, 0.6, 10.0)),
            ),
        ),
        Line(
            "half",
            "half of it, with <b>bold</b> words",
            (
                run(0, "bb", "finished", 300, found(0.55, 0.55, 0.2, 1.0, 0.5, 11.0)),
                run(1, "bb", "running", 120),
            ),
        ),
        Line(
            "broken",
            "does not work",
            tuple(run(seed, "cc", "failed", 0, problem=PROBLEM) for seed in (0, 1)),
        ),
        Line("late", "waits for its turn", tuple(run(seed, "dd", "queued", 0) for seed in (0, 1))),
    )

    def no_recipe(seed: int):
        raise NotImplementedError

    rows = tuple(Row(line.label, line.shows, no_recipe) for line in lines)
    setting = Setting(World(1200, 32, "drawn"), 300, 2)
    grid = Grid(
        "sample",
        "A sample of a board",
        "no paper at all",
        "Numbers made up so that they can be added up by hand.",
        rows,
        MEASURES,
        setting,
        (),
    )
    return Standing(grid, lines)
