"""Cut-outs: pictures of one thing without a background, and the noun that names it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

_IRREGULAR = {
    "mouse": "mice", "ox": "oxen", "tooth": "teeth", "foot": "feet", "goose": "geese",
    "knife": "knives", "leaf": "leaves", "loaf": "loaves", "scarf": "scarves", "wolf": "wolves",
    "calf": "calves", "man": "men", "woman": "women", "fireman": "firemen", "child": "children",
    "sheep": "sheep", "deer": "deer", "bison": "bison", "fish": "fish", "shrimp": "shrimp",
    "potato": "potatoes", "tomato": "tomatoes", "mango": "mangoes",
}  # fmt: skip
_VOWEL_SOUND = ("hour", "honest", "heir")
_CONSONANT_SOUND = ("uni", "use", "uk", "eu", "one", "ewe", "yak", "u-")


@dataclass(frozen=True)
class Noun:
    """A name as the grammar needs it; ``number`` is "one" (an owl), "many" (some cherries) or
    "mass" (some corn)."""

    name: str
    number: str = "one"

    @property
    def article(self) -> str:
        """ "a", "an" or "some"."""
        return indefinite(self.name) if self.number == "one" else "some"

    @property
    def phrase(self) -> str:
        """Article and name."""
        return f"{self.article} {self.name}"

    @property
    def plural(self) -> str:
        """The name of several; the name itself where it is a plural or a mass already."""
        return plural(self.name) if self.number == "one" else self.name


@dataclass(frozen=True)
class Cutout:
    """One cut-out: where its pixels are, what it shows and what was measured of it.

    ``width`` and ``height`` are pixels of the tightly trimmed picture, ``colour`` is its
    dominant colour's name or None, ``style`` is "photo" or "drawing", ``caption`` the sentence
    its maker wrote.
    """

    id: str
    noun: Noun
    file: Path
    width: int
    height: int
    colour: str | None
    style: str
    mirrorable: bool
    caption: str

    def pixels(self) -> UInt8[np.ndarray, "height width 4"]:
        """Red, green, blue, alpha; read once."""
        return _pixels(self.file)


@dataclass(frozen=True)
class Background:
    """A texture to put cut-outs on, about twice as large as a scene."""

    id: str
    file: Path

    def pixels(self) -> UInt8[np.ndarray, "height width 3"]:
        """Red, green, blue; read once."""
        return _pixels(self.file)


@dataclass(frozen=True)
class Source:
    """Cut-outs and backgrounds of one origin; ``names`` lists the names, best known first."""

    name: str
    origin: str
    licence: str
    names: tuple[str, ...]
    cutouts: tuple[Cutout, ...]
    backgrounds: tuple[Background, ...]

    def of_names(self, names: tuple[str, ...]) -> dict[str, tuple[Cutout, ...]]:
        """For each name its cut-outs, in the source's order."""
        found: dict[str, list[Cutout]] = {name: [] for name in names}
        for cutout in self.cutouts:
            if cutout.noun.name in found:
                found[cutout.noun.name].append(cutout)
        return {name: tuple(cutouts) for name, cutouts in found.items()}


def indefinite(words: str) -> str:
    """ "a" or "an", whichever goes before these words."""
    first = words.lower()
    if first.startswith(_VOWEL_SOUND):
        return "an"
    return "an" if first[0] in "aeiou" and not first.startswith(_CONSONANT_SOUND) else "a"


def plural(name: str) -> str:
    """The plural of a singular name: its last word, or the one before "of", is inflected."""
    head, of, rest = name.partition(" of ")
    *before, last = head.split(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        last += "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return " ".join([*before, last]) + of + rest


@lru_cache(maxsize=2048)
def _pixels(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        pixels = np.asarray(picture)
    pixels.setflags(write=False)
    return pixels
