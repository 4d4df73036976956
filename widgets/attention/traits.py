"""What can be chosen in an attention view, and what is refused."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import traitlets

from widgets.attention.change import AttentionChange
from widgets.attention.choice import SHOWN
from widgets.attention.frames import AttentionFrames
from widgets.core.attention import DIRECTIONS
from widgets.explorer import Explorer


class AttentionTraits(Explorer):
    """The choices of an attention view, checked against its records.

    Raises ``traitlets.TraitError`` for a choice that the records do not have.
    """

    _choices: ClassVar[tuple[str, ...]] = (
        *("layer", "head", "head_weights", "word", "region", "direction", "hide_special"),
        *("threshold", "metric", "frame", "shown", "change"),
    )

    frames: AttentionFrames

    layer = traitlets.Int().tag(sync=True)
    head = traitlets.Int(-1).tag(sync=True)
    head_weights = traitlets.List(traitlets.Float()).tag(sync=True)
    word = traitlets.Int().tag(sync=True)
    region = traitlets.Int(-1).tag(sync=True)
    direction = traitlets.Enum(DIRECTIONS, default_value=DIRECTIONS[0]).tag(sync=True)
    hide_special = traitlets.Bool(False).tag(sync=True)
    threshold = traitlets.Float(0.0).tag(sync=True)
    metric = traitlets.Unicode().tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    shown = traitlets.Enum(SHOWN, default_value=SHOWN[2]).tag(sync=True)
    change = traitlets.Dict().tag(sync=True)
    hover_word = traitlets.Int(-1).tag(sync=True)
    hover_region = traitlets.Int(-1).tag(sync=True)

    metric_names = traitlets.List(traitlets.Unicode()).tag(sync=True)

    @traitlets.validate("layer")
    def _check_layer(self, proposal: Any) -> int:
        return in_range("layer", proposal["value"], 0, self.frames.records[0].layers)

    @traitlets.validate("head")
    def _check_head(self, proposal: Any) -> int:
        return in_range("head", proposal["value"], -1, self.frames.records[0].heads)

    @traitlets.validate("word")
    def _check_word(self, proposal: Any) -> int:
        return in_range("word", proposal["value"], -1, len(self.frames.records[0].words))

    @traitlets.validate("region")
    def _check_region(self, proposal: Any) -> int:
        return in_range("region", proposal["value"], -1, len(self.frames.records[0].boxes))

    @traitlets.validate("frame")
    def _check_frame(self, proposal: Any) -> int:
        return in_range("frame", proposal["value"], 0, len(self.frames.records))

    @traitlets.validate("threshold")
    def _check_threshold(self, proposal: Any) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise traitlets.TraitError(
                f"threshold is a share of the largest weight, 0 to 1; got {proposal['value']}"
            )
        return proposal["value"]

    @traitlets.validate("metric")
    def _check_metric(self, proposal: Any) -> str:
        name = proposal["value"]
        if name.replace("_", " ") in self.metric_names:
            return name.replace("_", " ")
        if name and name not in self.metric_names:
            raise traitlets.TraitError(
                f"metric {name!r} was given; known are "
                f"{', '.join(repr(name) for name in self.metric_names)}, and '' for the share of "
                "attention in the chosen direction"
            )
        return name

    @traitlets.validate("head_weights")
    def _check_head_weights(self, proposal: Any) -> list[float]:
        weights, heads = proposal["value"], self.frames.records[0].heads
        usable = len(weights) == heads and min(weights) >= 0 and sum(weights) > 0
        if weights and not (usable and np.isfinite(weights).all()):
            raise traitlets.TraitError(
                f"head_weights must be empty or {heads} numbers of 0 or more with one above 0, "
                f"got {weights}"
            )
        return weights

    @traitlets.validate("change")
    def _check_change(self, proposal: Any) -> dict[str, Any]:
        try:
            change = AttentionChange.of(proposal["value"])
            change.check(self.frames.records[0])
        except (TypeError, ValueError) as problem:
            raise traitlets.TraitError(str(problem)) from problem
        return change.plain()


def in_range(name: str, value: int, low: int, count: int) -> int:
    """The value, if it is ``low`` to below ``count``; raises ``TraitError`` naming the range."""
    if not low <= value < count:
        none = {"head": " (-1: all heads)", "region": " (-1: none)", "word": " (-1: none)"}
        raise traitlets.TraitError(
            f"{name} {value} was given, but this record has {name}s 0 to {count - 1}"
            f"{none.get(name, '')}"
        )
    return value
