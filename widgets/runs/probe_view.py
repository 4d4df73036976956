"""Which probe of a run is looked at, and what it tells beside attention."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import traitlets
from PIL import Image

from widgets import assets
from widgets.core.colour import Colour, scale_colour
from widgets.core.text import percent
from widgets.explorer import Explorer
from widgets.runs.probe_picture import draw
from widgets.runs.probe_record import Guesses, Similarity

if TYPE_CHECKING:
    import pandas

_PAGE_TRAITS = ("name", "steps", "step", "guessed", "hidden", "similarity", "texts", "kind")


class ProbeView(Explorer):
    """A slider over the probes of a run, guesses for hidden words, and a map of similarities.

    .. image:: ../../docs/pictures/probe-view.png

    ``step`` is that of the probe shown, −1 before the first; ``following`` means that the newest
    is taken as soon as it is there.
    """

    _esm: ClassVar[str] = assets.module("runs/probe_view.js")
    _css: ClassVar[str] = assets.style("runs/probe_view.css")
    _exact: ClassVar[tuple[Colour, ...]] = tuple(scale_colour(i / 59, False) for i in range(60))

    _choices: ClassVar[tuple[str, ...]] = ("name", "steps", "step", "following")

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

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *given: Any) -> Self:
        """The view that ``state`` describes, of the guesses and similarities of its probe."""
        guesses, similarity = given or (None, None)
        view = super().from_state(state)
        view.show(guesses, similarity)
        return view

    def table(self) -> pandas.DataFrame:
        """What the probe tells, one row a number: kind, of, other, value.

        A guess ("guess", "guess without the picture") is that for the hidden word ``of``; else
        ``of`` is a sentence, ``other`` the number of a picture, ``kind`` the measure.
        """
        import pandas

        rows: list[tuple[str, str, str, float | None]] = []
        for one in self.hidden:
            for kind, prefix in (("guess", ""), ("guess without the picture", "blind_")):
                found = zip(
                    one.get(f"{prefix}top", []), one.get(f"{prefix}chance", []), strict=True
                )
                rows += [(kind, one["truth"], guess, chance) for guess, chance in found]
        for text, values in zip(self.texts, self.similarity, strict=True):
            rows += [(self.kind, text, str(n), value) for n, value in enumerate(values, 1)]
        return pandas.DataFrame(rows, columns=["kind", "of", "other", "value"])

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
    told = [
        {"position": place, "truth": truth, **_listed("", top, chance)}
        for place, truth, top, chance in rows
    ]
    if guesses.blind_chance is not None:
        blind = zip(told, guesses.blind_top, guesses.blind_chance.tolist(), strict=True)
        told = [{**one, **_listed("blind_", top, chance)} for one, top, chance in blind]
    return told


def _listed(prefix: str, top: tuple[str, ...], chance: list[float]) -> dict[str, Any]:
    return {f"{prefix}top": list(top), f"{prefix}chance": [_finite(share) for share in chance]}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
