"""Pictures of two domains in one stream, for the data rows of U18 (L12, L13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from workbench.pairs import PairBatch
from workbench.quickstart.stream import SceneStream, scene_stream

OTHER_SCENES = 1
"""The seed of the pictures outside the domain; those inside have 0."""


class Turns:
    """One step from each stream in turn."""

    def __init__(self, *streams: SceneStream) -> None:
        self.streams = streams

    def batch(self, global_step: int) -> PairBatch:
        """The batch of this step."""
        stream, step = self._turn(global_step)
        return stream.batch(step)

    def size(self, global_step: int) -> int:
        """How many pairs the batch of this step has."""
        stream, step = self._turn(global_step)
        return stream.size(step)

    def some(self, global_step: int, places: Int[np.ndarray, "n"]) -> PairBatch:
        """The pairs at these places of the batch of this step; no others are read."""
        stream, step = self._turn(global_step)
        return stream.some(step, places)

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches."""
        return "-in-turns-with-".join(stream.fingerprint() for stream in self.streams)

    def describe(self) -> dict[str, Any]:
        """What each stream says of itself."""
        return {"in_turns": [stream.describe() for stream in self.streams]}

    def _turn(self, step: int) -> tuple[SceneStream, int]:
        return self.streams[step % len(self.streams)], step // len(self.streams)


def both_domains(**scenes: Any) -> Turns:
    """Scenes of the domain and outside it, a step of each in turn (arguments of scene_stream)."""
    return Turns(scene_stream(**scenes), scene_stream(**outside(scenes)))


def outside(scenes: Mapping[str, Any]) -> dict[str, Any]:
    """The same arguments of ``scene_stream``, for scenes outside the domain.

    Other pictures of the same things, whose sentences speak of places and relations: what the
    held-out scenes speak of least.
    """
    return {**scenes, "scene_seed": OTHER_SCENES, "hard": True}
