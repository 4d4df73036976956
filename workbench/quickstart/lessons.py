"""One objective at a time: what each of them teaches a small model of a small world.

The world has few things, so that something is learnt within seconds.  Every pupil is the same
encoder with the heads of all four objectives, and a recipe says which of them it is taught; so
each can be asked everything, and what it was not taught it can only guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from workbench.data.datasets.scenes import Scenes
from workbench.layers.initialisation import initialise
from workbench.objectives.contrastive import Contrastive
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.masked_regions import RegionFeatures
from workbench.objectives.masking import Tokens
from workbench.objectives.matching import Matching
from workbench.objectives.mixing import Alternate
from workbench.quickstart import scenes as prepared
from workbench.quickstart.recipes import model_facts
from workbench.quickstart.stream import SceneStream, scene_stream
from workbench.systems import unimo
from workbench.systems.tiny import by_entry, init_range
from workbench.training.model import Pretraining
from workbench.training.recipe import Optimisation, Recipe, call

THINGS, TRAINING, HELD_OUT = 6, 96, 24
"""How many kinds of things the world has, and its pictures to learn from and to be asked about."""


def world(split: str = "train") -> SceneStream:
    """The small world's training scenes or, of another ``split``, held-out ones, made ready.

    Their regions are extracted when they are first asked for (seconds).
    """
    count = TRAINING if split == "train" else HELD_OUT
    scenes = Scenes(split=split, count=count, vocabulary=THINGS)
    prepared.prepare(scenes, progress=False)
    source = scenes.origin.name
    return scene_stream(split=split, count=count, vocabulary=THINGS, source=source, mirror=False)


def pupil(
    *,
    vocabulary: int,
    feature_size: int,
    classes: int,
    mask_id: int,
    random_range: Sequence[int],
    ratios: Mapping[str, float],
    emphasis: Mapping[str, float],
) -> Pretraining:
    """UNIMO-tiny's encoder under masked words, masked regions, matching and contrast.

    ``ratios`` say how often "mlm", "mrfr", "itm" and "cmcl" come up, those not named never;
    ``emphasis`` as in ``tiny.uniter_tiny``.  Raises ``ValueError`` for any other name.
    """
    sizes = unimo.tiny(vocabulary, feature_size, classes)
    encoder = unimo.encoder(sizes, init_range=init_range(sizes.width))
    low, high = random_range
    objectives: list[nn.Module] = [
        MaskedLanguage(
            unimo.language_head(encoder, init_range=init_range(sizes.width)),
            mask_id,
            (low, high),
            choose=Tokens(by_entry(vocabulary, 0.1, emphasis)),
        ),
        RegionFeatures(nn.Linear(sizes.width, feature_size), probability=0.3),
        Matching(nn.Linear(sizes.width, 2)),
        Contrastive(alone=True, paired=False),
    ]
    names = [str(objective.name) for objective in objectives]
    if unknown := sorted(set(ratios) - set(names)):
        raise ValueError(f"a pupil learns {', '.join(names)}; nobody teaches {unknown[0]!r}")
    for objective in objectives[1:]:
        objective.apply(lambda module: initialise(module, init_range(sizes.width)))
    weights = [float(ratios.get(name, 0.0)) for name in names]
    return Pretraining(encoder, Alternate(objectives, weights))


def lesson(ratios: Mapping[str, float], *, steps: int = 150, seed: int = 0) -> Recipe:
    """The recipe of a pupil that is taught these objectives in the small world."""
    stream = world()
    facts = model_facts(stream)
    needed = ("vocabulary", "feature_size", "classes", "mask_id", "random_range", "emphasis")
    data = {"count": TRAINING, "vocabulary": THINGS, "source": stream.scenes.origin.name}
    return Recipe(
        name="lesson-" + "-".join(ratios),
        model=call(pupil, **{name: facts[name] for name in needed}, ratios=dict(ratios)),
        data=call(scene_stream, **data, budget=512, seed=seed),
        steps=steps,
        optimisation=Optimisation(learning_rate=1e-3, warmup_steps=steps // 10 + 1),
        seed=seed,
        precision="float32",
        threads=1,
        checkpoint_every=steps,
    )
