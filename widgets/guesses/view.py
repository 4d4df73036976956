"""The guess viewer: what a model takes a hidden word or region for, with and without the other."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets
from PIL import Image

from widgets import assets
from widgets.core.colour import SERIES_LIGHT, Colour
from widgets.explorer import Explorer
from widgets.guesses.choice import GuessChoice, first_place, place_groups
from widgets.guesses.picture import draw
from widgets.guesses.record import GuessRecord
from widgets.picture_bytes import coded

if TYPE_CHECKING:
    import pandas

_DATA_TRAITS = (
    *("words", "labels", "title", "boxes", "picture", "steps", "places", "turns", "groups"),
    *("truth", "kinds", "conditions", "region_conditions", "guesses", "top", "chance"),
    *("truth_chance", "truth_rank"),
)


class GuessView(Explorer):
    """A sentence with blanks on its picture; the guesses at each, with and without the picture.

    .. image:: ../../docs/pictures/guess-view.png

    ``record`` is a ``GuessRecord`` or the path of one.  ``place`` is the number of a hidden place,
    ``word`` or ``region`` the same as rows of the pair (−1: the other one is asked about); ``step``
    is one of the record's.  With ``hide_answers`` nothing is told of a place before it is among
    ``revealed``: the learner guesses first.  Numbers from Python are exact, the browser's float32.
    Raises ``traitlets.TraitError`` for a place, step, word or region the record does not have.
    """

    _esm: ClassVar[str] = assets.module("guesses/view.js")
    _css: ClassVar[str] = assets.style("guesses/view.css")
    _exact: ClassVar[tuple[Colour, ...]] = SERIES_LIGHT[:2]
    _choices: ClassVar[tuple[str, ...]] = ("place", "step", "hide_answers", "revealed")

    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    boxes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    places = traitlets.List(traitlets.Int()).tag(sync=True)
    turns = traitlets.List(traitlets.Int()).tag(sync=True)
    groups = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    truth = traitlets.List(traitlets.Unicode()).tag(sync=True)
    kinds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    conditions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    region_conditions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    guesses = traitlets.List(traitlets.Unicode()).tag(sync=True)
    top = traitlets.Bytes().tag(sync=True)
    chance = traitlets.Bytes().tag(sync=True)
    truth_chance = traitlets.Bytes().tag(sync=True)
    truth_rank = traitlets.Bytes().tag(sync=True)

    place = traitlets.Int().tag(sync=True)
    word = traitlets.Int(-1).tag(sync=True)
    region = traitlets.Int(-1).tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    hide_answers = traitlets.Bool(False).tag(sync=True)
    revealed = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(
        self,
        record: GuessRecord | str | PathLike[str] | object,
        *,
        place: int | None = None,
        step: int | None = None,
        hide_answers: bool = False,
        revealed: list[int] | None = None,
    ) -> None:
        self.record = record = GuessRecord.of(record)
        place = first_place(record) if place is None else place
        super().__init__(
            **_sent(record),
            place=place,
            step=int(record.steps[-1]) if step is None else step,
            hide_answers=hide_answers,
            revealed=list(revealed or ()),
        )
        self._tell_rows()
        self.observe(lambda change: self._tell_rows(), "place")
        self.observe(lambda change: self._follow_rows(), ["word", "region"])

    def show(self, record: GuessRecord | str | PathLike[str] | object) -> None:
        """Show another record, at its last step and its first place; nothing of it is revealed."""
        self.record = record = GuessRecord.of(record)
        fresh = {"place": first_place(record), "step": int(record.steps[-1]), "revealed": []}
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in {**_sent(record), **fresh, "word": -1, "region": -1}.items():
                setattr(self, name, value)
        self._tell_rows()

    def choice(self) -> GuessChoice:
        """What is looked at, as a frozen value with the exact numbers."""
        kept_back = self.hide_answers and self.place not in self.revealed
        moment = self.record.steps.tolist().index(self.step)
        return GuessChoice(self.record, self.place, moment, kept_back)

    def table(self) -> pandas.DataFrame:
        """Every guess at the chosen step, one row each; see ``GuessChoice.table``."""
        return self.choice().table()

    def helps(self) -> pandas.DataFrame:
        """By how many bits the other modality helps each word and region; ``GuessChoice.helps``."""
        return self.choice().helps()

    def sentence(self) -> str:
        """What is guessed, how surely, and how much the other modality helps."""
        return self.choice().sentence()

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The sentence and its picture beside the guesses and their course, at least 600 wide."""
        if width < 600:
            raise ValueError(f"a picture of guesses needs a width of 600 or more, got {width}")
        return draw(self.choice(), width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs, by name."""
        names = (*self._choices, "word", "region", *_DATA_TRAITS)
        return {name: getattr(self, name) for name in names}

    def _tell_rows(self) -> None:
        row, length = int(self.record.places[self.place]), len(self.record.words)
        word, region = (row, -1) if row < length else (-1, row - length)
        if (self.word, self.region) != (word, region):
            with self.hold_trait_notifications():
                self.word, self.region = word, region

    def _follow_rows(self) -> None:
        """The place of the row that another explorer chose, where it is hidden here."""
        length = len(self.record.words)
        row = length + self.region if self.region >= 0 else self.word
        rows = self.record.places.tolist()
        if row in rows and rows[self.place] != row:
            self.place = rows.index(row)

    @traitlets.validate("place")
    def _check_place(self, proposal: Any) -> int:
        return _in_range("place", proposal["value"], 0, len(self.record.places))

    @traitlets.validate("word")
    def _check_word(self, proposal: Any) -> int:
        return _in_range("word", proposal["value"], -1, len(self.record.words))

    @traitlets.validate("region")
    def _check_region(self, proposal: Any) -> int:
        return _in_range("region", proposal["value"], -1, len(self.record.boxes))

    @traitlets.validate("revealed")
    def _check_revealed(self, proposal: Any) -> list[int]:
        count = len(self.record.places)
        return [_in_range("place", place, 0, count) for place in proposal["value"]]

    @traitlets.validate("step")
    def _check_step(self, proposal: Any) -> int:
        steps = self.record.steps.tolist()
        if proposal["value"] not in steps:
            raise traitlets.TraitError(
                f"step {proposal['value']} was given, but this record has the steps "
                f"{', '.join(map(str, steps))}"
            )
        return proposal["value"]


def _sent(record: GuessRecord) -> dict[str, Any]:
    """A record as the traits that the browser gets: distinct guesses once, numbers as bytes."""
    guesses, codes = np.unique(record.top, return_inverse=True)
    return {
        "words": list(record.words),
        "labels": list(record.labels),
        "title": record.title,
        "boxes": record.boxes.astype(float).tolist(),
        "picture": coded(record.picture),
        "steps": record.steps.tolist(),
        "places": record.places.tolist(),
        "turns": record.turns.tolist(),
        "groups": place_groups(record),
        "truth": list(record.truth),
        "kinds": list(record.kinds),
        "conditions": list(record.conditions),
        "region_conditions": list(record.region_conditions),
        "guesses": guesses.tolist(),
        "top": codes.reshape(record.top.shape).astype("<u4").tobytes(),
        "chance": record.chance.astype("<f4").tobytes(),
        "truth_chance": record.truth_chance.astype("<f4").tobytes(),
        "truth_rank": record.truth_rank.astype("<u4").tobytes(),
    }


def _in_range(name: str, value: int, low: int, count: int) -> int:
    if not low <= value < count:
        none = " (-1: none)" if low < 0 else ""
        raise traitlets.TraitError(
            f"{name} {value} was given, but this record has {name}s 0 to {count - 1}{none}"
        )
    return value
