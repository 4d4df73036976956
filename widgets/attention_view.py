"""The attention explorer: who looks at whom between the words and the regions of a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets
from jaxtyping import Float
from PIL import Image

from widgets import assets
from widgets.attention_choice import AttentionChoice, first_word
from widgets.attention_picture import draw
from widgets.attention_record import AttentionRecord
from widgets.core.attention import DIRECTIONS, encode
from widgets.core.colour import Colour, scale_colour
from widgets.explorer import Explorer

if TYPE_CHECKING:
    import pandas

_DATA_TRAITS = ("words", "labels", "title", "boxes", "shape", "codes", "scales", "picture")
_LARGEST_SIDE = 1280


class AttentionView(Explorer):
    """One sentence on one picture, every layer and head; hover a word and its regions light up.

    ``record`` is an ``AttentionRecord``, anything with its fields, or the path of one
    (``probes/step-*.npz``).  ``head`` −1 is
    the mean of all heads, or their mix by ``head_weights``; ``region`` −1 means that the word is
    asked about.  Numbers from Python are exact, the browser's within 2e-5 of them.
    Raises ``traitlets.TraitError`` for a layer, head, word or region the record does not have.
    """

    _esm: ClassVar[str] = assets.module("attention_view.js")
    _css: ClassVar[str] = assets.style("attention_view.css")
    _exact: ClassVar[tuple[Colour, ...]] = tuple(scale_colour(i / 59, False) for i in range(60))
    _choices: ClassVar[tuple[str, ...]] = (
        *("layer", "head", "head_weights", "word", "region", "direction", "hide_special"),
    )

    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    boxes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    scales = traitlets.Bytes().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)

    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int(-1).tag(sync=True)
    head_weights = traitlets.List(traitlets.Float()).tag(sync=True)
    word = traitlets.Int().tag(sync=True)
    region = traitlets.Int(-1).tag(sync=True)
    direction = traitlets.Enum(DIRECTIONS, default_value=DIRECTIONS[0]).tag(sync=True)
    hide_special = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        record: AttentionRecord | str | PathLike[str] | object,
        *,
        layer: int | None = None,
        head: int = -1,
        head_weights: Sequence[float] = (),
        word: int | None = None,
        region: int = -1,
        direction: str = DIRECTIONS[0],
        hide_special: bool = False,
    ) -> None:
        self.record = record = _drawable(record)
        layer = record.layers - 1 if layer is None else layer
        known_layer = layer if 0 <= layer < record.layers else 0
        super().__init__(
            **_sent(record),
            layer=layer,
            head=head,
            head_weights=list(head_weights),
            word=first_word(record, known_layer) if word is None else word,
            region=region,
            direction=direction,
            hide_special=hide_special,
        )

    def show(self, record: AttentionRecord | str | PathLike[str] | object) -> None:
        """Show another record; what is chosen stays, where the words and sizes are the same."""
        record = _drawable(record)
        before, self.record = self.record, record
        same = before.words == record.words and before.attention.shape == record.attention.shape
        fresh = {
            "layer": record.layers - 1,
            "head": -1,
            "head_weights": [],
            "word": first_word(record, record.layers - 1),
            "region": -1,
        }
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in {**_sent(record), **({} if same else fresh)}.items():
                setattr(self, name, value)

    def choice(self) -> AttentionChoice:
        """What is looked at, as a frozen value with the exact numbers."""
        return AttentionChoice(
            self.record,
            self.layer,
            self.head,
            tuple(self.head_weights),
            self.word,
            self.region,
            self.direction,
            self.hide_special,
        )

    def weights(self) -> Float[np.ndarray, "W N"]:
        """Exact weights, words × regions, of the chosen layer, heads and direction."""
        return self.choice().weights

    def table(self) -> pandas.DataFrame:
        """The weights shown, one row each: word_index, word, region, label, weight."""
        return self.choice().table()

    def sentence(self) -> str:
        """Who attends most to whom, and how much."""
        return self.choice().sentence()

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The picture with lit regions beside the words × regions heat map, at least 600 wide."""
        if width < 600:
            raise ValueError(f"an attention picture needs a width of 600 or more, got {width}")
        return draw(self.choice(), width, scale)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs, by name."""
        return {name: getattr(self, name) for name in (*self._choices, *_DATA_TRAITS)}

    @traitlets.validate("layer")
    def _check_layer(self, proposal: Any) -> int:
        return _in_range("layer", proposal["value"], 0, self.record.layers)

    @traitlets.validate("head")
    def _check_head(self, proposal: Any) -> int:
        return _in_range("head", proposal["value"], -1, self.record.heads)

    @traitlets.validate("word")
    def _check_word(self, proposal: Any) -> int:
        return _in_range("word", proposal["value"], 0, len(self.record.words))

    @traitlets.validate("region")
    def _check_region(self, proposal: Any) -> int:
        return _in_range("region", proposal["value"], -1, len(self.record.boxes))

    @traitlets.validate("head_weights")
    def _check_head_weights(self, proposal: Any) -> list[float]:
        weights, heads = proposal["value"], self.record.heads
        usable = len(weights) == heads and min(weights) >= 0 and sum(weights) > 0
        if weights and not (usable and np.isfinite(weights).all()):
            raise traitlets.TraitError(
                f"head_weights must be empty or {heads} numbers of 0 or more with one above 0, "
                f"got {weights}"
            )
        return weights


def _drawable(source: object) -> AttentionRecord:
    record = AttentionRecord.of(source)
    if not record.words or not len(record.boxes):
        raise ValueError(
            f"{len(record.words)} words and {len(record.boxes)} regions were given; a picture of "
            "attention needs at least one of each"
        )
    return record


def _sent(record: AttentionRecord) -> dict[str, Any]:
    """A record as the traits that the browser gets."""
    codes, scales = encode(record.attention)
    return {
        "words": list(record.words),
        "labels": list(record.labels),
        "title": record.title,
        "boxes": record.boxes.astype(float).tolist(),
        "shape": [record.layers, record.heads],
        "codes": codes.astype("<u2").tobytes(),
        "scales": scales.astype("<f4").tobytes(),
        "picture": _coded(record.picture),
    }


def _in_range(name: str, value: int, low: int, count: int) -> int:
    if not low <= value < count:
        no_choice = {"head": " (-1: all heads)", "region": " (-1: none)"}.get(name, "")
        raise traitlets.TraitError(
            f"{name} {value} was given, but this record has {name}s 0 to {count - 1}{no_choice}"
        )
    return value


def _coded(picture: np.ndarray) -> bytes:
    """The picture for the browser: PNG, or JPEG where that is large; at most 1280 on a side."""
    image = Image.fromarray(picture)
    image.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    buffer = io.BytesIO()
    small = image.width * image.height <= 200_000
    image.save(buffer, "PNG" if small else "JPEG", **({} if small else {"quality": 90}))
    return buffer.getvalue()
