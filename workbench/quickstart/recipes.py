"""Recipes over the scenes: what ``make start`` and ``workbench pretrain`` run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.quickstart.evaluation import SIDES
from workbench.quickstart.probe import scene_probe
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.systems import tiny
from workbench.training.recipe import Optimisation, Recipe, call

FAST_SCENES, FULL_SCENES = 240, 3000
"""Training pictures of the small and of the ordinary run."""

PLACES = (*SIDES, "top", "bottom")
OTHERS_HIDDEN = 0.1


@dataclass(frozen=True)
class Preset:
    """What is learnt from the same pictures, and how.

    ``ratios`` mix UNITER's objectives (U13); ``names_hidden`` and ``places_hidden`` are how often
    names and words for sides are masked (other words 0.1; about 0.2 of all words, U6).
    """

    steps: int
    ratios: Mapping[str, float]
    names_hidden: float
    places_hidden: float
    boxes: str
    sentences: int
    spotlight: float = 0.0


FIVE = {"mlm": 6.0, "itm": 2.0, "mrfr": 0.5, "mrc": 0.25, "mrc-kl": 0.25}
ORDINARY = Preset(5500, FIVE, 0.4, 0.5, "both", 3)
"""All five objectives; what ``make start`` runs."""
HARD = Preset(8000, {"mlm": 2.0, "itm": 1.0}, 0.3, 0.7, "truth", 4, 0.5)
"""Left, right, above and below, reached by way of places (decision 0007)."""
BLIND = Preset(600, {"mlm": 1.0}, 0.4, 0.5, "truth", 3)
"""The text-only twin: it has nothing but words to learn from."""


def uniter_tiny(
    *,
    steps: int | None = None,
    seed: int = 0,
    threads: int = 1,
    fast: bool = False,
    blind: bool = False,
    hard: bool = False,
    minilm: bool = False,
    scenes: int | None = None,
    source: str | None = None,
) -> Recipe:
    """UNITER-tiny on composed scenes, by default with its five objectives (U1–U13).

    ``fast`` is the smallest that still learns, in float32: on a CPU bf16 takes more memory;
    ``blind`` the text-only twin; ``hard`` learns relations; ``threads`` 1 is steadier than 2 for so
    small a model, and leaves room for a twin; ``minilm`` begins from MiniLM's weights instead of
    random ones (U5); ``scenes`` counts training pictures.
    """
    preset = BLIND if blind else HARD if hard else ORDINARY
    data = {
        "count": scenes or (FAST_SCENES if fast else FULL_SCENES),
        "source": source,
        "hard": hard,
        "sentences": preset.sentences,
        "boxes": preset.boxes,
        "spotlight": preset.spotlight,
        "seed": seed,
        "blind": blind,
    }
    stream = scene_stream(**data)
    data["source"] = stream.scenes.origin.name  # what was chosen here holds wherever it is loaded
    steps = preset.steps if steps is None else steps
    steps = min(steps, 150) if fast else steps
    return Recipe(
        name="uniter-tiny" + "-minilm" * minilm + "-hard" * hard + "-blind" * blind,
        model=call(tiny.uniter_tiny, **model_facts(stream, preset, minilm=minilm)),
        data=call(scene_stream, **data),
        probe=None if blind else call(scene_probe, count=data["count"], source=data["source"]),
        steps=steps,
        optimisation=Optimisation(learning_rate=1e-3, warmup_steps=min(200, steps // 10 + 1)),
        seed=seed,
        precision="float32" if fast else "bfloat16",
        threads=threads,
        checkpoint_every=500,
        probe_every=max(steps // 10, 10),
    )


def model_facts(stream: SceneStream, preset: Preset = ORDINARY, *, minilm: bool = False) -> dict:
    """What the model must know of the data, as plain numbers."""
    tokenizer, source = stream.tokenizer, stream.pairs.sources[0]
    often = dict.fromkeys(stream.scenes.names, preset.names_hidden)
    often |= dict.fromkeys(PLACES, preset.places_hidden)
    ids = {word: tokenizer.encode([word]).ids[1:-1].tolist() for word in often}
    return {
        "vocabulary": tokenizer.vocabulary_size,
        "feature_size": source.feature_size,
        "classes": source.classes,
        "mask_id": tokenizer.mask_id,
        "random_range": list(tokenizer.random_range),
        "original_ids": tokenizer.original_ids.tolist() if minilm else None,
        "ratios": dict(preset.ratios),
        "mask_probability": OTHERS_HIDDEN,
        "emphasis": {str(i): often[word] for word, pieces in ids.items() for i in pieces},
    }
