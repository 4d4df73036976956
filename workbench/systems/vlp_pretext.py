"""The region pretext that the released VLP carries and no run uses (X5, A5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch import nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.objective import Corrupted
from workbench.objectives.units import chance, rank_in_run
from workbench.pairs import LossSum, PairBatch, TextTokens
from workbench.patterns import AttentionPattern
from workbench.systems.vlp_regions import ClassAwareRegions


class RegionPretext(nn.Module):
    """Hides ``int(share * regions)`` regions of each picture and asks which feature was where.

    A hidden place, moved by the pair's pooled first token, is scored against the features of all
    hidden regions of its picture.  A pair's loss is the mean over its hidden regions.
    ``pattern`` is that of the word objective that shares the forward pass.
    """

    name = "regions"

    def __init__(
        self,
        embedder: ClassAwareRegions,
        pattern: Callable[[TextTokens], AttentionPattern],
        *,
        share: float = 0.25,
    ) -> None:
        super().__init__()
        # the encoder's own: in a tuple, so that its parameters are not listed here again
        self.shared = (embedder,)
        self.pattern = pattern
        self.share = share

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Hides regions; words stay as they are."""
        offsets = batch.regions.offsets
        wanted = (offsets.lengths.double() * self.share).long()
        score = chance(offsets.rows, rng, offsets.starts.device)
        hidden = rank_in_run(score, offsets) < wanted[offsets.owner]
        regions = dataclasses.replace(batch.regions, hidden=hidden)
        rows = hidden.nonzero().squeeze(1)
        broken = dataclasses.replace(batch, regions=regions)
        asked = int((wanted > 0).sum())
        return Corrupted(broken, rows, rows, self.pattern(batch.text), counted=asked)

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Cross-entropy of each hidden place over its picture's hidden features, pair by pair."""
        (embedder,), regions, rows = self.shared, corrupted.batch.regions, corrupted.rows
        if not len(rows):
            return LossSum(encoding.text_summary.sum() * 0.0, 0)
        owner = regions.offsets.owner[rows]
        places = embedder.places(regions)[rows] + encoding.text_summary[owner]
        scores = (places @ embedder.features(regions)[rows].T).float()
        scores = scores.masked_fill(owner[:, None] != owner[None], -torch.inf)
        losses = -scores.log_softmax(-1).diagonal()
        counts = torch.bincount(owner, minlength=len(regions))
        return LossSum((losses / counts[owner]).sum(), int((counts > 0).sum()))
