"""Which probe of a run is looked at, and what it tells beside attention."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import traitlets
from PIL import Image

from widgets import assets
from widgets.core.colour import Colour, scale_colour
from widgets.core.text import percent
from widgets.explorer import Explorer
from widgets.probe_picture import draw
from widgets.probe_record import Guesses, Similarity

_PAGE_TRAITS = ("name", "steps", "step", "guessed", "hidden", "similarity", "texts", "kind")


class ProbeView(Explorer):
    """A slider over the probes of a run, guesses for hidden words, and a map of similarities.

    ``step`` is that of the probe shown, −1 before the first; ``following`` means that the newest
    is taken as soon as it is there.
    """

    _esm: ClassVar[str] = assets.module("probe_view.js")
    _css: ClassVar[str] = assets.style("probe_view.css")
    _exact: ClassVar[tuple[Colour, ...]] = tuple(scale_colour(i / 59, False) for i in range(60))

    name = traitlets.Unicode().tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    step = traitlets.Int(-1).tag(sync=True)
    following = traitlets.Bool(True).tag(sync=True)
    guessed = traitlets.List(traitlets.Unicode()).tag(sync=True)
    hidden = traitlets.List(traitlets.Dict()).tag(sync=True)
    similarity = traitlets.List(traitlets.List(traitlets.Float(allow_none=True))).tag(sync=True)
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    live = traitlets.Bool(True).tag(sync=True)

    def show(self, guesses: Guesses | None, similarity: Similarity | None) -> None:
        """Show what a probe holds of both; None for what it does not hold."""
        self.guesses, self.pairs = guesses, similarity
        with self.hold_sync():
            self.guessed = list(guesses.sentence) if guesses else []
            self.hidden = _hidden(guesses) if guesses else []
            values = similarity.values.tolist() if similarity else []
            self.similarity = [[_finite(value) for value in row] for row in values]
            self.texts = list(similarity.texts) if similarity else []
            self.kind = similarity.kind if similarity else ""

    guesses: Guesses | None = None
    pairs: Similarity | None = None

    def sentence(self) -> str:
        """Which step is shown, what was guessed there, and how many pairs were found."""
        if self.step < 0:
            return f"{self.name} has not written a probe yet."
        said = [f"{self.name} at step {self.step:,}."]
        for one in self.hidden:
            best, chance = one["top"][0], percent(one["chance"][0])
            said.append(f"Hidden “{one['truth']}” is guessed as “{best}”, {chance}.")
        if self.pairs is not None:
            of = len(self.pairs.texts)
            said.append(f"{self.pairs.right} of {of} sentences fit their own picture best.")
        return " ".join(said)

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The guesses beside the map of similarities, at least 600 wide."""
        if width < 600:
            raise ValueError(f"a picture of a probe needs a width of 600 or more, got {width}")
        heading = self.sentence().split(".")[0]
        return draw(heading, self.guesses, self.pairs, width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs; it holds the probe shown, no other."""
        values = {name: getattr(self, name) for name in _PAGE_TRAITS}
        return {**values, "following": False, "problem": "", "live": False}


def _hidden(guesses: Guesses) -> list[dict[str, Any]]:
    rows = zip(guesses.positions, guesses.truth, guesses.top, guesses.chance.tolist(), strict=True)
    return [
        {
            "position": place,
            "truth": truth,
            "top": list(top),
            "chance": [_finite(c) for c in chance],
        }
        for place, truth, top, chance in rows
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
