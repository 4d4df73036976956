"""What UNIMO reads: text that begins at position 2, pictures led by [IMG], object tags (B1, X6)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workbench.encoders.inputs import InputLayer, InputRows
from workbench.layers.embeddings import RegionEmbedder, TextEmbedder
from workbench.layers.whole_picture import with_whole_picture
from workbench.pairs import Offsets, PairBatch, TextTokens
from workbench.patterns import AttentionPattern, Layout


class UnimoInputs(InputLayer):
    """Text, and regions led by a row for the whole picture; neither has segments (M2).

    ``first_position`` is added to the text's positions, which count from 0: RoBERTa's tables
    keep rows 0 and 1 for padding [c].  A position that the table lacks is a ``ValueError``.
    """

    def __init__(
        self, text: TextEmbedder, regions: RegionEmbedder, first_position: int = 2
    ) -> None:
        super().__init__(text, regions)
        self.first_position = first_position

    def forward(self, batch: PairBatch, pattern: AttentionPattern) -> InputRows:
        """The rows of a batch; the pattern changes nothing here."""
        led = with_whole_picture(batch.regions)
        text = self.text(batch.text, batch.text.positions + self.first_position)
        layout = Layout(led.offsets, batch.text.offsets)
        return InputRows(text, self.regions(led), layout, batch.regions.offsets)

    def target_rows(self, text: TextTokens, regions: Int[Tensor, "runs"]) -> Float[Tensor, "T D"]:
        """Rows of a target alone; only the positions move (B6)."""
        return self.text(text, text.positions + self.first_position)


@dataclass(frozen=True)
class ObjectTags:
    """Names of detected objects as tokens, one run per pair; a run of length 0 is legal."""

    ids: Int[Tensor, "n"]
    offsets: Offsets


def with_object_tags(
    batch: PairBatch, tags: ObjectTags, *, continuous: bool = False
) -> tuple[PairBatch, AttentionPattern]:
    """Sets each picture's tags before its sentence, and the pattern under which captions are made.

    Tags are source text: every row sees them, they see no word of the sentence, and their
    positions count from 0 as the sentence's own do (B1, X6 [c]; the paper feeds none), unless the
    sentence's are ``continuous`` with them (B9).  Raises ``ValueError`` unless there is one run of
    tags per pair.
    """
    text = batch.text
    if len(tags.offsets) != len(text):
        raise ValueError(
            f"{len(tags.offsets)} runs of object tags were given for {len(text)} pairs; give one "
            "run a pair, of length 0 where nothing was detected"
        )
    before = tags.offsets.lengths
    both = Offsets.from_lengths(before + text.offsets.lengths)
    tag_rows = both.starts[tags.offsets.owner] + tags.offsets.within
    owner = text.offsets.owner
    text_rows = both.starts[owner] + before[owner] + text.offsets.within

    def laid(of_tags: Tensor, of_text: Tensor) -> Tensor:
        rows = of_text.new_empty(both.rows)
        return rows.index_copy(0, tag_rows, of_tags.to(rows)).index_copy(0, text_rows, of_text)

    nothing = torch.full_like(tags.ids, -1)
    grown = TextTokens(
        laid(tags.ids, text.ids),
        laid(torch.zeros_like(tags.ids), text.segments),
        laid(tags.offsets.within, text.positions + before[owner] if continuous else text.positions),
        laid(nothing, text.words),
        both,
        None if text.phrases is None else laid(nothing, text.phrases),
    )
    return dataclasses.replace(batch, text=grown), AttentionPattern("seq2seq", before)
