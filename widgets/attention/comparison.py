"""Two models, or two checkpoints, on the same words and regions: side by side, and apart."""

from __future__ import annotations

from typing import Any

from widgets.attention.frames import Source
from widgets.attention.record import AttentionRecord
from widgets.attention.view import AttentionView
from widgets.panel import Panel

_ALWAYS = ("word", "region", "direction", "hide_special", "threshold")


class Comparison(Panel):
    """Two attention views that go together, and the difference where both have the same heads.

    The layer is shared where both have as many, head and mix where both have as many heads;
    ``difference`` is None where their shapes disagree.  ``choices`` are those of ``AttentionView``.
    Raises ``ValueError`` for records of other words or another number of regions.

    .. image:: ../../docs/pictures/attention-comparison.png
    """

    def __init__(
        self,
        first: AttentionRecord,
        second: AttentionRecord,
        *,
        names: tuple[str, str] = ("first", "second"),
        **choices: Any,
    ) -> None:
        if first.words != second.words or len(first.boxes) != len(second.boxes):
            raise ValueError(
                f"only the same words and regions can be compared; got {len(first.words)} words "
                f"and {len(first.boxes)} regions, {len(second.words)} words and "
                f"{len(second.boxes)} regions" + ", in other words" * (first.words != second.words)
            )
        linked = list(_ALWAYS)
        if first.layers == second.layers:
            linked += ["layer"]
        if first.heads == second.heads:
            linked += ["head", "head_weights"]
        alike = first.attention.shape == second.attention.shape
        linked += ["metric"] if alike else []
        own = {name: value for name, value in choices.items() if name in linked}
        self.first = AttentionView(first, caption=names[0], **choices)
        given = {"word": self.first.word, **own}
        self.second = AttentionView(second, caption=names[1], toolbar=False, **given)
        self.difference: AttentionView | None = None
        views = [self.first, self.second]
        if alike:
            self.difference = AttentionView(
                first, after=second, names=names, toolbar=False, caption="Difference", **given
            )
            self.difference.layout.grid_column = "1 / -1"
            views.append(self.difference)
        super().__init__(*views, columns=2, linked=linked)


def compare(first: Source, second: Source, **choices: Any) -> Comparison:
    """Two records (or their paths) side by side: ``compare(one, two, names=("100", "2000"))``."""
    return Comparison(AttentionRecord.of(first), AttentionRecord.of(second), **choices)
