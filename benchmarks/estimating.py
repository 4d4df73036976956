"""How near the launcher's estimates come: seconds and memory against real steps of real runs.

    python benchmarks/estimating.py [--steps 100] [--data noise] [--size tiny] [SYSTEM ...]

Each run is estimated in this process and trained in one of its own, which reports the mean
seconds of its steps but the first ten, its CPU seconds and the most memory that it ever had.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time

from workbench.launchpad import Choice, recipe_of
from workbench.launchpad.estimate import estimate


def trained(given: dict) -> dict[str, float]:
    """The real thing, in this process."""
    from workbench.training.loop import train

    recipe = recipe_of(Choice.from_json(given))
    with tempfile.TemporaryDirectory() as folder:
        seconds, before = [], 0.0
        for event in train(recipe, f"{folder}/run"):
            if event.kind == "step":
                seconds.append(event["seconds"])
                if event.step == 10:
                    before = time.process_time()
        spent = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    steps = seconds[10:]
    return {"seconds": sum(steps) / len(steps), "cpu": spent / len(steps), "memory": peak}


def main() -> None:
    """Prints a table of estimate, reality and their ratio."""
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=100)
    options.add_argument("--data", default="noise")
    options.add_argument("--size", default="tiny")
    options.add_argument("--budget", type=int)
    options.add_argument("--pictures", type=int, default=2000)
    options.add_argument("--precision", default="bfloat16")
    options.add_argument("--train", metavar="CHOICE")
    options.add_argument("systems", nargs="*", default=["uniter", "vilbert", "vlp", "unimo"])
    asked = options.parse_args()
    if asked.train:
        print(json.dumps(trained(json.loads(asked.train))))
        return
    print(f"{'run':<28}{'s/step':>9}{'real':>9}{'ratio':>7}{'MB':>9}{'real':>9}{'ratio':>7}")
    for system in asked.systems:
        given = {
            "system": system,
            "size": asked.size,
            "data": asked.data,
            "steps": asked.steps,
            "precision": asked.precision,
            "threads": 1,
            "pictures": asked.pictures,
            "budget": asked.budget,
        }
        guess = estimate(Choice.from_json(given))
        command = [sys.executable, __file__, "--train", json.dumps(given)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        real = json.loads(done.stdout.splitlines()[-1])
        each = guess.seconds / asked.steps
        print(
            f"{system + ' ' + asked.size + ' ' + asked.precision:<28}"
            f"{each:>9.4f}{real['seconds']:>9.4f}{each / real['seconds']:>7.2f}"
            f"{guess.memory_bytes / 1e6:>9.0f}{real['memory'] / 1e6:>9.0f}"
            f"{guess.memory_bytes / real['memory']:>7.2f}   cpu {real['cpu']:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
