"""Which data can be chosen, and what a model and a recipe must know of it."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench import places
from workbench.data.datasets.noise import FIRST, LAST, MASK, WORDS, NoiseStream, noise_stream
from workbench.data.datasets.scenes import AT_MOST
from workbench.data.packing import TokenBudgetPlan
from workbench.data.stream import PairStream
from workbench.launchpad.choice import Choice, ChoiceError
from workbench.launchpad.preparing import scenes_for
from workbench.launchpad.stored import CAPTIONS, own_stream, stamps_folder, stamps_stream
from workbench.pairs import PairBatch
from workbench.quickstart.probe import scene_probe
from workbench.quickstart.recipes import HARD, ORDINARY, model_facts
from workbench.quickstart.stream import scene_stream
from workbench.training.recipe import Call, call

NOISE_PAIRS = 100_000

SAYS = {
    "scenes": "composed pictures with exact boxes and templated sentences",
    "scenes-hard": "the same, with sentences about left, right, above and below",
    "stamps": "700 photos and drawings of one thing each, with human captions",
    "noise": "random features with real lengths: for measuring speed, nothing can be learnt",
}


@dataclass(frozen=True)
class Source:
    """Data that was looked at: who streams it with which arguments, and what a model must know.

    ``numbers`` are what every model is built from, ``ends`` the ids around a sentence, ``masking``
    how often words are hidden on it in a tiny model, ``probe`` who looks at the model on it.
    """

    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    stream: PairStream | NoiseStream
    numbers: Mapping[str, Any]
    ends: tuple[int, int]
    masking: Mapping[str, Any] = field(default_factory=dict)
    probe: Call | None = None

    @property
    def longest(self) -> int:
        """Rows of the longest pair, tokens + regions."""
        return int(self.stream.plan.lengths.max())  # type: ignore[union-attr]

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return len(self.stream.plan.lengths)  # type: ignore[union-attr]

    def call(self, budget: int, seed: int) -> Call:
        """The stream as a recipe names it."""
        return call(self.function, **self.arguments, budget=budget, seed=seed)

    def batches(self, budget: int, seed: int, count: int) -> list[PairBatch]:
        """The first batches under a budget."""
        other = copy.copy(self.stream)
        other.plan = TokenBudgetPlan(self.stream.plan.lengths, budget, seed)  # type: ignore
        return [other.batch(step) for step in range(count)]


def ready(name: str, pictures: int | str = "*") -> bool:
    """Whether data can be trained on at once, by a quick look at what is kept here."""
    if name in ("scenes", "scenes-hard"):
        return any((places.cache() / "scenes").glob(f"*-train-{pictures}/detected"))
    if name == "stamps":
        return stamps_folder("train").is_dir()
    return name == "noise" or (Path(name).expanduser() / CAPTIONS).is_file()


def source_of(choice: Choice) -> Source:
    """The data of a choice, looked at once a process, own data once more when it has changed.

    Raises ``ChoiceError`` for data that does not exist or has not been prepared.
    """
    try:
        here = (str(places.root()), os.environ.get("WORKBENCH_SCENES_SOURCE"))
        where = (*here, *_own_state(choice.data))
        return _looked_at(choice.data, choice.pictures, choice.fast, where)
    except (ValueError, OSError, RuntimeError) as problem:
        if isinstance(problem, ChoiceError):
            raise
        raise ChoiceError("data", str(problem)) from problem


def _own_state(name: str) -> tuple[object, ...]:
    """Where a folder of own data lies and what tells that its pairs have changed."""
    captions = Path(name).expanduser().absolute() / CAPTIONS
    if not captions.is_file():
        return ()
    state = captions.stat()
    return str(captions), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _looked_at(name: str, pictures: int | None, fast: bool, where: object) -> Source:
    count = scenes_for(pictures, fast)
    if name in ("scenes", "scenes-hard", "stamps") and not ready(name, count):
        raise ChoiceError("data", _unprepared(name, pictures, fast))
    if name in ("scenes", "scenes-hard"):
        return _scenes(name == "scenes-hard", count)
    if name == "stamps":
        return _stored(stamps_stream, {"split": "train"})
    if name == "noise":
        return _noise(pictures or NOISE_PAIRS)
    if Path(name).expanduser().is_dir():
        return _stored(own_stream, {"folder": str(Path(name).expanduser().absolute())})
    raise ChoiceError(
        "data",
        f"no data {name!r}; there are {', '.join(SAYS)}, and any folder of a region store that "
        f"also holds {CAPTIONS}",
    )


def _unprepared(name: str, pictures: int | None, fast: bool) -> str:
    if name == "stamps":
        return "the regions of the stamps were not extracted yet: `workbench prepare stamps`"
    fewer = f" --pictures {pictures}" if pictures else " --fast" * fast
    count = f"{scenes_for(pictures, fast)} training pictures"
    return f"the regions of {count} were not extracted yet: `workbench prepare scenes{fewer}`"


def _scenes(hard: bool, count: int) -> Source:
    preset = HARD if hard else ORDINARY
    arguments: dict[str, Any] = {
        "count": count,
        "hard": hard,
        "sentences": preset.sentences,
        "boxes": preset.boxes,
        "spotlight": preset.spotlight,
    }
    stream = scene_stream(**arguments)
    arguments["source"] = stream.scenes.origin.name
    facts = model_facts(stream, preset)
    masking = {name: facts[name] for name in ("mask_probability", "emphasis")}
    probe = call(scene_probe, count=count, vocabulary=AT_MOST, source=arguments["source"])
    ends = _ends(stream.pairs)
    return Source(
        scene_stream, arguments, stream.pairs, _numbers(stream.pairs), ends, masking, probe
    )


def _stored(function: Callable[..., PairStream], arguments: dict[str, Any]) -> Source:
    stream = function(**arguments, budget=10**6)
    return Source(function, arguments, stream, _numbers(stream), _ends(stream))


def _noise(pairs: int) -> Source:
    stream = noise_stream(pairs=pairs)
    numbers = {
        "vocabulary": stream.vocabulary,
        "feature_size": stream.batch(0).regions.features.shape[1],
        "classes": stream.batch(0).regions.classes.shape[1],
        "mask_id": MASK,
        "random_range": [WORDS, stream.vocabulary],
    }
    return Source(noise_stream, {"pairs": pairs}, stream, numbers, (FIRST, LAST))


def _numbers(stream: PairStream) -> dict[str, Any]:
    words, regions = stream.tokenizer, stream.sources[0]
    return {
        "vocabulary": words.vocabulary_size,
        "feature_size": regions.feature_size,
        "classes": regions.classes,
        "mask_id": words.mask_id,
        "random_range": list(words.random_range),
    }


def _ends(stream: PairStream) -> tuple[int, int]:
    ids = stream.tokenizer.encode([stream.examples[0].sentence]).ids.tolist()
    return ids[0], ids[-1]
