"""What enters an encoder: rows for the tokens and for the regions of a batch.

An input layer is a module called with (batch, pattern) that answers ``InputRows``.  Systems choose
one of these or bring their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor, nn

from workbench.layers.embeddings import TextEmbedder
from workbench.layers.whole_picture import with_whole_picture
from workbench.pairs import Offsets, PairBatch, TextTokens
from workbench.patterns import AttentionPattern, Layout, Read


@runtime_checkable
class JointReads(Protocol):
    """What one stream asks of a pattern."""

    def reads(self, layout: Layout) -> tuple[Read, ...]:
        """The reads of one layer over joint rows."""
        ...


@dataclass(frozen=True)
class InputRows:
    """Embedded tokens and regions; the layout counts the rows that an input layer adds."""

    text: Float[Tensor, "T D"]
    regions: Float[Tensor, "R Dv"]
    layout: Layout
    leads: Offsets | None = None
    """With rows of the whole picture: the pictures' own offsets, without them."""
    own_text: Int[Tensor, "_"] | None = None
    """With text rows added: where the batch's own stand among them (one stream only)."""
    pattern: JointReads | None = None
    """Who may see whom where added text rows count too; None: the pattern that was asked for."""


class InputLayer(nn.Module):
    """An embedder for the tokens and one for the regions."""

    def __init__(self, text: TextEmbedder, regions: nn.Module) -> None:
        super().__init__()
        self.text = text
        self.regions = regions

    def target_rows(self, text: TextTokens, regions: Int[Tensor, "runs"]) -> Float[Tensor, "T D"]:
        """Rows of a seq2seq target alone, equal to those it has in a whole batch.

        Each run of ``text`` belongs to a picture of ``regions`` regions; a system whose positions
        or segments depend on them brings its own.
        """
        return self.text(text)


class PlainInputs(InputLayer):
    """Text and regions side by side; regions carry row 1 of the text's segments (U2–U4)."""

    def forward(self, batch: PairBatch, pattern: AttentionPattern) -> InputRows:
        """The rows of a batch; the pattern changes nothing here."""
        text, segments = self.text(batch.text), batch.regions.segments
        if self.text.segment is None:
            return InputRows(text, self.regions(batch.regions), Layout.of(batch))
        table = self.text.segment.weight
        segment = table[1:2] if segments is None else table[segments]
        return InputRows(text, self.regions(batch.regions, segment), Layout.of(batch))


class LedInputs(InputLayer):
    """Text, and regions led by a row for the whole picture, without segments (V4, V5, M2)."""

    def forward(self, batch: PairBatch, pattern: AttentionPattern) -> InputRows:
        """The rows of a batch; the pattern changes nothing here."""
        led = with_whole_picture(batch.regions)
        layout = Layout(led.offsets, batch.text.offsets)
        return InputRows(self.text(batch.text), self.regions(led), layout, batch.regions.offsets)
