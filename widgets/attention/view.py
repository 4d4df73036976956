"""The attention explorer: who looks at whom between the words and the regions of a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import traitlets
from jaxtyping import Float
from PIL import Image

from widgets import assets
from widgets.attention.change import AttentionChange, Rerun
from widgets.attention.choice import SHOWN, AttentionChoice, first_word, opening_layer
from widgets.attention.frames import AttentionFrames, Source, coded
from widgets.attention.metrics import Metric, meanings_of, metrics_of
from widgets.attention.picture import draw
from widgets.attention.record import AttentionRecord
from widgets.attention.traits import AttentionTraits
from widgets.core.attention import DIRECTIONS
from widgets.core.colour import Colour, scale_colour, signed_colour

if TYPE_CHECKING:
    import pandas

_DATA_TRAITS = (
    *("words", "labels", "title", "boxes", "shape", "layer_names", "added", "frame_labels"),
    *("frames_offered", "codes", "scales", "rest", "picture", "after_codes", "after_scales"),
    *("after_rest", "metric_names", "metric_meanings", "metric_values", "after_metric_values"),
    *("names", "changed", "problem", "rerunnable", "toolbar", "caption"),
    *("hover_word", "hover_region"),
)


class AttentionView(AttentionTraits):
    """One sentence on one picture, every layer and head; hover a word and its regions light up.

    ``record`` is an ``AttentionRecord``, anything with its fields, the path of one
    (``probes/step-*.npz``), or (label, record) pairs of the same words (see ``over``).  ``rerun``
    lets the reader take words, regions and heads away and see what differs then; ``after`` is
    another look to begin with, ``names`` what the two are called.  ``metrics`` are numbers
    [L, H] of every head, or functions of a record, beside those of ``head_statistics``.
    ``head`` −1 is the mean of all heads, or their mix by ``head_weights``; ``region`` −1 means that
    the word is asked about.  Numbers from Python are exact, the browser's within 2e-5 of them.
    Raises ``traitlets.TraitError`` for a layer, head, word or region the record does not have.

    .. image:: ../../docs/pictures/attention-view.png
    """

    _esm: ClassVar[str] = assets.module("attention/view.js")
    _css: ClassVar[str] = assets.style("attention/view.css")
    _exact: ClassVar[tuple[Colour, ...]] = (
        *(scale_colour(i / 59, False) for i in range(60)),
        *(signed_colour(-(i + 1) / 40, False) for i in range(40)),
    )

    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    boxes = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)
    layer_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    added = traitlets.List(traitlets.Int()).tag(sync=True)
    frame_labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    frames_offered = traitlets.Int(1).tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    scales = traitlets.Bytes().tag(sync=True)
    rest = traitlets.Bytes().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    metric_meanings = traitlets.List(traitlets.Unicode()).tag(sync=True)
    metric_values = traitlets.Bytes().tag(sync=True)

    after_codes = traitlets.Bytes().tag(sync=True)
    after_scales = traitlets.Bytes().tag(sync=True)
    after_rest = traitlets.Bytes().tag(sync=True)
    after_metric_values = traitlets.Bytes().tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    changed = traitlets.Dict().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    rerunnable = traitlets.Bool(False).tag(sync=True)
    live = traitlets.Bool(True).tag(sync=True)
    toolbar = traitlets.Bool(True).tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        record: Source,
        rerun: Rerun | None = None,
        *,
        after: AttentionRecord | None = None,
        names: tuple[str, str] = ("before", "after"),
        metrics: Mapping[str, Metric] | None = None,
        layer: int | None = None,
        head: int = -1,
        head_weights: Sequence[float] = (),
        word: int | None = None,
        region: int = -1,
        direction: str = DIRECTIONS[0],
        hide_special: bool = False,
        threshold: float = 0.0,
        metric: str = "",
        frame: int = 0,
        shown: str = SHOWN[2],
        change: Mapping[str, Any] | AttentionChange | None = None,
        toolbar: bool = True,
        caption: str = "",
    ) -> None:
        self.frames = AttentionFrames.of(record)
        first = self.frames.records[0]
        if rerun is not None and len(self.frames.labels) > 1:
            raise ValueError("rerun changes one record; several were given, one after the other")
        self._rerun, self.metrics = rerun, dict(metrics or {})
        way = direction if direction in DIRECTIONS else DIRECTIONS[0]  # others are refused below
        layer = opening_layer(first, way) if layer is None else layer
        known_layer = layer if 0 <= layer < first.layers else 0
        asked = change if isinstance(change, AttentionChange) else AttentionChange.of(change or {})
        self.after: AttentionRecord | None = None
        super().__init__(
            **self._sent(),
            **self._sent_after(after),
            names=list(names),
            layer=layer,
            head=head,
            head_weights=list(head_weights),
            word=first_word(first, known_layer) if word is None else word,
            region=region,
            direction=direction,
            hide_special=hide_special,
            threshold=threshold,
            metric=metric,
            frame=frame,
            shown=shown,
            change=asked.plain(),
            rerunnable=rerun is not None,
            toolbar=toolbar,
            caption=caption,
        )

    @classmethod
    def over(cls, records: Sequence[tuple[str, AttentionRecord]], **choices: Any) -> Self:
        """One view of several records in their order, each with a label, and a slider over them.

        They have the same words and shape; as many are kept as a page of 8 MB holds, evenly spaced.
        """
        return cls(list(records), **choices)

    @property
    def record(self) -> AttentionRecord:
        """The record shown."""
        return self.frames.records[self.frame]

    def show(self, record: Source) -> None:
        """Show another record; layer, heads and focus stay where it has as many of them."""
        frames, before = AttentionFrames.of(record), self.frames.records[0]
        now = frames.records[-1]
        fresh: dict[str, Any] = {}
        if before.attention.shape[:2] != now.attention.shape[:2]:
            layer = opening_layer(now, self.direction)
            fresh |= {"layer": layer, "head": -1, "head_weights": []}
        if before.words != now.words or len(before.boxes) != len(now.boxes):
            fresh |= {"word": first_word(now, fresh.get("layer", self.layer)), "region": -1}
        fresh |= {"frame": min(self.frame, len(frames.records) - 1), "change": {}, "problem": ""}
        self.frames = frames
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in {**self._sent(), **self._sent_after(None), **fresh}.items():
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
            self.threshold,
            self.after,
            self.shown,
            (self.names[0], self.names[1]),
            AttentionChange.of(self.changed),
        )

    def weights(self) -> Float[np.ndarray, "rows columns"]:
        """Exact weights of the chosen layer, heads and direction, words × regions (or alike)."""
        return self.choice().weights

    def heads(self) -> pandas.DataFrame:
        """Every metric of every head of the record shown: layer, name, head, one column each."""
        import pandas

        record = self.record
        layers, heads = (places.ravel() for places in np.indices((record.layers, record.heads)))
        names = record.layer_names or tuple(str(layer) for layer in range(record.layers))
        found = self._metrics_of(record)
        return pandas.DataFrame(
            {"layer": layers, "name": [names[layer] for layer in layers], "head": heads}
            | {name: values.ravel() for name, values in found.items()}
        )

    def table(self) -> pandas.DataFrame:
        """The weights shown, one row each: word_index, word, region, label, weight."""
        return self.choice().table()

    def sentence(self) -> str:
        """Who attends most to whom, and how much."""
        return self.choice().sentence()

    def to_image(self, width: int = 900, scale: float = 1) -> Image.Image:
        """The picture with lit regions beside the heat map, at least 600 wide."""
        if width < 600:
            raise ValueError(f"an attention picture needs a width of 600 or more, got {width}")
        label = self.frame_labels[self.frame] if self.frame_labels else self.caption
        looks = [self.record] if self.after is None else [self.record, self.after]
        values = [self._metrics_of(look)[self.metric] for look in looks] if self.metric else []
        return draw(self.choice(), width, scale, label, (self.metric, values) if values else None)

    def page_values(self) -> dict[str, Any]:
        """The traits a saved page needs, by name."""
        values = {name: getattr(self, name) for name in (*self._choices, *_DATA_TRAITS)}
        return {**values, "live": False, "busy": False}

    @traitlets.observe("change")
    def _look_again(self, event: Any) -> None:
        asked = AttentionChange.of(self.change)
        if not asked and not self.changed:
            self.problem = ""
        elif not asked:
            self._keep(None, asked)
        elif self._rerun is None:
            self.problem = "To look again, this view needs the model: AttentionView(record, rerun)."
        else:
            self.busy = True
            try:
                self._keep(self._fitting(self._rerun(asked)), asked)
            except Exception as problem:  # whatever a model raises is told and not lost
                self.problem = f"Looking again failed. {type(problem).__name__}: {problem}"
            finally:
                self.busy = False

    def _fitting(self, record: AttentionRecord) -> AttentionRecord:
        shapes = [list(one.attention.shape) for one in (self.record, record)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"another look needs weights {shapes[0]} as the record shown, got {shapes[1]}"
            )
        return record

    def _keep(self, after: AttentionRecord | None, change: AttentionChange) -> None:
        with self.hold_sync():
            for name, value in self._sent_after(after).items():
                setattr(self, name, value)
            self.changed, self.problem = change.plain(), ""

    def _metrics_of(self, look: AttentionRecord) -> dict[str, Float[np.ndarray, "L H"]]:
        """The metrics of a look; numbers given as an array are not those of another one."""
        missing = np.full((look.layers, look.heads), np.nan)
        gone = {
            n: missing for n, m in self.metrics.items() if look is self.after and not callable(m)
        }
        return metrics_of(look, {**self.metrics, **gone})

    def _sent(self) -> dict[str, Any]:
        found = [metrics_of(record, self.metrics) for record in self.frames.records]
        values = [[one[name] for one in found] for name in found[0]]
        return {
            **self.frames.sent(),
            "metric_names": list(found[0]),
            "metric_meanings": meanings_of(list(found[0])),
            "metric_values": np.array(values, dtype="<f4").tobytes(),
        }

    def _sent_after(self, after: AttentionRecord | None) -> dict[str, Any]:
        """Another look as the browser gets it; empty for none."""
        self.after = None if after is None else self._fitting(AttentionRecord.of(after))
        names = ("after_codes", "after_scales", "after_rest")
        if self.after is None:
            return {**dict.fromkeys((*names, "after_metric_values"), b""), "changed": {}}
        values = np.array([*self._metrics_of(self.after).values()], dtype="<f4").tobytes()
        sent = dict(zip(names, coded([self.after]), strict=True))
        return {**sent, "after_metric_values": values, "changed": {}}
