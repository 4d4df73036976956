"""A UNITER of a few thousand weights on seeded pairs: every real part of a run, in milliseconds.

The training process imports this file by name; ``conftest.py`` puts its folder on the path.
"""

from __future__ import annotations

import os
import time

import numpy as np
import torch

from workbench.encoders.single_stream import SingleStreamSizes
from workbench.layers.heads import ClassifierHead, TiedHead
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.matching import Matching
from workbench.objectives.mixing import Alternate
from workbench.pairs import Offsets, PairBatch, Regions, TextTokens
from workbench.systems import uniter
from workbench.training.model import Pretraining
from workbench.training.recipe import Optimisation, Recipe, call

WORDS, FEATURES, CLASSES = 24, 8, 5


def pretraining(width: int = 16, dropout: float = 0.1) -> Pretraining:
    """One block, masked words through a tied head, and matching."""
    sizes = SingleStreamSizes(
        width, 1, 2, 2 * width, WORDS, 16, FEATURES, CLASSES,
        dropout=dropout, attention_dropout=dropout,
    )  # fmt: skip
    encoder = uniter.encoder(sizes)
    words = TiedHead(encoder.inputs.text.word.weight)
    mix = Alternate(
        [
            MaskedLanguage(words, mask_id=3, random_range=(4, WORDS)),
            Matching(ClassifierHead(width, width, 2)),
        ],
        [2.0, 1.0],
    )
    return Pretraining(encoder, mix)


class ToyStream:
    """Pairs in which every word says the class of one region.

    From step ``broken_from`` on features are not numbers; each batch takes ``seconds``.  The
    process number ``unreadable_in`` cannot read from step 3 on.
    """

    def __init__(
        self,
        seed: int,
        pairs: int,
        seconds: float,
        broken_from: int | None,
        unreadable_in: int | None = None,
    ) -> None:
        self.seed, self.pairs, self.seconds = seed, pairs, seconds
        self.broken_from, self.unreadable_in = broken_from, unreadable_in

    def fingerprint(self) -> str:
        return f"toy-{self.seed}-{self.pairs}"

    def batch(self, step: int) -> PairBatch:
        time.sleep(self.seconds)
        if step >= 3 and os.environ.get("RANK") == str(self.unreadable_in):
            raise OSError(5, "Input/output error", "shard-7.arrow")
        rng = torch.Generator().manual_seed(1000 * self.seed + step)
        lengths = torch.randint(2, 5, (self.pairs,), generator=rng)
        runs = Offsets.from_lengths(lengths)
        kinds = torch.randint(0, CLASSES, (runs.rows,), generator=rng)
        boxes = torch.rand(runs.rows, 4, generator=rng) / 2
        boxes[:, 2:] += 0.5
        classes = torch.nn.functional.one_hot(kinds, CLASSES).float()
        features = classes @ torch.eye(CLASSES, FEATURES)
        if self.broken_from is not None and step >= self.broken_from:
            features = features * float("nan")
        text = Offsets.from_lengths(lengths + 2)
        ids = torch.full((text.rows,), 2)
        words = torch.full((text.rows,), -1)
        inner = (text.within > 0) & (text.within < text.lengths[text.owner] - 1)
        ids[inner], words[inner] = kinds + 5, runs.within
        ids[text.within == 0] = 1
        return PairBatch(
            Regions(
                features, boxes, torch.ones(runs.rows), classes,
                torch.full((self.pairs, 2), 100.0), runs,
            ),
            TextTokens(ids, torch.zeros_like(ids), text.within, words, text),
            torch.ones(self.pairs, dtype=torch.bool),
            tuple(f"pair-{step}-{i}" for i in range(self.pairs)),
        )  # fmt: skip


def stream(
    seed: int = 0,
    pairs: int = 6,
    seconds: float = 0.0,
    broken_from: int | None = None,
    unreadable_in: int | None = None,
) -> ToyStream:
    return ToyStream(seed, pairs, seconds, broken_from, unreadable_in)


def probe(fail: bool = False):
    """Shows the last block's attention on the first pair of batch 0."""

    def show(model: Pretraining, step: int) -> dict[str, np.ndarray]:
        if fail:
            raise ValueError("nothing to see here")
        assert not model.training
        trace: dict[str, torch.Tensor] = {}
        batch = stream().batch(0)
        model.encoder(batch.to(next(model.parameters()).device), trace=trace)
        weights = trace["blocks.0.attention"]
        return {"attention": weights.float().cpu().numpy(), "title": np.array(f"step {step}")}

    return show


def recipe(
    steps: int = 20,
    *,
    seconds: float = 0.0,
    broken_from: int | None = None,
    unreadable_in: int | None = None,
    **changes,
) -> Recipe:
    return Recipe(
        **{
            "name": "toy",
            "model": call(pretraining),
            "data": call(
                stream, seconds=seconds, broken_from=broken_from, unreadable_in=unreadable_in
            ),
            "steps": steps,
            "optimisation": Optimisation(learning_rate=2e-3, warmup_steps=4),
            "threads": 1,
            "checkpoint_every": 5,
            "keep": 2,
            "probe_every": 0,
            **changes,
        }
    )
