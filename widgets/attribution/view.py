"""The attribution explorer: what an answer rests on, by several methods, in one picture."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets
from PIL import Image

from widgets import assets
from widgets.attribution.choice import AttributionChoice
from widgets.attribution.picture import draw
from widgets.attribution.record import AttributionRecord
from widgets.core.colour import Colour, signed_colour
from widgets.explorer import Explorer
from widgets.picture_bytes import coded

if TYPE_CHECKING:
    import pandas

_DATA_TRAITS = (
    *("words", "labels", "title", "boxes", "picture", "question", "unit", "methods", "fixed"),
    *("numbers", "values", "shares", "deletion", "insertion", "layers", "layer_names"),
)


class AttributionView(Explorer):
    """One answer of a model and what every word and region did for it, by every method at once.

    .. image:: ../../docs/pictures/attribution.png

    ``record`` is an ``AttributionRecord``, anything with its fields, or the path of one.
    ``method`` is the index of the one in the large picture; ``word`` and ``region`` −1 mean none.
    ``hide_special`` leaves rows that no method can take away out of scales and ranks.
    Raises ``traitlets.TraitError`` for a method, word or region the record does not have.
    """

    _esm: ClassVar[str] = assets.module("attribution/view.js")
    _css: ClassVar[str] = assets.style("attribution/view.css")
    _exact: ClassVar[tuple[Colour, ...]] = tuple(
        signed_colour(i / 30 - 1, False) for i in range(61)
    )
    _choices: ClassVar[tuple[str, ...]] = ("method", "word", "region", "hide_special", "sort")

    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    boxes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    methods = traitlets.List(traitlets.Unicode()).tag(sync=True)
    fixed = traitlets.List(traitlets.Bool()).tag(sync=True)
    layer_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    numbers = traitlets.Bytes().tag(sync=True)
    values = traitlets.Bytes().tag(sync=True)
    shares = traitlets.Bytes().tag(sync=True)
    deletion = traitlets.Bytes().tag(sync=True)
    insertion = traitlets.Bytes().tag(sync=True)
    layers = traitlets.Bytes().tag(sync=True)

    method = traitlets.Int().tag(sync=True)
    word = traitlets.Int(-1).tag(sync=True)
    region = traitlets.Int(-1).tag(sync=True)
    hide_special = traitlets.Bool(True).tag(sync=True)
    sort = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        record: AttributionRecord | str | PathLike[str] | object,
        *,
        method: int = 0,
        word: int = -1,
        region: int = -1,
        hide_special: bool = True,
        sort: bool = False,
    ) -> None:
        self.record = AttributionRecord.of(record)
        super().__init__(
            **_sent(self.record),
            method=method,
            word=word,
            region=region,
            hide_special=hide_special,
            sort=sort,
        )

    def show(self, record: AttributionRecord | str | PathLike[str] | object) -> None:
        """Show another record; the method stays where the record has it, the focus is let go."""
        self.record = AttributionRecord.of(record)
        kept = self.method if self.method < len(self.record.methods) else 0
        fresh = {"method": kept, "word": -1, "region": -1}
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in {**_sent(self.record), **fresh}.items():
                setattr(self, name, value)

    def choice(self) -> AttributionChoice:
        """What is looked at, as a frozen value with the exact numbers."""
        return AttributionChoice(
            self.record, self.method, self.word, self.region, self.hide_special
        )

    def table(self) -> pandas.DataFrame:
        """Every row by every method: kind, index, name, fixed, method, value, rank."""
        return self.choice().table()

    def agreement(self) -> pandas.DataFrame:
        """Spearman's ρ of the sizes that methods give the removable rows, methods × methods."""
        import pandas

        names = list(self.record.methods)
        return pandas.DataFrame(self.choice().agreement[0], names, names)

    def areas(self) -> pandas.DataFrame:
        """The areas under each method's deletion (low is good) and insertion (high is good)."""
        import pandas

        columns = ["method", "deletion", "insertion"]
        return pandas.DataFrame(self.choice().areas, columns=columns).set_index("method")

    def sentence(self) -> str:
        """What counts most, or what every method says of the row in focus."""
        return self.choice().sentence()

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The tinted picture and sentence, every method's values, and the curves; 600 or wider."""
        if width < 600:
            raise ValueError(f"an attribution picture needs a width of 600 or more, got {width}")
        return draw(self.choice(), self.sort, width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs, by name."""
        return {name: getattr(self, name) for name in (*self._choices, *_DATA_TRAITS)}

    @traitlets.validate("method")
    def _check_method(self, proposal: Any) -> int:
        value, count = proposal["value"], len(self.record.methods)
        if not 0 <= value < count:
            named = ", ".join(f"{i} {name}" for i, name in enumerate(self.record.methods))
            raise traitlets.TraitError(f"method {value} was given, but this record has {named}")
        return value

    @traitlets.validate("word")
    def _check_word(self, proposal: Any) -> int:
        return _in_range("word", proposal["value"], len(self.record.words))

    @traitlets.validate("region")
    def _check_region(self, proposal: Any) -> int:
        return _in_range("region", proposal["value"], len(self.record.boxes))


def _sent(record: AttributionRecord) -> dict[str, Any]:
    """A record as the traits that the browser gets."""
    numbers = np.array([record.score, record.baseline, *record.deltas], dtype="<f4")
    arrays = {
        name: getattr(record, name)
        for name in ("values", "shares", "deletion", "insertion", "layers")
    }
    return {
        "words": list(record.words),
        "labels": list(record.labels),
        "title": record.title,
        "boxes": record.boxes.astype(float).tolist(),
        "picture": coded(record.picture),
        "question": record.question,
        "unit": record.unit,
        "methods": list(record.methods),
        "fixed": record.fixed.tolist(),
        "layer_names": list(record.layer_names),
        "numbers": numbers.tobytes(),
        **{n: b"" if a is None else a.astype("<f4").tobytes() for n, a in arrays.items()},
    }


def _in_range(name: str, value: int, count: int) -> int:
    if not -1 <= value < count:
        raise traitlets.TraitError(
            f"{name} {value} was given, but this record has {name}s 0 to {count - 1} (-1: none)"
        )
    return value
