"""What a GPU does with a step of full size: pairs/s, tokens/s and the share of its peak.

    make gpu-check                                   (three to four minutes on an H100)
    python -m benchmarks.gpu_check --size large --budget 20480 --rounds 3

First steps alone: UNITER under masked words and regions, bf16, AdamW, dropout 0.1, on pairs of
noise as long as real ones that already lie on the GPU, eager and compiled in turns; the median of
the rounds counts.  Then a short run as any other is trained, with its reading, events and
checkpoint, whose own events are reported.

Model FLOPs are those of the rows that a batch has: all matrix products of the linear layers,
forwards and backwards, as torch counts them, and 12 x width x length^2 per layer and pair for the
attention; recomputation and padding count nothing.  Utilisation is their rate over that of an
8192 x 8192 product in bf16, measured in the same process, and over ``--nominal`` TFLOP/s.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from workbench.data.datasets.noise import MASK, WORDS, NoiseStream, noise_stream
from workbench.objectives.mixing import Part
from workbench.pairs import PairBatch
from workbench.systems import full_size
from workbench.training import chance
from workbench.training.compilation import compile_blocks
from workbench.training.loop import train
from workbench.training.model import Pretraining
from workbench.training.optimisation import Optimisation
from workbench.training.optimiser import clip, make_optimiser
from workbench.training.recipe import Recipe, call

VOCABULARY, FEATURES, CLASSES = 28_996, 2048, 1601
RATIOS = {"mlm": 2.0, "mrfr": 1.0, "mrc-kl": 1.0}
BATCHES, STEPS = 4, 12


@dataclass(frozen=True)
class Measured:
    """One way of doing a step: its median seconds, and what is done in it."""

    name: str
    budget: int
    seconds: float
    pairs: float
    tokens: float
    flops: float
    gibibytes: float

    def line(self, peak: float, nominal: float) -> str:
        """The table's row; rates of products in FLOP/s."""
        rate = self.flops / self.seconds
        return (
            f"| {self.name} | {self.budget:,} | {1e3 * self.seconds:.1f} | "
            f"{self.pairs / self.seconds:,.0f} | {self.tokens / self.seconds:,.0f} | "
            f"{rate / 1e12:.0f} | {rate / peak:.0%} | {rate / nominal:.0%} | "
            f"{self.gibibytes:.1f} |"
        )


def model_facts() -> dict:
    """The facts of the data that a model of full size is built for."""
    return {
        "vocabulary": VOCABULARY,
        "feature_size": FEATURES,
        "classes": CLASSES,
        "mask_id": MASK,
        "random_range": [WORDS, VOCABULARY],
        "ratios": RATIOS,
    }


def product_rate(size: int = 8192, times: int = 20) -> float:
    """FLOP/s of a square product in bf16 of random numbers."""
    one, other = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    return times * 2 * size**3 / seconds_of(lambda: [one @ other for _ in range(times)])


def seconds_of(work: Callable[[], object]) -> float:
    """Wall seconds of some work on the GPU, after doing it once before."""
    work()
    torch.cuda.synchronize()
    began = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - began


