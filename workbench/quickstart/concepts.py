"""What the words of the scenes speak of: the plural of a name means the thing itself."""

from __future__ import annotations

from workbench.data.datasets.scenes import Scenes


def concepts_of(scenes: Scenes) -> dict[str, str]:
    """From every plural of these scenes to its name, in small letters: "balls" to "ball".

    An embedding table takes it as ``concept``, so that a word, its plural and its regions are one.
    """
    nouns = [cutout.noun for cutout in scenes.origin.cutouts]
    return {noun.plural.lower(): noun.name.lower() for noun in nouns if noun.plural}
