"""What a model learnt from the scenes, on scenes it has never seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from workbench.data.datasets.scenes import Scenes
from workbench.metrics.retrieval import both_ways
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.matching import Matching
from workbench.pairs import PairBatch
from workbench.quickstart import scenes as prepared
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.retrieval.matching import matching_accuracy, pair_table
from workbench.tasks.cloze import Blank, blanks, restored
from workbench.training.model import Pretraining
from workbench.training.run import Run

SIDES = ("left", "right", "above", "below")
POOL, TEST_SCENES = 100, 300


def _share(right: list[bool]) -> float:
    return sum(right) / max(len(right), 1)


def name_blanks(stream: SceneStream) -> list[Blank]:
    """Every object name of the stream's sentences, hidden with all that would give it away.

    Counted names are passed over: their plural is another word than the name.
    """
    beside = ("article", "attribute")
    return blanks(stream.examples, stream.tokenizer, "name", with_roles=beside, not_with=("count",))


def name_accuracy(
    model: Pretraining, take: Callable[[list[int]], PairBatch], stream: SceneStream
) -> float:
    """The share of hidden names that come back as the best guess of the whole vocabulary."""
    head = _language(model).head
    asked = name_blanks(stream)
    return _share(restored(model.encoder, head, take, asked, stream.tokenizer.mask_id))


def relation_accuracy(
    model: Pretraining, take: Callable[[list[int]], PairBatch], stream: SceneStream
) -> float:
    """The share of left, right, above and below restored, guessing among these four."""
    tokenizer = stream.tokenizer
    sides = torch.tensor([tokenizer.encode([side]).ids[1].item() for side in SIDES])
    asked = blanks(stream.examples, tokenizer, "relation")
    head = _language(model).head
    return _share(restored(model.encoder, head, take, asked, tokenizer.mask_id, among=sides))


def evaluate(
    model: Pretraining,
    twin: Pretraining | None,
    untrained: Pretraining,
    streams: Mapping[str, SceneStream],
    pool: int = POOL,
) -> dict:
    """The numbers of the results table, all fractions.

    ``streams`` holds the held-out scenes by boxes, "truth" and "detected"; ``twin`` was trained
    on the same sentences without regions (None where there is none), ``untrained`` not at all.
    """
    truth = streams["truth"]
    result: dict = {}
    for boxes, stream in streams.items():
        suffix = "" if boxes == "truth" else f"_{boxes}"
        result[f"masked_name_accuracy{suffix}"] = {
            "with_regions": name_accuracy(model, stream.take, stream),
            "without_regions": name_accuracy(model, _blindfold(stream), stream),
            "text_only_twin": twin and name_accuracy(twin, _blindfold(stream), stream),
            "untrained": name_accuracy(untrained, stream.take, stream),
            "chance": 1 / len(stream.scenes.names),
        }
    result["relation_accuracy"] = {
        "with_regions": relation_accuracy(model, truth.take, truth),
        "with_regions_detected": relation_accuracy(model, streams["detected"].take, truth),
        "text_only_twin": twin and relation_accuracy(twin, _blindfold(truth), truth),
        "untrained": relation_accuracy(untrained, truth.take, truth),
        "chance": 0.5,  # "to the ..." or not tells the axis, so two words are left
    }
    everything = truth.take(list(range(len(truth.examples))))
    result["itm_accuracy"] = matching_accuracy(model.encoder, _matching(model), everything)
    result["retrieval"] = {**retrieval(model, truth, pool), "pool": pool}
    return result


def evaluate_run(run: Run, twin: Run | None = None, count: int = TEST_SCENES) -> dict:
    """``evaluate`` for the newest weights of a run, on ``count`` held-out scenes of its source."""
    source = run.recipe.data.arguments.get("source")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained = run.recipe.model().eval()
    prepared.prepare(Scenes(source, "test", count))
    streams = {
        boxes: scene_stream(source=source, split="test", count=count, boxes=boxes, mirror=False)
        for boxes in ("truth", "detected")
    }
    return evaluate(run.load(), twin and twin.load(), untrained, streams)


def retrieval(model: Pretraining, stream: SceneStream, pool: int = POOL) -> dict:
    """Zero-shot R@1/5/10 both ways among ``pool`` pictures, each with its listing sentence."""
    chosen = listed_scenes(stream, pool)
    return both_ways(pair_table(model.encoder, _matching(model), stream.take(chosen)))


def listed_scenes(stream: SceneStream, pool: int = POOL) -> list[int]:
    """``pool`` examples, one a scene, whose sentence lists all that is to be seen.

    A scene without a listing is passed over; raises ``ValueError`` when too few are left.
    """
    listed: dict[str, int] = {}
    for number, example in enumerate(stream.examples):
        if example.kind == "list":
            listed.setdefault(example.image, number)
    chosen = list(listed.values())[:pool]
    if len(chosen) < pool:
        raise ValueError(f"a pool of {pool} needs as many listed scenes, there are {len(chosen)}")
    return chosen


def _blindfold(stream: SceneStream) -> Callable[[list[int]], PairBatch]:
    return lambda chosen: stream.take(chosen).without_regions()


def _language(model: Pretraining) -> MaskedLanguage:
    objective = model.mix["mlm"]
    assert isinstance(objective, MaskedLanguage)
    return objective


def _matching(model: Pretraining) -> Matching:
    objective = model.mix["itm"]
    assert isinstance(objective, Matching)
    return objective
