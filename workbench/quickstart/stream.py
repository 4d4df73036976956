"""The scenes as a training stream: prepared regions, sentences, and pairs mirrored at will."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from workbench.data.datasets import splits
from workbench.data.datasets.mixture import Mixture, relations
from workbench.data.datasets.scenes import AT_MOST, Scenes
from workbench.data.example import Example
from workbench.data.mirroring import mirrored, opposites
from workbench.data.stream import PairStream
from workbench.data.tokenizer import Tokenizer
from workbench.data.tokenizers import wordpiece
from workbench.pairs import PairBatch
from workbench.quickstart import scenes as prepared
from workbench.training.calls import Call

BOXES = {"truth": ("truth",), "detected": ("detected",), "both": ("truth", "detected")}


def scene_tokenizer(scenes: Scenes) -> Tokenizer:
    """WordPiece cut down to the pieces that the training sentences of this vocabulary need."""
    every_kind = Mixture(place=0.1)  # whatever the scenes say, so that all streams share ids
    train = dataclasses.replace(
        scenes, split="train", count=1000, seed=0, sentences_per_scene=6, mixture=every_kind
    )
    return _tokenizer_of(train)


@cache
def _tokenizer_of(scenes: Scenes) -> Tokenizer:
    """Made once a process: composing a thousand scenes takes seconds."""
    nouns = [c.noun for c in scenes.origin.cutouts if c.noun.name in set(scenes.names)]
    words = {noun.name for noun in nouns} | {noun.plural for noun in nouns}
    return wordpiece().restricted_to([e.sentence for e in scenes.examples()] + sorted(words))


class SceneStream:
    """A ``PairStream`` over prepared scenes; ``batch(step)`` is a pure function of the step.

    With ``mirror`` each pair is turned left–right and top–bottom with even chance, its sides'
    words exchanged with it; with ``blind`` every region is taken away (the text-only twin);
    ``spotlight`` is the share of sentences about a place that show just the thing they speak of;
    ``share`` the part of the pictures that there are, drawn at random, smaller parts within
    greater ones (V24).
    """

    def __init__(
        self,
        scenes: Scenes,
        *,
        boxes: str = "truth",
        budget: int = 1024,
        seed: int = 0,
        mirror: bool = True,
        blind: bool = False,
        spotlight: float = 0.0,
        share: float = 1.0,
    ) -> None:
        if boxes not in BOXES:
            raise ValueError(f"boxes must be one of {', '.join(BOXES)}, got {boxes!r}")
        self.scenes = scenes
        self.boxes = boxes
        self.mirror = mirror
        self.blind = blind
        self.spotlight = spotlight
        self.seed = seed
        self.examples = part_of(scenes.examples(), share, scenes.seed)
        self.tokenizer = scene_tokenizer(scenes)
        self._spoken_of = {e.name: e.spans[-1].object for e in self.examples if e.kind == "place"}
        if spotlight and boxes != "truth":
            raise ValueError('a spotlight needs boxes="truth", whose regions are the objects')
        sources = [prepared.regions(scenes, kind) for kind in BOXES[boxes]]
        self.pairs = PairStream(sources, self.examples, self.tokenizer, budget, seed)

    @cached_property
    def _swaps(self) -> tuple[torch.Tensor, torch.Tensor]:
        return (
            opposites(self.tokenizer, ("left", "right")),
            opposites(self.tokenizer, ("above", "below"), ("top", "bottom")),
        )

    def take(self, chosen: list[int]) -> PairBatch:
        """These examples as they are, not mirrored (and without regions when blind)."""
        batch = self.pairs.take(chosen)
        return batch.without_regions() if self.blind else batch

    def batch(self, global_step: int) -> PairBatch:
        """The batch of this step."""
        return self.some(global_step, np.arange(self.size(global_step)))

    def size(self, global_step: int) -> int:
        """How many pairs the batch of this step has."""
        return self.pairs.size(global_step)

    def some(self, global_step: int, places: Int[np.ndarray, "n"]) -> PairBatch:
        """The pairs at these places of the batch of this step; no others are read."""
        batch = self.pairs.some(global_step, places)
        count, which = self.size(global_step), torch.from_numpy(places)
        if self.mirror:
            rng = torch.Generator().manual_seed(self.seed * 1_000_003 + global_step)
            turned = torch.rand(2, count, generator=rng)[:, which] < 0.5
            for axis, swap in enumerate(self._swaps):
                batch = mirrored(batch, turned[axis], swap, axis=axis)
        if self.spotlight:
            rng = torch.Generator().manual_seed(self.seed * 1_000_003 + global_step + 500_009)
            batch = self._lit(batch, torch.rand(count, generator=rng)[which] < self.spotlight)
        return batch.without_regions() if self.blind else batch

    def fingerprint(self) -> str:
        """A hash of everything that decides the batches."""
        told = f"{'-mirrored' * self.mirror}{'-blind' * self.blind}"
        lit = f"-spotlight-{self.spotlight}" if self.spotlight else ""
        return f"{self.pairs.fingerprint()}{told}{lit}"

    def describe(self) -> dict[str, Any]:
        """The data card, what was kept from training, and how its pairs are shown."""
        scenes = self.scenes
        return {
            "card": scenes.card().as_dict(),
            "kept_from_training": splits.kept_from_training(scenes.origin, scenes.names),
            "boxes": self.boxes,
            "mirrored": self.mirror,
            "blind": self.blind,
            "spotlight": self.spotlight,
            **self.pairs.describe(),
        }

    def _lit(self, batch: PairBatch, drawn: Bool[Tensor, "P"]) -> PairBatch:
        """In drawn sentences about one thing's place, only that thing's region is shown."""
        subject = torch.tensor([self._spoken_of.get(name, -1) for name in batch.names]).long()
        alone = (drawn & (subject >= 0))[batch.regions.offsets.owner]
        kept = ~alone | (batch.regions.offsets.within == subject[batch.regions.offsets.owner])
        return dataclasses.replace(batch, regions=batch.regions.only(kept))


def scene_stream(
    *,
    split: str = "train",
    count: int = 3000,
    scene_seed: int = 0,
    source: str | None = None,
    vocabulary: int | None = AT_MOST,
    hard: bool = False,
    sentences: int = 3,
    boxes: str = "truth",
    budget: int = 1024,
    seed: int = 0,
    mirror: bool = True,
    blind: bool = False,
    spotlight: float = 0.0,
    share: float = 1.0,
) -> SceneStream:
    """The stream of a prepared split, from plain numbers and words (so that a recipe can name it).

    ``hard`` speaks of places and relations; ``budget`` is in rows, tokens + regions.
    """
    scenes = Scenes(
        source,
        split,
        count,
        scene_seed,
        vocabulary,
        mixture=relations() if hard else Mixture(),
        sentences_per_scene=sentences,
    )
    return SceneStream(
        scenes,
        boxes=boxes,
        budget=budget,
        seed=seed,
        mirror=mirror,
        blind=blind,
        spotlight=spotlight,
        share=share,
    )


def asked_of_scenes(data: Call) -> Mapping[str, Any]:
    """The arguments of a recipe's scenes; a mixed stream names the stream that it is of."""
    given = data.arguments
    return asked_of_scenes(Call(**given["of"])) if "of" in given else given


def part_of(examples: list[Example], share: float, seed: int) -> list[Example]:
    """The examples of a share of the pictures, drawn at random; at least one picture's.

    Raises ``ValueError`` for a share that is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share of the pictures is above 0 and at most 1, not {share}")
    pictures = sorted({example.image for example in examples})
    random.Random(f"share/{seed}").shuffle(pictures)
    kept = set(pictures[: max(1, round(share * len(pictures)))])
    return [example for example in examples if example.image in kept]
