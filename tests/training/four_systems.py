"""The four systems with a few thousand weights each, on a store of thirty pictures.

Every part is the real one: region store, tokeniser, plan with its epochs, objectives, update rule.
The training process imports this file by name, as ``tests.training.four_systems``.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from workbench.data.example import Example
from workbench.data.store import RegionStore
from workbench.data.stream import PairStream
from workbench.data.tokenizers import wordpiece
from workbench.data.unpaired import Ratio, UnpairedStream
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.pairs import Offsets, PairBatch, Regions
from workbench.systems import optimisation, tiny, unimo, uniter, vilbert, vlp
from workbench.training import lease
from workbench.training.model import Pretraining
from workbench.training.optimisation import Optimisation
from workbench.training.prefetch import Stream
from workbench.training.recipe import Recipe, call

FEATURES, CLASSES, PICTURES, EXAMPLES = 8, 6, 30, 90
NAMES = ["owl", "apple", "hat", "boat", "key", "mug"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "an", "and", "near", "##s", *NAMES]
START, SEPARATOR, MASK, WORDS = 2, 3, 4, (5, len(VOCABULARY))

SIZES = SingleStreamSizes(16, 2, 2, 32, len(VOCABULARY), 32, FEATURES, CLASSES)
BARE = dataclasses.replace(SIZES, segments=0, eps=1e-5)
SIX = dataclasses.replace(SIZES, segments=6, eps=1e-5)
STREAMS = TwoStreamSizes(
    "TCV", 16, 2, 32, 12, 2, 24, 8, 2, len(VOCABULARY), 32, FEATURES, CLASSES
)  # fmt: skip


def build_uniter() -> Pretraining:
    return uniter.pretraining(SIZES, MASK, WORDS, variant=tiny.VARIANT)


def build_vilbert() -> Pretraining:
    return vilbert.pretraining(STREAMS, MASK, WORDS)


def build_vlp() -> Pretraining:
    return vlp.pretraining(SIX, MASK, SEPARATOR, WORDS)


def build_unimo() -> Pretraining:
    return unimo.pretraining(BARE, MASK, WORDS, START, SEPARATOR)


def prepare(folder: Path) -> None:
    """Writes pictures and a vocabulary for ``pairs`` to read."""
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    rng = torch.Generator().manual_seed(0)
    with RegionStore.create(folder / "regions", FEATURES, CLASSES) as store:
        for number in range(PICTURES):
            kinds = _kinds(number)
            low = torch.rand(len(kinds), 2, generator=rng) / 2
            classes = torch.nn.functional.one_hot(kinds, CLASSES).float()
            features = torch.randn(len(kinds), FEATURES, generator=rng) / 4
            features[:, :CLASSES] += classes
            store.append(
                f"picture-{number}",
                Regions(
                    features, torch.cat([low, low + 0.4], 1), torch.ones(len(kinds)), classes,
                    torch.tensor([[100.0, 80.0]]), Offsets.from_lengths([len(kinds)]),
                ),
            )  # fmt: skip


def _kinds(number: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(number)
    return torch.randint(0, CLASSES, (2 + number % 4,), generator=rng)


class Disturbed:
    """A stream that takes its time, and may put the clock of its process wrong from a step on."""

    def __init__(self, stream: Stream, seconds: float, clock_from: int | None) -> None:
        self.stream, self.seconds, self.clock_from = stream, seconds, clock_from

    def fingerprint(self) -> str:
        return self.stream.fingerprint()

    def batch(self, step: int) -> PairBatch:
        time.sleep(self.seconds)
        if self.clock_from is not None and step >= self.clock_from:
            # An hour ahead and, five steps later, an hour behind.
            hour = 3600.0 if (step - self.clock_from) // 5 % 2 == 0 else -3600.0
            time.time = lambda: time.clock_gettime(time.CLOCK_REALTIME) + hour
        return self.stream.batch(step)


def pairs(
    folder: str,
    unpaired: bool = False,
    seconds: float = 0.0,
    clock_from: int | None = None,
    heartbeat: float | None = None,
) -> Disturbed:
    """Pictures beside sentences that name their regions, about ten steps an epoch.

    ``heartbeat`` is how often, in seconds, the process that reads them renews its lease.
    """
    if heartbeat is not None:
        lease.RENEW_EVERY = heartbeat
    examples = []
    for number in range(EXAMPLES):
        named = [NAMES[kind] for kind in _kinds(number % PICTURES).tolist()]
        sentence = " and ".join(["near", *named][number % 2 :])
        examples.append(Example(f"example-{number}", f"picture-{number % PICTURES}", sentence))
    store = RegionStore.open(Path(folder) / "regions")
    stream: Any = PairStream(store, examples, wordpiece(folder), 110, 5)
    if unpaired:
        stream = UnpairedStream(stream, 5, ratio=Ratio(1.0, 1.0, 3.0))
    return Disturbed(stream, seconds, clock_from)


@dataclass(frozen=True)
class System:
    """How a system is built, how it learns, and what its stream has of its own."""

    build: Callable[[], Pretraining]
    rule: Optimisation
    data: Mapping[str, Any] = field(default_factory=dict)


SYSTEMS = {
    "uniter": System(build_uniter, optimisation.uniter()),
    "vilbert": System(build_vilbert, optimisation.vilbert()),
    "vlp": System(build_vlp, optimisation.vlp()),
    "unimo": System(build_unimo, optimisation.unimo(), {"unpaired": True}),
}


def recipe(
    system: str,
    folder: Path,
    steps: int,
    *,
    seconds: float = 0.0,
    clock_from: int | None = None,
    heartbeat: float | None = None,
    **changes: Any,
) -> Recipe:
    """The system's own update rule at a rate for few weights, two threads reading ahead."""
    chosen = SYSTEMS[system]
    data = {**chosen.data, "seconds": seconds, "clock_from": clock_from}
    data["heartbeat"] = heartbeat
    values = {
        "name": system,
        "model": call(chosen.build),
        "data": call(pairs, folder=str(folder), **data),
        "steps": steps,
        "optimisation": dataclasses.replace(chosen.rule, learning_rate=2e-3, warmup_share=0.1),
        "threads": 1,
        "readers": 2,
        "checkpoint_every": 9,
        "probe_every": 0,
    }
    return Recipe(**{**values, **changes})
