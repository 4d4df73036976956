"""What enters Unified VLP: [CLS], the regions, a [SEP], the words and a last [SEP] (P2–P4).

Sentences come as everywhere else, [CLS] words [SEP].  The [SEP] between picture and words is a row
of the encoder's own: set here behind the first row of every sentence, seen by all, and left out of
the answer.  Attention does not care for the order of rows, so regions and text keep their places
and only the position numbers tell that the picture stands between [CLS] and [SEP].
"""

from __future__ import annotations

import dataclasses
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from workbench.encoders.inputs import InputLayer, InputRows, JointReads
from workbench.encoders.summaries import Summary, row_at
from workbench.layers.added_rows import own_rows as own_rows
from workbench.layers.added_rows import with_row_after_first
from workbench.layers.embeddings import TextEmbedder
from workbench.layers.heads import Pooler
from workbench.pairs import Offsets, PairBatch, TextTokens
from workbench.patterns import AttentionPattern, Layout, Read
from workbench.systems.vlp_regions import ClassAwareRegions


def with_prefix(text: TextTokens, separator_id: int) -> TextTokens:
    """Every sentence with a separator behind its first row: [CLS] [SEP] words [SEP].

    The rows behind it move up by one position; an empty sentence stays empty.
    """
    old = text.offsets
    first = old.starts[:-1][old.lengths > 0]
    moved = dataclasses.replace(text, positions=text.positions + (old.within > 0))
    return with_row_after_first(
        moved, separator_id, text.segments[first], text.positions[first] + 1
    )


class PrefixedInputs(InputLayer):
    """Text and class-aware regions under one LayerNorm, with segments that tell the objective (P4).

    A pair is read bidirectionally when all its text is source, and otherwise causally.  With the
    six segments of the released runs, picture and words are 0 and 1 in the first case and 4 and 5
    in the second; with two segments 0 and 1 in both.  With ``block_hidden`` nobody may look at a
    hidden region: what the released line meant to do and does not (A11.3).
    """

    regions: ClassAwareRegions

    def __init__(
        self,
        text: TextEmbedder,
        regions: ClassAwareRegions,
        separator_id: int,
        *,
        block_hidden: bool = False,
    ) -> None:
        super().__init__(text, regions)
        self.separator_id = separator_id
        self.block_hidden = block_hidden
        if text.segment is None or text.segment.num_embeddings not in (2, 6):
            raise ValueError("an encoder of this kind has 2 or 6 segments; give one of them")

    @property
    def segment(self) -> nn.Embedding:
        """The embedder's segment table."""
        return cast(nn.Embedding, self.text.segment)

    def forward(self, batch: PairBatch, pattern: AttentionPattern) -> InputRows:
        """The rows of a batch, laid out [regions | CLS SEP words SEP]."""
        text, regions = with_prefix(batch.text, self.separator_id), batch.regions
        layout = Layout(regions.offsets, text.offsets)
        of_regions, of_text = self.segments(batch, pattern)
        embedded = self.text(text, self.positions(batch), of_text)
        seen = self.regions(regions) + self.segment(of_regions)
        seen = self.text.dropout(self.text.norm(seen))
        over: JointReads = shifted(pattern)
        if self.block_hidden and regions.hidden is not None:
            over = WithoutRows(over, layout.region_rows[regions.hidden])
        return InputRows(embedded, seen, layout, own_text=own_rows(text.offsets), pattern=over)

    def positions(self, batch: PairBatch) -> Int[Tensor, "_"]:
        """Position numbers of the text rows: the picture's regions stand behind the first row."""
        text = with_prefix(batch.text, self.separator_id)
        behind = (text.offsets.within > 0) * batch.regions.offsets.lengths[text.offsets.owner]
        return text.positions + behind

    def target_rows(self, text: TextTokens, regions: Int[Tensor, "P"]) -> Float[Tensor, "T D"]:
        """Rows of causal targets by themselves, beside pictures of so many ``regions``.

        Positions are those of whole sentences as given, so that a caption's first word has 1.
        """
        positions = text.positions + 1 + regions[text.offsets.owner]
        last = torch.full_like(text.ids, self.segment.num_embeddings - 1)
        return self.text(text, positions, last)

    def segments(
        self, batch: PairBatch, pattern: AttentionPattern
    ) -> tuple[Int[Tensor, "R"], Int[Tensor, "_"]]:
        """Segment numbers of the regions and of the text rows with the added ones."""
        text, regions = with_prefix(batch.text, self.separator_id).offsets, batch.regions
        objective = causal(batch, pattern).long() * (4 if self.segment.num_embeddings == 6 else 0)
        of_regions = objective[regions.offsets.owner]
        of_text = objective[text.owner] + (text.within > 1)
        return of_regions if regions.segments is None else regions.segments, of_text


def causal(batch: PairBatch, pattern: AttentionPattern) -> Bool[Tensor, "P"]:
    """Which pairs are read with a causal target: those whose text is not all source.

    A lone [CLS] under a seq2seq pattern is the prefix of a caption that is still to be written.
    """
    lengths = batch.text.offsets.lengths
    if pattern.source is None:
        return torch.zeros_like(batch.matched)
    return (pattern.source < lengths) | (lengths <= 1)


def shifted(pattern: AttentionPattern) -> AttentionPattern:
    """The same pattern where a separator stands in every prefix."""
    if pattern.source is None:
        return pattern
    return AttentionPattern("seq2seq", pattern.source + (pattern.source > 0))


@dataclasses.dataclass(frozen=True)
class WithoutRows:
    """A pattern's reads without some keys, which must stand before every causal target."""

    pattern: JointReads
    blocked: Int[Tensor, "_"]
    """Joint rows that nobody may see."""

    def reads(self, layout: Layout) -> tuple[Read, ...]:
        """The reads of one layer over joint rows."""
        seen = torch.ones(layout.joint.rows, dtype=torch.bool, device=self.blocked.device)
        seen[self.blocked] = False
        return tuple(_without(read, seen) for read in self.pattern.reads(layout))


def _without(read: Read, seen: Tensor) -> Read:
    keys = torch.arange(len(seen), device=seen.device) if read.keys is None else read.keys
    kept = seen[keys]
    counts = torch.zeros_like(read.key_offsets.lengths)
    counts = counts.index_add(0, read.key_offsets.owner, kept.long())
    return dataclasses.replace(read, keys=keys[kept], key_offsets=Offsets.from_lengths(counts))


class FirstTimesSeparator(nn.Module):
    """A pair is its first row times the separator behind the picture (P14).

    The text is summarised by BERT's tanh pooler on the first row, which the released model has
    but reads in its unused region pretext only (X5), the picture by the mean of its regions.
    Without text the pair is its picture's summary; without regions the picture's is zero.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pooler = Pooler(width, width)

    def forward(
        self, text: Float[Tensor, "T D"], regions: Float[Tensor, "R D"], layout: Layout
    ) -> Summary:
        """Summaries of each text, each picture and each pair."""
        first = row_at(text, layout.text)
        has_text = layout.text.lengths[:, None] > 0
        total = regions.new_zeros(len(layout.regions), regions.shape[-1])
        total = total.index_add(0, layout.regions.owner, regions)
        image = total / layout.regions.lengths.clamp_min(1)[:, None].to(total.dtype)
        pair = torch.where(has_text, first * row_at(text, layout.text, 1), image)
        return Summary(self.pooler(first) * has_text, image, pair)
