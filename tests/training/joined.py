"""``torchrun ... joined.py JOBS``: trains several runs one after another in processes together.

A job is a run's folder, whether each process keeps a share of the model only, and the step after
which to leave the run (0: its last).
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

from workbench.training.folder import RunFolder
from workbench.training.loop import advance
from workbench.training.world import World


def go_on(folder: str, until: int = 0, world: World | None = None) -> None:
    """Goes on with a run from where it is."""
    events = advance(RunFolder(Path(folder)), None, world)
    for event in events:
        if event.kind == "step" and event.step == until:
            events.close()


if __name__ == "__main__":
    found = World.joined()
    for place, sharded, last in json.loads(Path(sys.argv[1]).read_text()):
        go_on(place, last, dataclasses.replace(found, sharded=sharded))
