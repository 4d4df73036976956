"""Who may see whom: an attention pattern, and the reads it asks of a batch.

In one stream the rows of a pair are laid out [regions | text], so that the prefix of a seq2seq
example (regions and source text) is one run (decision 0006).  Every pattern is then a short list
of ``Read``s, each "these query rows look at those key rows", and no mask is ever built for a
kernel; ``visible`` draws one for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from workbench.moving import moved
from workbench.pairs import Offsets, PairBatch


@dataclass(frozen=True)
class Layout:
    """How many region rows and text rows each pair has, and where they stand in joint rows.

    ``regions`` may count more rows than the pictures have regions: an encoder that sets a row
    for the whole picture in front of them (V4, M2) lays that row out too.
    """

    regions: Offsets
    text: Offsets

    @classmethod
    def of(cls, batch: PairBatch) -> Layout:
        """The layout of a batch without rows of the encoder's own."""
        return cls(batch.regions.offsets, batch.text.offsets)

    @cached_property
    def joint(self) -> Offsets:
        """One stream: every pair laid out [regions | text]."""
        lengths = self.regions.lengths + self.text.lengths
        return Offsets(
            self.regions.starts + self.text.starts, int(lengths.max()) if len(lengths) else 0
        )

    @cached_property
    def region_rows(self) -> Int[Tensor, "R"]:
        """For each region row its joint row."""
        return self.joint.starts[self.regions.owner] + self.regions.within

    @cached_property
    def text_rows(self) -> Int[Tensor, "T"]:
        """For each text row its joint row."""
        owner = self.text.owner
        return self.joint.starts[owner] + self.regions.lengths[owner] + self.text.within


@dataclass(frozen=True)
class Read:
    """Query rows ``queries`` (all when None) look at key rows ``keys``, pair by pair.

    With ``causal`` the last query of a pair stands at its last key, and a query sees only keys
    up to its own place.
    """

    queries: Int[Tensor, "q"] | None
    query_offsets: Offsets
    keys: Int[Tensor, "k"] | None
    key_offsets: Offsets
    causal: bool = False

    @cached_property
    def hidden(self) -> Bool[Tensor, "P q k"] | None:
        """True where a padded query may not see a padded key; None when everything is seen."""
        queries, keys = self.query_offsets, self.key_offsets
        device = keys.starts.device
        key = torch.arange(keys.longest, device=device)
        beyond = key[None] >= keys.lengths[:, None]
        if self.causal:
            query = torch.arange(queries.longest, device=device)
            place = query[None] + (keys.lengths - queries.lengths)[:, None]
            return beyond[:, None, :] | (key[None, None] > place[:, :, None])
        if not bool(beyond.any()):
            return None
        return beyond[:, None, :].expand(-1, queries.longest, -1)


@dataclass(frozen=True)
class AttentionPattern:
    """Everybody sees everybody (``bidirectional``), or a prefix then a causal target (``seq2seq``).

    ``source`` counts, per pair, the text rows that belong to the prefix (VLP's [CLS] and [SEP]
    are such rows); the remaining text rows are the target, seen only by later ones (P6, M16).  A
    pair whose text is all source is bidirectional, so one batch can hold both kinds (P8).
    """

    kind: Literal["bidirectional", "seq2seq"] = "bidirectional"
    source: Int[Tensor, "P"] | None = None

    def __post_init__(self) -> None:
        if (self.source is None) != (self.kind == "bidirectional"):
            raise ValueError(
                f"a {self.kind} pattern was given source={self.source!r}; a seq2seq pattern needs "
                "the number of source text rows of each pair, a bidirectional one needs none"
            )

    def to(self, device: torch.device | str) -> AttentionPattern:
        """The same pattern on another device."""
        return moved(self, device)

    def reads(self, layout: Layout) -> tuple[Read, ...]:
        """The reads of one layer over joint rows."""
        return self._within(layout.joint, layout.regions.lengths)

    def text_reads(self, layout: Layout) -> tuple[Read, ...]:
        """The reads of one layer over the rows of a text stream alone."""
        return self._within(layout.text, torch.zeros_like(layout.text.lengths))

    def region_reads(self, layout: Layout) -> tuple[Read, ...]:
        """The reads of one layer over the rows of a region stream alone."""
        return (Read(None, layout.regions, None, layout.regions),)

    def text_to_regions(self, layout: Layout) -> tuple[Read, ...]:
        """Text rows look at every region of their pair."""
        return (Read(None, layout.text, None, layout.regions),)

    def regions_to_text(self, layout: Layout) -> tuple[Read, ...]:
        """Regions look at text: under seq2seq at the source only, or they would carry the future
        of the target back to it."""
        if self.source is None:
            return (Read(None, layout.regions, None, layout.text),)
        seen = Offsets.from_lengths(self.source)
        return (Read(None, layout.regions, layout.text.starts[seen.owner] + seen.within, seen),)

    def _within(self, everything: Offsets, before: Int[Tensor, "P"]) -> tuple[Read, ...]:
        """Reads among rows of which the first ``before`` of each pair are not text."""
        if self.source is None:
            return (Read(None, everything, None, everything),)
        prefix = Offsets.from_lengths(before + self.source)
        target = Offsets.from_lengths(everything.lengths - prefix.lengths)
        prefix_rows = everything.starts[prefix.owner] + prefix.within
        target_rows = everything.starts[target.owner] + prefix.lengths[target.owner] + target.within
        return (
            Read(prefix_rows, prefix, prefix_rows, prefix),
            Read(target_rows, target, None, everything, causal=True),
        )

    def visible(self, batch: PairBatch, pair: int) -> Bool[Tensor, "n n"]:
        """For one pair, True where the row's query may see the column's key, as a picture."""
        regions = int(batch.regions.offsets.lengths[pair])
        rows = regions + int(batch.text.offsets.lengths[pair])
        if self.source is None:
            return torch.ones(rows, rows, dtype=torch.bool)
        prefix = regions + int(self.source[pair])
        seen = torch.ones(rows, rows, dtype=torch.bool).tril()
        seen[:, :prefix] = True
        return seen


BIDIRECTIONAL = AttentionPattern()
