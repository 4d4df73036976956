"""Masked region modelling: zero some regions' features, recover them from words and neighbours.

Three targets (U10–U12): the feature itself (MRFR), the detector's best class (MRC) and the
detector's distribution over classes (MRC-kl).  MRC and MRC-kl share one head [c].
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.objective import Corrupted
from workbench.objectives.units import chance, choose_rows
from workbench.pairs import LossSum, PairBatch

Reduction = Literal["mean", "sum"]


def hide_regions(batch: PairBatch, hidden: Bool[Tensor, "R"]) -> PairBatch:
    """The batch with these regions' features set to zero and marked hidden (U7)."""
    features = batch.regions.features.masked_fill(hidden[:, None], 0.0)
    regions = dataclasses.replace(batch.regions, features=features, hidden=hidden)
    return dataclasses.replace(batch, regions=regions)


class _MaskedRegions(nn.Module):
    """What the three objectives share: which regions to hide, and how."""

    probability: Tensor

    def __init__(self, head: nn.Module, probability: float, reduction: Reduction) -> None:
        super().__init__()
        self.head = head
        self.register_buffer("probability", torch.tensor([probability]), persistent=False)
        self.reduction = reduction

    def hide(self, batch: PairBatch, rng: torch.Generator) -> tuple[PairBatch, Tensor]:
        """The batch with 15 % of each picture's regions hidden (at least one), and their rows."""
        regions = batch.regions
        score = chance(len(regions.features), rng, regions.features.device)
        allowed = torch.ones_like(score, dtype=torch.bool)
        hidden = choose_rows(score, self.probability, regions.offsets, allowed)
        return hide_regions(batch, hidden), hidden.nonzero().squeeze(1)


class RegionFeatures(_MaskedRegions):
    """Masked region feature regression (MRFR, U10).

    ``reduction="mean"`` averages the squared error over the feature (released code);
    ``"sum"`` is the paper's squared L2 distance.
    """

    name = "mrfr"

    def __init__(
        self, head: nn.Module, *, probability: float = 0.15, reduction: Reduction = "mean"
    ):
        super().__init__(head, probability, reduction)

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Hides regions; every word stays visible (U8)."""
        broken, rows = self.hide(batch, rng)
        return Corrupted(broken, rows, batch.regions.features[rows])

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Squared error per hidden region."""
        guess = self.head(encoding.regions[corrupted.rows]).float()
        total = F.mse_loss(guess, corrupted.targets.float(), reduction="sum")
        total = total / corrupted.targets.shape[-1] if self.reduction == "mean" else total
        return LossSum(total, len(corrupted.rows))


class RegionClass(_MaskedRegions):
    """Masked region classification against the detector's best class (MRC, U11).

    The background (column 0) is never a target but stays in the softmax (X3).
    """

    name = "mrc"

    def __init__(self, head: nn.Module, *, probability: float = 0.15):
        super().__init__(head, probability, "mean")

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Hides regions; every word stays visible (U8)."""
        broken, rows = self.hide(batch, rng)
        return Corrupted(broken, rows, batch.regions.classes[rows][:, 1:].argmax(-1) + 1)

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Cross-entropy per hidden region."""
        scores = self.head(encoding.regions[corrupted.rows]).float()
        total = F.cross_entropy(scores, corrupted.targets, reduction="sum")
        return LossSum(total, len(corrupted.rows))


class RegionDistribution(_MaskedRegions):
    """Masked region classification against the detector's distribution (MRC-kl, U12).

    ``reduction="mean"`` divides the divergence by the number of classes (released code);
    ``"sum"`` is the paper's Kullback–Leibler divergence.
    """

    name = "mrc-kl"

    def __init__(
        self, head: nn.Module, *, probability: float = 0.15, reduction: Reduction = "mean"
    ):
        super().__init__(head, probability, reduction)

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Hides regions; every word stays visible (U8)."""
        broken, rows = self.hide(batch, rng)
        return Corrupted(broken, rows, batch.regions.classes[rows])

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Divergence per hidden region."""
        guess = self.head(encoding.regions[corrupted.rows]).float().log_softmax(-1)
        total = F.kl_div(guess, corrupted.targets.float(), reduction="sum")
        total = total / corrupted.targets.shape[-1] if self.reduction == "mean" else total
        return LossSum(total, len(corrupted.rows))
