"""The pair stream: which batch belongs to which step, as a pure function of the step."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int

from workbench.data import chance
from workbench.data.example import Example
from workbench.data.packing import BatchPlan, PlanMaker, Position, TokenBudgetPlan
from workbench.data.phrases import PhraseRows
from workbench.data.tokenizer import Tokenizer, text_tokens
from workbench.pairs import PairBatch, Regions

_SOURCE = 2  # what the coin is for, see chance.bits; the plan uses 0 and 1


@runtime_checkable
class RegionSource(Protocol):
    """Whatever gives regions by picture key, such as a ``RegionStore``."""

    feature_size: int
    classes: int

    def __contains__(self, key: str) -> bool: ...

    def counts(self, keys: Sequence[str]) -> Sequence[int]:
        """How many regions these pictures have."""
        ...

    def read(self, keys: Sequence[str]) -> Regions:
        """These pictures as one bag, in this order."""
        ...

    def fingerprint(self) -> str:
        """A hash of the contents."""
        ...


class PairStream:
    """Batches of pictures beside sentences; ``batch(global_step)`` needs nothing but the step.

    Several sources of the same pictures may be mixed (say, regions in true and in detected boxes):
    per example and epoch a coin weighted by ``shares`` says which one is read.
    """

    def __init__(
        self,
        sources: RegionSource | Sequence[RegionSource],
        examples: Sequence[Example],
        tokenizer: Tokenizer,
        budget: int,
        seed: int,
        *,
        max_tokens: int | None = None,
        truncate: bool = False,
        noise: float = 0.1,
        shares: Sequence[float] | None = None,
        plan: PlanMaker | None = None,
    ) -> None:
        """``budget`` in rows (tokens + regions); ``max_tokens`` a sentence, special ones included.

        ``plan`` (such as ``TokenBucketPlan``) makes batches otherwise than to the budget alone.
        All sentences are tokenised here, once.  Raises ``ValueError`` naming the example whose
        picture no source has, whose sentence is empty or too long, or which outgrows the budget.
        """
        self.sources = tuple(sources) if isinstance(sources, Sequence) else (sources,)
        self.examples = tuple(examples)
        self.tokenizer = tokenizer
        self.seed = seed
        self._edges = _edges(self.sources, shares)
        if not self.examples:
            raise ValueError("a stream needs at least one example, got none")
        images = [example.image for example in self.examples]
        _check_pictures(self.sources, self.examples)
        names = [example.name for example in self.examples]
        self._ids, self._words, self._lengths = tokenizer.encode_arrays(
            [example.sentence for example in self.examples],
            max_tokens,
            truncate=truncate,
            names=names,
        )
        self._starts = np.concatenate([[0], np.cumsum(self._lengths)])
        marked = any(example.spans for example in self.examples)
        self._phrases = PhraseRows(self.examples, tokenizer, self._starts) if marked else None
        # Whichever source the coin picks, the batch must keep to the budget.
        regions = np.max([np.asarray(s.counts(images), np.int64) for s in self.sources], axis=0)
        rows = self._lengths + regions
        self.plan: BatchPlan = (
            TokenBudgetPlan(rows, budget, seed, noise=noise, names=names)
            if plan is None
            else plan(rows, budget, seed, names=names)
        )

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in which every example comes up once."""
        return self.plan.steps()

    def position(self, global_step: int) -> Position:
        """The epoch and step of the batch with this number since the start of training."""
        return self.plan.position(global_step)

    def batch(self, global_step: int) -> PairBatch:
        """The batch of this step."""
        return self.take(self.chosen(global_step), self.position(global_step).epoch)

    def chosen(self, global_step: int) -> Int[np.ndarray, "P"]:
        """The numbers of the examples in the batch of this step."""
        place = self.position(global_step)
        return np.asarray(self.plan.batch(place.epoch, place.step), np.int64)

    def size(self, global_step: int) -> int:
        """How many pairs the batch of this step has."""
        return len(self.chosen(global_step))

    def some(self, global_step: int, places: Int[np.ndarray, "n"]) -> PairBatch:
        """The pairs at these places of the batch of this step; no others are read."""
        return self.take(self.chosen(global_step)[places], self.position(global_step).epoch)

    def take(self, chosen: Sequence[int] | Int[np.ndarray, "P"], epoch: int = 0) -> PairBatch:
        """These examples as a batch, all matched, with the sources that ``epoch`` drew for them."""
        chosen = np.asarray(chosen, np.int64)
        lengths = self._lengths[chosen]
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        rows = np.repeat(self._starts[chosen], lengths) + within
        text = text_tokens(self._ids[rows], self._words[rows], lengths)
        if self._phrases is not None:
            text = dataclasses.replace(text, phrases=self._phrases.of(chosen, rows))
        return PairBatch(
            self._regions(chosen, epoch),
            text,
            torch.ones(len(chosen), dtype=torch.bool),
            tuple(self.examples[i].name for i in chosen),
            tuple(self.examples[i].image for i in chosen),
        )

    def prefetched(
        self, start: int, stop: int | None = None, *, ahead: int = 2
    ) -> Iterator[PairBatch]:
        """Batches ``start`` to ``stop`` (without end if None), read ahead by one thread."""
        steps = iter(range(start, stop)) if stop is not None else count(start)
        pool = ThreadPoolExecutor(1, "pair-stream")
        try:
            waiting = deque(pool.submit(self.batch, step) for step in islice(steps, ahead))
            while waiting:
                ready = waiting.popleft().result()
                waiting.extend(pool.submit(self.batch, step) for step in islice(steps, 1))
                yield ready
        finally:
            pool.shutdown(cancel_futures=True)

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches: the data line of a run card."""
        found = hashlib.sha256(f"{self.plan.fingerprint()} {self._edges.tolist()}".encode())
        found.update(self.tokenizer.fingerprint().encode())
        for source in self.sources:
            found.update(source.fingerprint().encode())
        for example in self.examples:
            told = (example.name, example.image, example.sentence)
            found.update("\0".join(told).encode() + b"\n")
        return found.hexdigest()[:16]

    def describe(self) -> dict[str, Any]:
        """What the batches are made of, as plain values for a run card."""
        return {
            "pairs": len(self.examples),
            "pictures": len({example.image for example in self.examples}),
            "tokens": int(self._lengths.sum()),
            "vocabulary": self.tokenizer.vocabulary_size,
            "steps_per_epoch": self.steps_per_epoch,
            "region_stores": [source.fingerprint() for source in self.sources],
        }

    def _regions(self, chosen, epoch):
        coin = chance.bits_at(chosen, self.seed, _SOURCE, epoch) >> np.uint64(11)
        which = np.searchsorted(self._edges, coin * 2.0**-53, side="right")
        parts, order = [], []
        for number, source in enumerate(self.sources):
            mine = np.flatnonzero(which == number)
            if len(mine):
                parts.append(source.read([self.examples[i].image for i in chosen[mine]]))
                order.append(mine)
        if not parts:
            return self.sources[0].read([])
        if len(parts) == 1:
            return parts[0]
        return Regions.join(parts).select(torch.from_numpy(np.argsort(np.concatenate(order))))


def _edges(sources, shares):
    """Where the coin's interval 0..1 changes from one source to the next."""
    if not sources:
        raise ValueError("a stream needs at least one source of regions, got none")
    sizes = {(source.feature_size, source.classes) for source in sources}
    if len(sizes) > 1:
        raise ValueError(
            "sources can only be mixed when features and classes are alike, got (features, "
            f"classes) {sorted(sizes)}; extract them with one extractor"
        )
    shares = [1.0] * len(sources) if shares is None else list(shares)
    if len(shares) != len(sources) or min(shares) < 0 or sum(shares) <= 0:
        raise ValueError(
            f"shares must be {len(sources)} numbers of at least 0, one a source, got {shares}"
        )
    return np.cumsum(shares)[:-1] / sum(shares)


def _check_pictures(sources, examples):
    for number, source in enumerate(sources):
        missing = [example for example in examples if example.image not in source]
        if missing:
            called = f" {number}" if len(sources) > 1 else ""
            raise ValueError(
                f"example {missing[0].name!r} needs the picture {missing[0].image!r}, which "
                f"source{called} of regions does not have ({len(missing)} of {len(examples)} "
                "examples); extract these pictures first or leave the examples out"
            )
