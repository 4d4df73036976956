"""Lone pictures and lone sentences among the pairs of any stream, as a recipe names it (M18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.data.unpaired import Ratio, UnpairedStream
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

    Without images and texts it keeps the very pairs that M18's mix has (M30).
    """
    stream = Call(of["target"], of["arguments"])()
    if not images and not texts:
        return UnpairedStream(stream, seed, unpaired=False)
    return UnpairedStream(stream, seed, ratio=Ratio(images, texts, pairs))
