"""How much faster two processes train than one: the same recipe, the same batches, a thread each.

    python benchmarks/scaling.py                 one process, two, and two with a share each
    python benchmarks/scaling.py --steps 400     longer, on a machine that does other things too

UNITER-tiny on random pictures of 10 to 60 regions and sentences of 5 to 20 words, in batches of
4,096 rows cut into two pieces.  Steps a second are counted between the tenth step and the last,
by the clock of the first process; with two free cores 2.0 times as many would be perfect.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import torch

from workbench.data.example import Example
from workbench.data.store import RegionStore
from workbench.data.stream import PairStream
from workbench.data.tokenizers import wordpiece
from workbench.pairs import Offsets, Regions
from workbench.systems.tiny import uniter_tiny
from workbench.training.engines.engine import Engine
from workbench.training.engines.local import Local
from workbench.training.engines.processes import Processes
from workbench.training.optimisation import Optimisation
from workbench.training.recipe import Recipe, call
from workbench.training.run import Run

PICTURES, FEATURES, CLASSES, BUDGET, WARM = 400, 256, 50, 4096, 10
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["a", "the", "of", "and", "near", "under", "two", "red", "old", "owl", "boat", "key"]


def pairs(folder: str) -> PairStream:
    """Every picture with a sentence of random words."""
    rng = np.random.default_rng(1)
    examples = [
        Example(f"e{i}", f"p{i}", " ".join(rng.choice(WORDS, rng.integers(5, 21))))
        for i in range(PICTURES)
    ]
    store = RegionStore.open(Path(folder) / "regions")
    return PairStream(store, examples, wordpiece(folder), BUDGET, 0)


def prepare(folder: Path) -> None:
    """Pictures of noise, and a vocabulary."""
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, *WORDS]) + "\n")
    rng = np.random.default_rng(0)
    with RegionStore.create(folder / "regions", FEATURES, CLASSES) as store:
        for i in range(PICTURES):
            count = int(rng.integers(10, 61))
            corners = np.sort(rng.random((count, 2, 2), np.float32), axis=1).reshape(-1, 4)
            classes = rng.random((count, CLASSES), np.float32)
            store.append(
                f"p{i}",
                Regions(
                    torch.from_numpy(rng.random((count, FEATURES), np.float32)),
                    torch.from_numpy(corners),
                    torch.ones(count),
                    torch.from_numpy(classes / classes.sum(1, keepdims=True)),
                    torch.tensor([[640.0, 480.0]]),
                    Offsets.from_lengths([count]),
                ),
            )


def recipe(folder: Path, steps: int) -> Recipe:
    """A step is cut into two pieces, whoever computes them."""
    import scaling  # this file, by the name that the training processes import it by

    return Recipe(
        "scaling",
        call(
            uniter_tiny,
            vocabulary=len(SPECIAL) + len(WORDS),
            feature_size=FEATURES,
            classes=CLASSES,
            mask_id=SPECIAL.index("[MASK]"),
            random_range=[len(SPECIAL), len(SPECIAL) + len(WORDS)],
        ),
        call(scaling.pairs, folder=str(folder)),
        steps,
        Optimisation(learning_rate=1e-4, warmup_steps=10),
        threads=1,
        shards=2,
        checkpoint_every=steps,
        probe_every=0,
    )


def pace(run: Run, steps: int) -> tuple[float, float, float]:
    """Steps a second, and the first and last loss."""
    if run.wait() != "finished":
        raise SystemExit(f"the run in {run.path} is {run.state}: {run.problem}")
    done = [event for event in run.events() if event.kind == "step"]
    seconds = done[-1].time - done[WARM - 1].time
    return (steps - WARM) / seconds, done[0]["loss"], done[-1]["loss"]


def main() -> None:
    """Trains with each engine in turn and prints what it did in a second."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--times", type=int, default=1, help="all three so often, best counts")
    asked = parser.parse_args()
    engines: list[Engine] = [Local(), Processes(2), Processes(2, sharded=True)]
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home) / "data")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the first run")
        for time in range(asked.times):
            for engine in engines:
                made = recipe(Path(home) / "data", asked.steps)
                run = Run.start(made, Path(home) / f"{engine}-{time}", engine=engine)
                speed, first, last = pace(run, asked.steps)
                best[str(engine)] = max(speed, best.get(str(engine), 0.0))
                print(
                    f"{engine!s:22} {speed:6.2f} steps/s, loss {first:.4f} to {last:.6f}, "
                    f"load {os.getloadavg()[0]:.1f}"
                )
    for name, speed in best.items():
        print(f"{name:22} {speed / best['local']:.2f} times as fast as one process")


if __name__ == "__main__":
    main()
