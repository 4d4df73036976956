"""Lone pictures and lone sentences among the pairs of any stream, as a recipe names it (M18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.data.unpaired import KINDS, PairSource, Ratio, UnpairedStream
from workbench.pairs import PairBatch
from workbench.training.recipe import Call


def mixed_stream(
    *,
    of: Mapping[str, Any],
    seed: int,
    pairs: float = 5.0,
    images: float = 1.0,
    texts: float = 1.0,
) -> UnpairedStream:
    """The stream that ``of`` calls (``target``, ``arguments``), mixed in these proportions.

    A kind at 0 is left out of M18's mix, so that the others stay what they were (M30).
    """
    return _mixed(Call(**of)(), seed, {"pairs": pairs, "images": images, "texts": texts})


def _mixed(stream: PairSource, seed: int, given: Mapping[str, float]) -> UnpairedStream:
    usual = Ratio()
    ratio = Ratio(**{kind: given[kind] or getattr(usual, kind) for kind in KINDS})
    without = [kind for kind in KINDS if not given[kind]]
    return UnpairedStream(stream, seed, ratio=ratio, without=without)


class _Given:
    """Batches that are there already, as a stream."""

    def __init__(self, batches: Sequence[PairBatch]) -> None:
        self.batches = batches

    def batch(self, global_step: int, /) -> PairBatch:
        return self.batches[global_step]

    def fingerprint(self) -> str:
        return "given"


def parted_like(
    batches: Sequence[PairBatch], ratios: Mapping[str, float], seed: int
) -> list[PairBatch]:
    """Batches as such a stream would give them for these ratios by kind."""
    kinds = {kind: ratios.get(kind, 0.0) for kind in KINDS}
    stream = _mixed(_Given(batches), seed, kinds)
    return [stream.batch(step) for step in range(len(batches))]
