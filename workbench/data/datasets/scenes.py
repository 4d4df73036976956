"""``scenes``: seeded compositions of real cut-outs with exact boxes and templated sentences.

Synthetic compositions with templated relations around human-given names; never natural captions.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import UInt8

from workbench.data import debian
from workbench.data.card import Card
from workbench.data.datasets import composing, grammar, splits
from workbench.data.datasets.cutouts import Cutout, Source
from workbench.data.datasets.mixture import Mixture
from workbench.data.example import Example

AT_MOST = 96
"""The default number of names; where a source has fewer, it is as many as there are."""


@dataclass(frozen=True)
class SceneObject:
    """One object: its name, its phrase with the article, which cut-out, where, and what is known.

    ``box`` is x1, y1, x2, y2 as fractions of the picture, exact to the pixel; ``attributes``
    are its colour, its size ("small", "large") and "photo" or "drawing", where known.
    """

    name: str
    phrase: str
    cutout: str
    box: composing.Box
    attributes: tuple[str, ...]
    mirrored: bool = False


@dataclass(frozen=True)
class Scene:
    """One composed picture, complete: ``Scenes.picture`` draws it from this alone."""

    key: str
    seed: int
    background: str
    objects: tuple[SceneObject, ...]


def choose_source(name: str | None = None) -> Source:
    """The source of cut-outs: "stamps" where its packages can be had, else "openmoji", and
    where that is not installed "drawn".

    A name, or the environment variable ``WORKBENCH_SCENES_SOURCE``, overrides the choice;
    raises ``ValueError`` for an unknown name.
    """
    from workbench.data.datasets import drawn, openmoji, stamp_source

    name = name or os.environ.get("WORKBENCH_SCENES_SOURCE") or "automatic"
    if name == "stamps":
        return stamp_source.source()
    if name == "openmoji":
        return openmoji.source()
    if name == "drawn":
        return drawn.source()
    if name != "automatic":
        raise ValueError(f"there is no source {name!r}; the sources are drawn, stamps and openmoji")
    try:
        return stamp_source.source()
    except debian.PackageUnavailable:
        pass
    try:
        return openmoji.source()
    except ModuleNotFoundError:
        return drawn.source()


@dataclass(frozen=True)
class Scenes:
    """``count`` scenes of one split; scene ``i`` depends on the split, the seed and ``i`` alone.

    ``source`` is a Source, its name, or None to choose; ``vocabulary`` how many names (by default
    the first 96, or all that the source has; None for all); ``size`` the pictures' width and
    height in pixels.
    """

    source: Source | str | None = None
    split: str = "train"
    count: int = 3000
    seed: int = 0
    vocabulary: int | None = AT_MOST
    size: tuple[int, int] = (320, 256)
    sentences_per_scene: int = 3
    mixture: Mixture = field(default_factory=Mixture)

    def __post_init__(self) -> None:
        splits.check(self.split)
        if not isinstance(self.source, Source):
            object.__setattr__(self, "source", choose_source(self.source))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The object names, in a fixed order that all splits share."""
        known = self.origin.names
        if self.vocabulary == AT_MOST:
            return known[:AT_MOST]
        if self.vocabulary is not None and not 4 <= self.vocabulary <= len(known):
            raise ValueError(
                f"vocabulary is {self.vocabulary}, but {self.origin.name} has {len(known)} "
                "names; give a number from 4 to that, or None for all"
            )
        return known[: self.vocabulary]

    def scenes(self) -> list[Scene]:
        """Every scene of the split, in order."""
        return list(self._scenes)

    def scene(self, index: int) -> Scene:
        """Scene number ``index``, the same whichever others are asked for."""
        rng = self._random("scene", index)
        names = self._draw_names(rng)
        cutouts = [rng.choice(self._cutouts[name]) for name in names]
        scales = [rng.uniform(*rng.choice(self.mixture.scales)) for _ in names]
        axis = rng.choice(("across", "down"))
        placed = list(composing.arrange(cutouts, scales, self.size, axis, rng))
        rng.shuffle(placed)
        return Scene(
            key=f"{self.split}-{index:06d}",
            seed=rng.getrandbits(32),
            background=rng.choice(self._backgrounds).id,
            objects=tuple(self._object(item) for item in placed),
        )

    def picture(self, scene: Scene) -> UInt8[np.ndarray, "height width 3"]:
        """The scene drawn: red, green, blue."""
        background = next(b for b in self.origin.backgrounds if b.id == scene.background)
        placed = [self._placed(item) for item in scene.objects]
        return composing.compose(background, placed, self.size, random.Random(scene.seed))

    def examples(self) -> list[Example]:
        """The sentences of every scene: ``sentences_per_scene`` different ones where there are."""
        return list(self._examples)

    def card(self) -> Card:
        """Counts, means, licence, source and splits."""
        scenes, examples = self.scenes(), self.examples()
        kinds = sorted({e.kind for e in examples})
        counts = {"scenes": len(scenes), "sentences": len(examples), "names": len(self.names)}
        counts["cut-outs"] = sum(len(c) for c in self._cutouts.values())
        counts["backgrounds"] = len(self._backgrounds)
        counts |= {f"{kind} sentences": sum(e.kind == kind for e in examples) for kind in kinds}
        return Card(
            name=f"scenes, split {self.split}",
            source=f"{self.origin.name}: {self.origin.origin}",
            licence=self.origin.licence,
            counts=counts,
            means={
                "words in a sentence": _mean([len(e.sentence.split()) for e in examples]),
                "objects in a scene": _mean([len(s.objects) for s in scenes]),
            },
            splits=splits.SPLITS,
            notes=(
                "synthetic composition of cut-outs with templated sentences, "
                "not natural photos or captions",
            ),
        )

    @property
    def origin(self) -> Source:
        """The source that was chosen."""
        assert isinstance(self.source, Source)
        return self.source

    @cached_property
    def _scenes(self) -> tuple[Scene, ...]:
        return tuple(self.scene(index) for index in range(self.count))

    @cached_property
    def _examples(self) -> tuple[Example, ...]:
        return tuple(
            Example(f"{scene.key}.{place}", scene.key, sentence.text, sentence.kind, sentence.spans)
            for index, scene in enumerate(self._scenes)
            for place, sentence in enumerate(self._sentences(index, scene))
        )

    @cached_property
    def _cutouts(self) -> dict[str, tuple[Cutout, ...]]:
        found = splits.cutouts(self.origin, self.names, self.split)
        if len(found) < 5:
            raise ValueError(
                f"split {self.split} of {self.origin.name} has cut-outs of {len(found)} names, "
                "but a scene shows up to four different ones; use a larger vocabulary"
            )
        return found

    @cached_property
    def _by_id(self) -> dict[str, Cutout]:
        return {cutout.id: cutout for cutout in self.origin.cutouts}

    @cached_property
    def _backgrounds(self):
        return splits.backgrounds(self.origin, self.split)

    def _random(self, purpose: str, index: int) -> random.Random:
        return random.Random(f"{purpose}/{self.split}/{self.seed}/{index}")

    def _draw_names(self, rng: random.Random) -> list[str]:
        """Names of one scene's objects, in keeping with the split's pairs."""
        known = list(self._cutouts)
        count = rng.choices((2, 3, 4), self.mixture.objects)[0]
        if self.split != "test-pairs" and rng.random() < self.mixture.repeated:
            return self._repeat_a_name(known, count, rng)
        while True:
            names = rng.sample(known, count)
            held = any(splits.holds_out_pair(a, b) for a in names for b in names)
            if held == (self.split == "test-pairs"):
                return names

    def _repeat_a_name(self, known: list[str], count: int, rng: random.Random) -> list[str]:
        """A name that can be counted two to four times, with another one or alone."""
        countable = [name for name in known if self._cutouts[name][0].noun.number == "one"]
        name = rng.choice(countable)
        others = [other for other in known if not splits.holds_out_pair(name, other)]
        other = rng.choice([other for other in others if other != name])
        return [name] * (count - 1) + [other if count > 2 else name]

    def _object(self, placed: composing.Placed) -> SceneObject:
        cutout = placed.cutout
        side = (placed.width * placed.height) ** 0.5 / self.size[1]
        size = "small" if side < 0.32 else "large" if side > 0.45 else None
        return SceneObject(
            name=cutout.noun.name,
            phrase=cutout.noun.phrase,
            cutout=cutout.id,
            box=placed.box(self.size),
            attributes=tuple(word for word in (cutout.colour, size, cutout.style) if word),
            mirrored=placed.mirrored,
        )

    def _placed(self, item: SceneObject) -> composing.Placed:
        left, top, right, bottom = _pixels(item.box, self.size)
        cutout = self._by_id[item.cutout]
        return composing.Placed(cutout, left, top, right - left, bottom - top, item.mirrored)

    def _sentences(self, index: int, scene: Scene) -> list[grammar.Sentence]:
        """Different sentences about a scene, kinds drawn by the mixture."""
        rng = self._random("sentences", index)
        things = [self._thing(item) for item in scene.objects]
        kinds: tuple[tuple[Callable, float], ...] = self.mixture.kinds
        found: dict[str, grammar.Sentence] = {}
        for _ in range(20 * self.sentences_per_scene):
            if len(found) == self.sentences_per_scene:
                break
            kind = rng.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
            sentence = kind(things, rng)
            if sentence is not None:
                found.setdefault(sentence.core, sentence)
        return list(found.values())

    def _thing(self, item: SceneObject) -> grammar.Thing:
        words = item.attributes
        return grammar.Thing(
            noun=self._by_id[item.cutout].noun,
            box=_pixels(item.box, self.size),
            colour=self._by_id[item.cutout].colour,
            size=next((w for w in words if w in ("small", "large")), None),
            style=self._by_id[item.cutout].style,
            middle=((item.box[0] + item.box[2]) / 2, (item.box[1] + item.box[3]) / 2),
        )


def _pixels(box: composing.Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box of fractions in whole pixels."""
    width, height = size
    x1, y1, x2, y2 = box
    return round(x1 * width), round(y1 * height), round(x2 * width), round(y2 * height)


def _mean(numbers: list[int]) -> float:
    return float(np.mean(numbers)) if numbers else 0.0
