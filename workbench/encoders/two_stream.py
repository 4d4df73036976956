"""A text stream and a region stream that meet in co-attention blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding, Widths
from workbench.encoders.inputs import InputLayer, InputRows
from workbench.encoders.single_stream import refuse_empty_pairs, without_leads
from workbench.encoders.summaries import Summary
from workbench.layers.blocks import Activation, Block, CoBlock
from workbench.layers.gates import TextGate
from workbench.layers.traced import laid_together
from workbench.pairs import Offsets, PairBatch
from workbench.patterns import BIDIRECTIONAL, AttentionPattern, Layout, Read


@dataclass(frozen=True)
class TwoStreamSizes:
    """The numbers of a two-stream encoder; widths in units, lengths in rows.

    ``schedule`` is the order of blocks, one letter each: T a text block, V a region block, C a
    co-attention block ("TTTTTTCTVCTVCTVCTVCTVCVT" in V3).
    """

    schedule: str
    width: int
    heads: int
    inner: int
    region_width: int
    region_heads: int
    region_inner: int
    shared: int
    shared_heads: int
    vocabulary: int
    positions: int
    feature_size: int
    classes: int
    segments: int = 2
    dropout: float = 0.1
    attention_dropout: float = 0.1
    eps: float = 1e-12

    def __post_init__(self) -> None:
        if set(self.schedule) - set("TVC"):
            raise ValueError(
                f"a schedule is made of T (text), V (regions) and C (both), not {self.schedule!r}"
            )


class TwoStream(nn.Module):
    """Input rows, two streams of blocks after the schedule, a summary; chosen by the system.

    A seq2seq pattern leaks nothing here, though the papers only know it in one stream.  Regions
    read the source rows of the text and never its target, so a region's state depends on regions
    and source alone, in every block.  A source row reads source and regions; a target row reads
    those and the target up to itself.  Whatever the schedule, no path then leads from a target row
    to an earlier one.  Were regions to read the whole text, the second co-attention block would
    carry every target row back to all the others.  ``text_gates`` lets the text scale the
    regions' attention (X1); the gates see the source alone as well.
    """

    def __init__(
        self,
        sizes: TwoStreamSizes,
        inputs: InputLayer,
        summary: nn.Module,
        summary_width: int,
        activation: Activation = F.gelu,
        region_activation: Activation = F.gelu,
        *,
        text_gates: bool = False,
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.widths = Widths(sizes.width, sizes.region_width, summary_width)
        self.inputs = inputs
        dropouts = {"dropout": sizes.dropout, "attention_dropout": sizes.attention_dropout}
        self.text_blocks = nn.ModuleList(
            Block(
                sizes.width,
                sizes.heads,
                sizes.inner,
                activation=activation,
                eps=sizes.eps,
                **dropouts,
            )
            for _ in range(sizes.schedule.count("T"))
        )
        self.region_blocks = nn.ModuleList(
            Block(
                sizes.region_width,
                sizes.region_heads,
                sizes.region_inner,
                activation=region_activation,
                eps=sizes.eps,
                **dropouts,
            )
            for _ in range(sizes.schedule.count("V"))
        )
        self.region_gates = nn.ModuleList(
            TextGate(sizes.width, sizes.region_width)
            for _ in range(sizes.schedule.count("V") if text_gates else 0)
        )
        self.cross_blocks = nn.ModuleList(
            CoBlock(
                sizes.width,
                sizes.region_width,
                sizes.shared,
                sizes.shared_heads,
                sizes.inner,
                sizes.region_inner,
                activation=activation,
                region_activation=region_activation,
                eps=sizes.eps,
                region_dropout=sizes.dropout,
                **dropouts,
            )
            for _ in range(sizes.schedule.count("C"))
        )
        self.summary = summary

    def forward(
        self,
        batch: PairBatch,
        pattern: AttentionPattern = BIDIRECTIONAL,
        trace: dict[str, Tensor] | None = None,
    ) -> Encoding:
        """States of every row; ``trace`` receives every block's rows and attention by name.

        The names are ``text.{i}.rows``, ``regions.{i}.rows``, ``cross.{i}.text.rows`` and
        ``cross.{i}.regions.rows``; attention as [P, H, queries, keys], zero where a pattern lets
        nothing be seen, is under ``text.{i}.attention``, ``regions.{i}.attention``,
        ``cross.{i}.text_to_regions`` and ``cross.{i}.regions_to_text``.
        """
        refuse_empty_pairs(batch)
        given: InputRows = self.inputs(batch, pattern)
        text, regions, layout = given.text, given.regions, given.layout
        text_reads, region_reads = pattern.text_reads(layout), pattern.region_reads(layout)
        to_regions, to_text = pattern.text_to_regions(layout), pattern.regions_to_text(layout)
        watch = _Watch(trace, layout)
        watch.rows("text.embeddings", text)
        watch.rows("regions.embeddings", regions)
        waiting = {
            "T": enumerate(self.text_blocks),
            "V": enumerate(self.region_blocks),
            "C": enumerate(self.cross_blocks),
        }
        for letter in self.sizes.schedule:
            number, block = next(waiting[letter])
            if letter == "T":
                seen = watch.text(f"text.{number}.attention", text_reads)
                text = block(text, text_reads, seen)
                watch.rows(f"text.{number}", text)
            elif letter == "V":
                scales = None
                if self.region_gates:
                    scales = self.region_gates[number](text, to_text[0], layout.regions)
                seen = watch.regions(f"regions.{number}.attention", region_reads)
                regions = block(regions, region_reads, seen, scales)
                watch.rows(f"regions.{number}", regions)
            else:
                text, regions = cast(CoBlock, block)(
                    text,
                    regions,
                    to_regions,
                    to_text,
                    watch.text(f"cross.{number}.text_to_regions", to_regions, crossed=True),
                    watch.regions(f"cross.{number}.regions_to_text", to_text, crossed=True),
                )
                watch.rows(f"cross.{number}.text", text)
                watch.rows(f"cross.{number}.regions", regions)
        watch.close()
        summary: Summary = self.summary(text, regions, layout)
        return Encoding(text, without_leads(regions, given), *summary)


class _Watch:
    """Fills a trace, if there is one, while the blocks run."""

    def __init__(self, trace: dict[str, Tensor] | None, layout: Layout) -> None:
        self.trace = trace
        self.layout = layout
        self.lists: dict[str, tuple[list[Tensor], tuple[Read, ...], Offsets, Offsets]] = {}

    def rows(self, name: str, rows: Tensor) -> None:
        if self.trace is not None:
            self.trace[f"{name}.rows"] = rows

    def text(self, name: str, reads: tuple[Read, ...], *, crossed: bool = False) -> list | None:
        """The list for the weights of text rows, on regions where ``crossed``, else on text."""
        layout = self.layout
        return self._list(name, reads, layout.text, layout.regions if crossed else layout.text)

    def regions(self, name: str, reads: tuple[Read, ...], *, crossed: bool = False) -> list | None:
        """The list for the weights of region rows, on text where ``crossed``, else on regions."""
        layout = self.layout
        return self._list(name, reads, layout.regions, layout.text if crossed else layout.regions)

    def _list(self, name: str, reads: tuple[Read, ...], queries: Offsets, keys: Offsets):
        if self.trace is None:
            return None
        return self.lists.setdefault(name, ([], reads, queries, keys))[0]

    def close(self) -> None:
        if self.trace is not None:
            laid = {name: laid_together(*found) for name, found in self.lists.items()}
            self.trace |= {name: weights for name, weights in laid.items() if weights is not None}
