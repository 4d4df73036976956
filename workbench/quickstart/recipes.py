"""Recipes over the scenes: what ``make start`` and ``workbench pretrain`` run."""

from __future__ import annotations

from workbench.quickstart.evaluation import SIDES
from workbench.quickstart.probe import scene_probe
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.systems import tiny
from workbench.training.recipe import Optimisation, Recipe, call

RATIOS = {"mlm": 6.0, "itm": 2.0, "mrfr": 0.5, "mrc": 0.25, "mrc-kl": 0.25}
"""The mix of ``uniter-tiny``: UNITER's five objectives, leaning on words (U13)."""

FAST_SCENES, FULL_SCENES = 240, 3000
"""Training pictures of the small and of the ordinary run."""

NAME_MASKING, SIDE_MASKING, OTHER_MASKING = 0.4, 0.5, 0.1
"""How often names, sides and other words are hidden; 0.15 each on average, like U6."""


def uniter_tiny(
    *,
    steps: int = 5000,
    seed: int = 0,
    threads: int | None = None,
    fast: bool = False,
    blind: bool = False,
    hard: bool = False,
    minilm: bool = False,
    scenes: int | None = None,
    boxes: str | None = None,
    source: str | None = None,
) -> Recipe:
    """UNITER-tiny on composed scenes, five objectives, bf16 (U1–U13).

    ``fast`` is the smallest that still learns; ``blind`` the text-only twin, which has nothing
    but words to learn from; ``hard`` leans on relations; ``minilm`` begins from MiniLM's weights
    instead of random ones (U5); ``scenes`` counts training pictures; ``boxes`` says whether their
    regions are the objects' own ("truth"), the detector's ("detected") or now these, now those
    ("both", the default).
    """
    if fast:
        steps = min(steps, 150)
    data = {
        "count": scenes or (FAST_SCENES if fast else FULL_SCENES),
        "source": source,
        "hard": hard,
        "boxes": boxes or ("truth" if blind or hard else "both"),
        "spotlight": 0.5 if hard and not blind else 0.0,
        "seed": seed,
        "blind": blind,
    }
    stream = scene_stream(**data)
    name = "uniter-tiny" + "-minilm" * minilm + "-hard" * hard + "-blind" * blind
    return Recipe(
        name=name,
        model=call(tiny.uniter_tiny, **model_facts(stream, blind=blind, minilm=minilm)),
        data=call(scene_stream, **data),
        probe=None if blind else call(scene_probe, count=data["count"], source=source),
        steps=steps,
        optimisation=Optimisation(
            learning_rate=1e-3, warmup_steps=min(200, steps // 10 + 1), betas=(0.9, 0.98)
        ),
        seed=seed,
        precision="bfloat16",
        threads=threads,
        checkpoint_every=500,
        probe_every=max(steps // 10, 10),
    )


def model_facts(stream: SceneStream, *, blind: bool = False, minilm: bool = False) -> dict:
    """What the model must know of the data, as plain numbers."""
    tokenizer, source = stream.tokenizer, stream.pairs.sources[0]
    often = {word: NAME_MASKING for word in stream.scenes.names}
    often |= {word: SIDE_MASKING for word in SIDES}
    ids = {word: tokenizer.encode([word]).ids[1:-1].tolist() for word in often}
    return {
        "vocabulary": tokenizer.vocabulary_size,
        "feature_size": source.feature_size,
        "classes": source.classes,
        "mask_id": tokenizer.mask_id,
        "random_range": list(tokenizer.random_range),
        "original_ids": tokenizer.original_ids.tolist() if minilm else None,
        "ratios": {"mlm": 1.0} if blind else RATIOS,
        "mask_probability": OTHER_MASKING,
        "emphasis": {str(i): often[word] for word, pieces in ids.items() for i in pieces},
    }
