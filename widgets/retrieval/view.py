"""The retrieval browser: which picture a sentence finds, which sentence a picture, what fails."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets
from PIL import Image

from widgets import assets
from widgets.core.retrieval import DIRECTIONS, FILTERS
from widgets.explorer import Explorer
from widgets.retrieval.choice import RetrievalChoice
from widgets.retrieval.message import sent
from widgets.retrieval.picture import draw
from widgets.retrieval.record import RetrievalRun

if TYPE_CHECKING:
    import pandas

_DATA_TRAITS = ("models", "kinds", "title", "texts", "pictures", "owner", "ranks", "whole")
_DATA_TRAITS += ("scores", "thumbnails", "thumbnail_ends", "shape", "labels", "details", "lacking")
_DATA_TRAITS += ("probes",)

Source = RetrievalRun | str | PathLike[str] | object


class RetrievalView(Explorer):
    """Questions and answers of a retrieval run: hits, misses, what a wrong answer lacks.

    ``run`` is a ``RetrievalRun``, anything with its fields, or the path of one; ``other`` a second
    model's run on the same pairs (M37, M38).  ``query`` numbers the sentences for
    "text_to_image", the pictures for "image_to_text".  A click on a pair sets ``opened`` to
    [sentence, picture], which a session links to other explorers.
    Raises ``traitlets.TraitError`` for a query or a pair the run does not have, and ``ValueError``
    for two runs on different pairs.

    .. image:: ../../docs/pictures/retrieval.png
    """

    _esm: ClassVar[str] = assets.module("retrieval/view.js")
    _css: ClassVar[str] = assets.style("retrieval/view.css")
    _choices: ClassVar[tuple[str, ...]] = (
        *("direction", "query", "filter", "search", "opened", "show_boxes"),
    )

    models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    kinds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    pictures = traitlets.List(traitlets.Unicode()).tag(sync=True)
    owner = traitlets.List(traitlets.Int()).tag(sync=True)
    ranks = traitlets.List().tag(sync=True)
    whole = traitlets.Bool(True).tag(sync=True)
    scores = traitlets.Bytes().tag(sync=True)
    thumbnails = traitlets.Bytes().tag(sync=True)
    thumbnail_ends = traitlets.List(traitlets.Int()).tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)
    labels = traitlets.List().tag(sync=True)
    details = traitlets.List().tag(sync=True)
    lacking = traitlets.Bytes().tag(sync=True)
    probes = traitlets.List().tag(sync=True)

    direction = traitlets.Enum(DIRECTIONS, default_value=DIRECTIONS[0]).tag(sync=True)
    query = traitlets.Int(0).tag(sync=True)
    filter = traitlets.Enum(FILTERS, default_value="all").tag(sync=True)
    search = traitlets.Unicode().tag(sync=True)
    opened = traitlets.List(traitlets.Int()).tag(sync=True)
    show_boxes = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        run: Source,
        other: Source | None = None,
        *,
        direction: str = DIRECTIONS[0],
        query: int | None = None,
        filter: str = "all",
        search: str = "",
        opened: Sequence[int] = (),
        show_boxes: bool = False,
    ) -> None:
        self.run = RetrievalRun.of(run)
        self.other = None if other is None else RetrievalRun.of(other)
        super().__init__(
            **sent(self.run, self.other),
            direction=direction,
            query=_first_miss(self.run, direction) if query is None else query,
            filter=filter,
            search=search,
            opened=list(opened),
            show_boxes=show_boxes,
        )

    def choice(self) -> RetrievalChoice:
        """What is looked at, as a frozen value with the exact numbers."""
        return RetrievalChoice(
            self.run,
            self.other,
            self.direction,
            self.query,
            self.filter,
            self.search,
            tuple(self.opened),
        )

    def table(self) -> pandas.DataFrame:
        """The questions shown, one row each: rank, first answer and its score, of each model."""
        return self.choice().table()

    def sentence(self) -> str:
        """Where the question finds its own, and what the first answer lacks."""
        return self.choice().sentence()

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The question with its first answers and rewritten captions, at least 600 wide."""
        if width < 600:
            raise ValueError(f"a picture of retrieval needs a width of 600 or more, got {width}")
        return draw(self.choice(), width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs, by name."""
        return {name: getattr(self, name) for name in (*self._choices, *_DATA_TRAITS)}

    @traitlets.validate("query")
    def _check_query(self, proposal: Any) -> int:
        query, text = proposal["value"], self.direction == DIRECTIONS[0]
        count = len(self.run.texts if text else self.run.pictures)
        if not 0 <= query < count:
            kind = "sentences" if text else "pictures"
            raise traitlets.TraitError(
                f"query {query} was given, but this run has {kind} 0 to {count - 1}"
            )
        return query

    @traitlets.validate("filter")
    def _check_filter(self, proposal: Any) -> str:
        if proposal["value"] in ("first_only", "second_only") and self.other is None:
            raise traitlets.TraitError(
                f"the filter {proposal['value']!r} compares two models: give other=, a second run"
            )
        return proposal["value"]

    @traitlets.validate("opened")
    def _check_opened(self, proposal: Any) -> list[int]:
        pair, limits = proposal["value"], (len(self.run.texts), len(self.run.pictures))
        fits = len(pair) == 2 and all(0 <= i < n for i, n in zip(pair, limits, strict=True))
        if pair and not fits:
            raise traitlets.TraitError(
                f"opened must be empty or [sentence, picture] with 0 to {limits[0] - 1} and 0 to "
                f"{limits[1] - 1}, got {pair}"
            )
        return pair

    @traitlets.observe("direction")
    def _keep_query_within(self, change: Any) -> None:
        count = len(self.run.texts if change["new"] == DIRECTIONS[0] else self.run.pictures)
        if self.query >= count:
            self.query = 0


def _first_miss(run: RetrievalRun, direction: str) -> int:
    """A question worth opening with: the first that goes wrong, else the first."""
    misses = run.misses(direction if direction in DIRECTIONS else DIRECTIONS[0])
    return int(misses[0]) if len(misses) else 0
