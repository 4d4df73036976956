"""What a pupil can do: the questions of all four objectives, put to it on scenes it never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from workbench.metrics.retrieval import both_ways
from workbench.objectives.contrastive import Contrastive
from workbench.objectives.masked_regions import RegionFeatures
from workbench.objectives.matching import Matching
from workbench.objectives.region_masking import hide_regions
from workbench.pairs import PairBatch
from workbench.quickstart.evaluation import listed_scenes, name_accuracy
from workbench.quickstart.stream import SceneStream
from workbench.retrieval.contrast import contrast_table
from workbench.retrieval.matching import matching_accuracy
from workbench.training.model import Pretraining

NAMES, NAMES_BLIND = "hidden name", "… without the picture"
THINGS, THINGS_MUTE = "hidden region", "… without the words"
FITS, FOUND = "fits or not", "own picture first"


@torch.no_grad()
def report(model: Pretraining, stream: SceneStream) -> dict[str, float]:
    """The share of right answers to every question, each answered by its own objective's head."""
    objectives = model.mix.found()
    everything = stream.take(list(range(len(stream.examples))))
    pool = listed_pool(stream)
    near = contrast_table(model.encoder, cast(Contrastive, objectives["cmcl"]), pool)
    return {
        NAMES: name_accuracy(model, stream.take, stream),
        NAMES_BLIND: name_accuracy(model, _blindfold(stream), stream),
        THINGS: thing_accuracy(model, stream, pool),
        THINGS_MUTE: thing_accuracy(model, stream, pool.without_text()),
        FITS: matching_accuracy(model.encoder, cast(Matching, objectives["itm"]), everything),
        FOUND: both_ways(near)["image"]["r1"],
    }


def chances(stream: SceneStream) -> dict[str, float]:
    """What guessing by chance would give: a name, a region, a yes or no, a picture."""
    pool = listed_pool(stream)
    things = things_of(stream, pool)
    counts, others = Counter(things), max(len(things) - 1, 1)
    thing = sum(counts[one] - 1 for one in things) / others / len(things)
    name = 1 / len(stream.scenes.names)
    return {
        NAMES: name,
        NAMES_BLIND: name,
        THINGS: thing,
        THINGS_MUTE: thing,
        FITS: 0.5,
        FOUND: 1 / len(pool),
    }


def listed_pool(stream: SceneStream) -> PairBatch:
    """Every scene with a sentence that lists what is to be seen, once."""
    listed = {example.image for example in stream.examples if example.kind == "list"}
    return stream.take(listed_scenes(stream, len(listed)))


def things_of(stream: SceneStream, batch: PairBatch) -> list[str]:
    """For every region of a batch in true boxes what it shows."""
    by_key = {scene.key: scene for scene in stream.scenes.scenes()}
    return [item.name for image in batch.images for item in by_key[image].objects]


@torch.no_grad()
def thing_accuracy(model: Pretraining, stream: SceneStream, batch: PairBatch) -> float:
    """How often the features guessed for a hidden region are nearest to a thing of its kind.

    Every region of the batch is hidden in turn; a guess is compared, by angle, with all regions
    but the hidden one itself.
    """
    head = cast(nn.Module, cast(RegionFeatures, model.mix["mrfr"]).head)
    regions = batch.regions
    turns = batch.select(regions.offsets.owner)
    rows = turns.regions.offsets.starts[:-1] + regions.offsets.within
    hidden = torch.zeros(turns.regions.offsets.rows, dtype=torch.bool).index_fill(0, rows, True)
    guess = head(model.encoder(hide_regions(turns, hidden)).regions[rows]).float()
    near = F.normalize(guess, dim=-1) @ F.normalize(regions.features.float(), dim=-1).T
    nearest = near.fill_diagonal_(-torch.inf).argmax(1).tolist()
    things = things_of(stream, batch)
    right = [things[own] == things[other] for own, other in enumerate(nearest)]
    return sum(right) / len(right)


def _blindfold(stream: SceneStream) -> Callable[[list[int]], PairBatch]:
    return lambda chosen: stream.take(chosen).without_regions()
