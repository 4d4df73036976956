"""The process of a run: ``python -m workbench.training.worker FOLDER``."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from workbench.training.errors import PeerLost, RecipeError, RunError
from workbench.training.folder import RunFolder
from workbench.training.interruption import Interruption
from workbench.training.loop import advance
from workbench.training.parentage import end_with_keeper
from workbench.training.world import World


def main(folder: str | Path) -> int:
    """Trains in a run folder until the end or a request to stop, unless its parent ends before.

    The exit status is that of ``carry_out``.
    """
    end_with_keeper()
    return carry_out(folder)


def carry_out(folder: str | Path) -> int:
    """This process's part in the training of a run folder, whoever started it; how it went.

    0 when it is over: finished, stopped, or an error, which is also in the events and, whole, in
    the log.  1 when another process was lost: all are to be started again.
    """
    world = World.alone()
    with Interruption() as interruption:
        try:
            world = World.joined()
            for event in advance(RunFolder(Path(folder).absolute()), interruption, world):
                if event.kind != "step":
                    print(event.as_json(), flush=True)
        except (RunError, RecipeError) as problem:
            print(f"error: {problem}", flush=True)
            return int(isinstance(problem, PeerLost))
        except Exception:
            traceback.print_exc()
        finally:
            # Whoever still waits for this process is told that it does not come.
            world.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
