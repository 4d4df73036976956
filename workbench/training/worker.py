"""The process of a run: ``python -m workbench.training.worker FOLDER``."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from workbench.training.errors import RecipeError, RunError
from workbench.training.folder import RunFolder
from workbench.training.interruption import Interruption
from workbench.training.loop import advance
from workbench.training.parentage import end_with_parent
from workbench.training.world import World


def main(folder: str | Path) -> int:
    """Trains in a run folder until the end or a request to stop; the exit status says how it went.

    0 finished or stopped, 1 an error, which is also in the events and, whole, in the log.
    """
    end_with_parent()
    with Interruption() as interruption:
        try:
            world = World.joined()
            for event in advance(RunFolder(Path(folder).absolute()), interruption, world):
                if event.kind != "step":
                    print(event.as_json(), flush=True)
        except (RunError, RecipeError) as problem:
            print(f"error: {problem}", flush=True)
            return 1
        except Exception:
            traceback.print_exc()
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