class Steps:
    """A model with its optimiser, and some planned batches on the GPU."""

    def __init__(self, size: full_size.Size, stream: NoiseStream, *, compiled: bool) -> None:
        torch.manual_seed(0)
        self.model: Pretraining = full_size.uniter(size=size, **model_facts()).cuda().train()
        if compiled:
            compile_blocks(self.model)
        self.optimiser = make_optimiser(self.model, Optimisation())
        self.parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        self.batches = [stream.batch(step) for step in range(BATCHES)]
        self.planned = [self._plan(step, batch) for step, batch in enumerate(self.batches)]

    def step(self, number: int) -> float:
        """One training step; its loss."""
        with torch.autocast("cuda", dtype=torch.bfloat16):
            scored = self.model(self.planned[number % BATCHES])
        scored.total.backward()
        clip(self.parameters, 5.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return float(scored.total.detach())

    def some(self) -> None:
        """As many steps as are timed at a time."""
        for number in range(STEPS):
            self.step(number)

    def flops(self) -> float:
        """The mean of what a step has to do, in floating-point operations."""
        with FlopCounterMode(display=False) as counter:
            for number in range(BATCHES):
                self.step(number)
        counted = counter.get_flop_counts()["Global"]
        linear = sum(counted.get(op, 0) for op in (torch.ops.aten.mm, torch.ops.aten.addmm))
        blocks: nn.ModuleList = self.model.encoder.blocks  # type: ignore[assignment]
        each = 12.0 * self.model.encoder.widths.text * len(blocks)  # type: ignore[union-attr]
        return (linear + each * sum(squares(batch) for batch in self.batches)) / BATCHES

    def _plan(self, step: int, batch: PairBatch) -> tuple[Part, ...]:
        rng = chance.generator(0, step + 1, "objective")
        return tuple(part.to("cuda") for part in self.model.mix.plan(batch, rng))


def squares(batch: PairBatch) -> float:
    """The squared lengths of its pairs, added up."""
    lengths = batch.text.offsets.lengths + batch.regions.offsets.lengths
    return float(lengths.double().square().sum())


def measured(size: full_size.Size, budget: int, rounds: int) -> list[Measured]:
    """Eager and compiled steps of this many rows, in turns."""
    stream = noise_stream(pairs=40_000, budget=budget)
    ways = {
        name: Steps(size, stream, compiled=name == "compiled") for name in ("eager", "compiled")
    }
    flops = ways["eager"].flops()
    pairs = sum(len(batch) for batch in ways["eager"].batches) / BATCHES
    tokens = sum(rows(batch) for batch in ways["eager"].batches) / BATCHES
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    memory: dict[str, float] = {}
    for _ in range(rounds):
        for name, steps in ways.items():
            torch.cuda.reset_peak_memory_stats()
            seconds[name].append(seconds_of(steps.some) / STEPS)
            memory[name] = torch.cuda.max_memory_allocated() / 2**30
    return [
        Measured(
            f"UNITER-{size}, {name}",
            budget,
            statistics.median(seconds[name]),
            pairs,
            tokens,
            flops,
            memory[name],
        )
        for name in ways
    ]


def rows(batch: PairBatch) -> int:
    """Tokens and regions of a batch."""
    return batch.text.offsets.rows + batch.regions.offsets.rows


def short_run(size: full_size.Size, budget: int, steps: int) -> str:
    """A compiled run in bf16 as any other, and what its events say of the second half."""
    recipe = Recipe(
        f"uniter-{size}-noise",
        call(full_size.uniter, size=size, **model_facts()),
        call(noise_stream, pairs=40_000, budget=budget),
        steps,
        Optimisation(warmup_steps=10),
        precision="bfloat16",
        compiled=True,
        readers=2,
        probe_every=0,
        checkpoint_every=steps,
    )
    with tempfile.TemporaryDirectory() as folder:
        events = [event for event in train(recipe, Path(folder) / "run") if event.kind == "step"]
    late = events[steps // 2 :]
    seconds = statistics.median(event["seconds"] for event in late)
    waiting = statistics.median(event["data_seconds"] for event in late)
    return (
        f"a run of {steps} steps with {budget:,} rows, compiled: loss {events[0]['loss']:.2f} to "
        f"{late[-1]['loss']:.2f}; of the later half the median step took {1e3 * seconds:.1f} ms, "
        f"{1e3 * waiting:.1f} ms of it waiting for data: "
        f"{statistics.mean(e['pairs'] for e in late) / seconds:,.0f} pairs/s, "
        f"{statistics.mean(e['tokens'] + e['regions'] for e in late) / seconds:,.0f} tokens/s"
    )


def main() -> int:
    """Measures and prints; 2 where there is no GPU."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size", choices=("base", "large"), default="base")
    parser.add_argument("--budget", type=int, nargs="+", default=[10_240, 40_960, 81_920])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--run-steps", type=int, default=60)
    parser.add_argument("--nominal", type=float, default=989.0, help="TFLOP/s of the data sheet")
    parser.add_argument("--json", metavar="FILE", help="the numbers, too")
    given = parser.parse_args()
    if not torch.cuda.is_available():
        print("gpu-check needs a CUDA device, and torch sees none here", file=sys.stderr)
        return 2
    peak, nominal = product_rate(), 1e12 * given.nominal
    print(
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}; an 8192 x 8192 product in "
        f"bf16 runs at {peak / 1e12:.0f} TFLOP/s (data sheet: {given.nominal:.0f})\n"
    )
    print(
        "| step | rows | ms | pairs/s | tokens/s | model TFLOP/s | of measured | of nominal | GiB |"
    )
    print("|--|--|--|--|--|--|--|--|--|")
    found: list[Measured] = []
    for budget in given.budget:
        for one in measured(given.size, budget, given.rounds):
            print(one.line(peak, nominal), flush=True)
            found.append(one)
        torch.cuda.empty_cache()
    if given.run_steps:
        budget = given.budget[min(1, len(given.budget) - 1)]
        print(f"\n{short_run(given.size, budget, given.run_steps)}")
    if given.json:
        record = {"peak": peak, "measured": [asdict(one) for one in found]}
        Path(given.json).write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
