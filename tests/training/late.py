"""``torchrun ... late.py``: one of two processes is killed, and comes late when started again."""

from __future__ import annotations

import os
import signal
import time

from workbench.training.world import World

if __name__ == "__main__":
    again, rank = os.environ["TORCHELASTIC_RESTART_COUNT"] != "0", os.environ["RANK"]
    if again and rank == "1":
        time.sleep(4.0)
    world = World.joined()
    both = world.sum([1])
    if not again:
        if rank == "1":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60.0)
    # One write: both processes share one pipe, and a line must not be cut in two.
    os.write(1, f"process {rank} hears {both} of {world.size}\n".encode())
    world.leave()
