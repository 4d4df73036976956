"""The tiny systems as they are pre-trained on scenes: what ``pretrain`` and ``ablate`` run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from workbench.data.datasets.scenes import AT_MOST
from workbench.data.unpaired import UnpairedStream
from workbench.quickstart.probe import scene_probe
from workbench.quickstart.recipes import FAST_SCENES, FIVE, ORDINARY, model_facts
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.systems import tiny, tiny_unimo, tiny_vilbert, tiny_vlp
from workbench.training.model import Pretraining
from workbench.training.recipe import Optimisation, Recipe, call


@dataclass(frozen=True)
class System:
    """A builder of a tiny model, and what of its paper is chosen.

    ``options`` go to the builder; ``unpaired`` says whether lone pictures and sentences are mixed
    in (True), left out of the same stream (False), or not thought of (None, M18 and M30);
    ``without`` leaves out single kinds of "images", "texts" and "pairs" (M30).
    """

    name: str
    shows: str
    build: Callable[..., Pretraining]
    options: Mapping[str, Any] = field(default_factory=dict)
    unpaired: bool | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """Scenes to learn from: how many pictures, with how many names, from which source."""

    count: int = 3000
    vocabulary: int | None = AT_MOST
    source: str | None = None


SYSTEMS = (
    System("vilbert-tiny", "two streams, all objectives in one pass", tiny_vilbert.vilbert_tiny),
    System(
        "vilbert-single-stream-tiny",
        "the same objectives on one stream (V21)",
        tiny_vilbert.vilbert_single_stream_tiny,
    ),
    System(
        "uniter-tiny",
        "one objective a step, one modality hidden (U8)",
        tiny.uniter_tiny,
        {"ratios": FIVE},
    ),
    System(
        "uniter-tiny-joint",
        "both modalities hidden at once (U18, L11)",
        tiny.uniter_tiny,
        {"joint": True, "ratios": FIVE},
    ),
    System("vlp-tiny", "three quarters seq2seq, one bidirectional (P8)", tiny_vlp.vlp_tiny),
    System("vlp-tiny-seq2seq", "seq2seq only (P18)", tiny_vlp.vlp_tiny, {"seq2seq": 1.0}),
    System("vlp-tiny-bidirectional", "bidirectional only", tiny_vlp.vlp_tiny, {"seq2seq": 0.0}),
    System(
        "unimo-tiny",
        "pairs, lone pictures and lone sentences (M18)",
        tiny_unimo.unimo_tiny,
        unpaired=True,
    ),
    System("unimo-tiny-pairs", "pairs only (M30)", tiny_unimo.unimo_tiny, unpaired=False),
)
"""The four systems, and beside each what its paper compares it with."""


def pretraining_recipe(
    system: System,
    *,
    steps: int = 2000,
    seed: int = 0,
    threads: int = 1,
    world: World = World(),
    fast: bool = False,
    probes: bool = True,
    stream: SceneStream | None = None,
) -> Recipe:
    """A tiny system on scenes in bf16; names are hidden as often for each (see ``ORDINARY``).

    ``fast`` is the smallest that still learns; ``probes`` record attention ten times a run;
    ``stream`` are the same scenes, where they are open already.
    """
    if fast:
        world, steps = replace(world, count=FAST_SCENES), min(steps, 150)
    data = {**asdict(world), "boxes": "both", "seed": seed}
    stream = stream or scene_stream(**data)
    data["source"] = stream.scenes.origin.name
    facts = model_facts(stream, ORDINARY)
    del facts["ratios"]
    if system.unpaired is None:
        given = call(scene_stream, **data)
    else:
        left_out = {"without": system.without} if system.without else {}
        given = call(unpaired_scenes, **data, unpaired=system.unpaired, **left_out)
        ids = stream.tokenizer.encode([stream.examples[0].sentence]).ids.tolist()
        facts |= {"start_id": ids[0], "end_id": ids[-1]}
    return Recipe(
        name=system.name,
        model=call(system.build, **facts, **system.options),
        data=given,
        steps=steps,
        optimisation=Optimisation(learning_rate=1e-3, warmup_steps=min(200, steps // 10 + 1)),
        seed=seed,
        precision="float32" if fast else "bfloat16",
        threads=threads,
        checkpoint_every=500,
        probe=call(scene_probe, **{**asdict(world), "source": data["source"]}) if probes else None,
        probe_every=max(steps // 10, 10) if probes else 0,
    )


def unpaired_scenes(
    *, seed: int, unpaired: bool, without: Sequence[str] = (), **scenes: Any
) -> UnpairedStream:
    """The scenes with lone pictures and lone sentences among them, or with those left out."""
    pairs = scene_stream(**scenes, seed=seed)
    return UnpairedStream(pairs, seed, unpaired=unpaired, without=without)


def held_out(world: World, count: int) -> SceneStream:
    """``count`` test scenes of a world, with their exact boxes and nothing mirrored."""
    return scene_stream(
        split="test",
        count=count,
        vocabulary=world.vocabulary,
        source=world.source,
        mirror=False,
    )
