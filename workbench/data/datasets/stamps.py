"""``stamps``: pictures of one thing on a plain ground, each with the sentence its maker wrote."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import UInt8

from workbench.data.card import Card
from workbench.data.datasets import composing, splits, stamp_source, unpacking
from workbench.data.datasets.captions import Named, named
from workbench.data.datasets.cutouts import Cutout, Noun
from workbench.data.datasets.scenes import Scene, SceneObject
from workbench.data.datasets.stamp_classes import MASSES
from workbench.data.example import Example, Span

SPLITS = {
    "all": "every pair",
    "train": "eight tenths of the pairs",
    "validation": "a tenth of the pairs",
    "test": "a tenth of the pairs",
}
GROUND = (206, 214, 222)
"""Red, green, blue behind the thing: neither white nor black, as many stamps are."""


@dataclass(frozen=True)
class Stamps:
    """Stamps of one split with their human captions; the same interface as ``Scenes``.

    ``size`` is the pictures' width and height in pixels.  Raises ``debian.PackageUnavailable``
    on use where the packages cannot be had.
    """

    split: str = "train"
    size: tuple[int, int] = (320, 256)

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise ValueError(
                f"there is no split {self.split!r}; the splits are {', '.join(SPLITS)}"
            )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The nouns of the split's captions."""
        return tuple(sorted({cutout.noun.name for cutout in self._cutouts.values()}))

    def scenes(self) -> list[Scene]:
        """Every stamp of the split as a scene of one object."""
        return [self._scene(key, cutout) for key, cutout in self._cutouts.items()]

    def picture(self, scene: Scene) -> UInt8[np.ndarray, "height width 3"]:
        """The stamp in the middle of a plain ground: red, green, blue."""
        ground = np.full((self.size[1], self.size[0], 3), GROUND, np.uint8)
        return composing.pasted(ground, [self._placed(self._cutouts[scene.key])])

    def examples(self) -> list[Example]:
        """One human sentence for each stamp, the noun and its article marked where known."""
        return [
            Example(f"{key}.0", key, cutout.caption, "caption", _spans(cutout.caption))
            for key, cutout in self._cutouts.items()
        ]

    def card(self) -> Card:
        """Counts, means, licence, source and splits."""
        cutouts = list(self._cutouts.values())
        words = [len(cutout.caption.split()) for cutout in cutouts]
        return Card(
            name=f"stamps, split {self.split}",
            source=stamp_source.ORIGIN,
            licence=stamp_source.LICENCE,
            counts={
                "pairs": len(cutouts),
                "different captions": len({cutout.caption for cutout in cutouts}),
                "photos": sum(cutout.style == "photo" for cutout in cutouts),
                "drawings": sum(cutout.style == "drawing" for cutout in cutouts),
            },
            means={"words in a sentence": float(np.mean(words)) if words else 0.0},
            splits=SPLITS,
            notes=(
                "every captioned stamp that is no symbol: of the 703 captions two have no picture "
                "and one repeats another's",
                "first lines of the captions as their makers wrote them, in English",
            ),
        )

    @cached_property
    def _cutouts(self) -> dict[str, Cutout]:
        chosen = {}
        for index, record in enumerate(stamp_source.contents()["cutouts"]):
            if self.split in ("all", _split(record["id"])):
                said = named(record["caption"], MASSES)
                noun = said.noun if said else Noun(record["caption"].rstrip(".!"))
                cutout = unpacking.cutout(record, noun, stamp_source.folder())
                chosen[f"stamp-{index:06d}"] = cutout
        return chosen

    def _placed(self, cutout: Cutout) -> composing.Placed:
        width, height = self.size
        scale = min(0.85 * width / cutout.width, 0.85 * height / cutout.height)
        wide, high = round(cutout.width * scale), round(cutout.height * scale)
        left, top = (width - wide) // 2, (height - high) // 2
        return composing.Placed(cutout, left, top, max(wide, 1), max(high, 1), False)

    def _scene(self, key: str, cutout: Cutout) -> Scene:
        thing = SceneObject(
            name=cutout.noun.name,
            phrase=cutout.noun.phrase,
            cutout=cutout.id,
            box=self._placed(cutout).box(self.size),
            attributes=tuple(word for word in (cutout.colour, cutout.style) if word),
        )
        return Scene(key, 0, "plain", (thing,))


def _split(id: str) -> str:
    """The split a stamp belongs to, by its name alone."""
    tenth = splits.number("stamp", id) % 10
    return "test" if tenth == 0 else "validation" if tenth == 1 else "train"


def _spans(caption: str) -> tuple[Span, ...]:
    """Where a caption says the article and the noun, empty where it has no plain form."""
    said: Named | None = named(caption, MASSES)
    if said is None:
        return ()
    start = caption.lower().find(said.noun.name)
    if start < 0:
        return ()
    article = Span(0, caption.index(" "), "article", 0)
    return (article, Span(start, start + len(said.noun.name), "name", 0))
