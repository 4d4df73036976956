"""How fast this machine is at what a model does, measured for a fraction of a second."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch

from workbench.layers.blocks import Block
from workbench.moving import moved
from workbench.pairs import Offsets
from workbench.patterns import BIDIRECTIONAL, Layout

MOST_WORK = {"cpu": 6e9, "cuda": 4e12}
"""Floating-point operations of one measured pass; a larger batch is measured in part."""

PASSES = 3
WEIGHTS = 1_000_000


@dataclass(frozen=True)
class Pace:
    """Products a second in a block of the model, and weights that the optimiser moves a second."""

    flops: float
    weights: float
    device: str


@dataclass(frozen=True)
class Shape:
    """One block and what passes through it: ``pairs`` runs of ``rows`` rows each."""

    width: int
    heads: int
    inner: int
    pairs: int
    rows: int
    dropout: float = 0.0

    @property
    def flops(self) -> float:
        """Of a forward and a backward pass."""
        weights = 4 * self.width**2 + 2 * self.width * self.inner
        return self.pairs * (6.0 * self.rows * weights + 12.0 * self.rows**2 * self.width)

    def fitting(self, device: str) -> Shape:
        """The same with as many pairs as can be measured in a moment."""
        most = max(1, int(MOST_WORK[device] * self.pairs / self.flops))
        return dataclasses.replace(self, pairs=min(self.pairs, most))


@lru_cache(maxsize=32)
def measured(shape: Shape, precision: str, threads: int | None) -> Pace:
    """The pace of a block of this shape; measured once a process."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shape = shape.fitting(device.type)
    with _threads(threads), torch.random.fork_rng():
        block = Block(
            shape.width,
            shape.heads,
            shape.inner,
            dropout=shape.dropout,
            attention_dropout=shape.dropout,
        ).to(device)
        runs = Offsets.from_lengths([shape.rows] * shape.pairs)
        nothing = Offsets.from_lengths([0] * shape.pairs)
        reads = BIDIRECTIONAL.reads(moved(Layout(nothing, runs), device))
        rows = torch.randn(runs.rows, shape.width, device=device, requires_grad=True)
        reduced = precision != "float32"
        dtype = getattr(torch, precision)

        def once() -> None:
            with torch.autocast(device.type, dtype=dtype, enabled=reduced):
                answer = block(rows, reads)
            answer.sum().backward()

        weight = torch.nn.Parameter(torch.randn(WEIGHTS, device=device))
        weight.grad = torch.randn_like(weight)
        optimiser = torch.optim.AdamW([weight], fused=True)
        seconds, moving = _fastest(once, device), _fastest(optimiser.step, device)
    return Pace(shape.flops / seconds, WEIGHTS / moving, device.type)


def _fastest(work: Callable[[], object], device: torch.device) -> float:
    """Seconds of the fastest pass but the first.

    One thread's are those that it computed, so that other programs do not count.
    """
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    clock = time.thread_time if alone else time.perf_counter
    taken = []
    for _ in range(PASSES + 1):
        began = clock()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        taken.append(clock() - began)
    return min(taken[1:])


@contextlib.contextmanager
def _threads(count: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(count or before)
        yield
    finally:
        torch.set_num_threads(before)
