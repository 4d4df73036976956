"""Masked region modelling: zero some regions' features, recover them from words and neighbours.

Three targets (U10–U12, V9, M12, M13): the feature itself (MRFR), the detector's best class (MRC)
and the detector's distribution over classes (MRC-kl).  MRC and MRC-kl share one head [c].
"""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.objective import Corrupted, asked_of
from workbench.objectives.region_masking import HideRegions
from workbench.pairs import LossSum, PairBatch

Reduction = Literal["mean", "sum"]


class _MaskedRegions(nn.Module):
    """What the three objectives share: which regions to hide, which to score, and the head."""

    def __init__(
        self,
        head: nn.Module,
        *,
        probability: float = 0.15,
        zeroed: float = 1.0,
        overlap: float | None = None,
        at_least_one: bool = True,
        whole_overlap: float | None = None,
        only_matched: bool = False,
        already_hidden: bool = False,
        reduction: Reduction = "mean",
        name: str | None = None,
    ) -> None:
        """``probability`` to ``whole_overlap``: see ``HideRegions``.

        ``only_matched`` hides regions of pairs that do not match, but scores none there (X1).
        ``already_hidden`` hides nothing and scores what an objective before this one hid (M12 and
        M13 recover the same regions in one pass).
        """
        super().__init__()
        self.head = head
        self.hide = HideRegions(probability, zeroed, overlap, at_least_one, whole_overlap)
        self.only_matched = only_matched
        self.already_hidden = already_hidden
        self.reduction = reduction
        if name is not None:
            self.name = name

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Hides regions; every word stays visible (U8)."""
        if self.already_hidden:
            if batch.regions.hidden is None:
                raise ValueError(
                    f"{self.name!r} scores regions that another objective hid, but none did; name "
                    "that objective first in a Together"
                )
            broken, chosen = batch, batch.regions.hidden
        else:
            broken, chosen = self.hide(batch, rng)
        if self.only_matched:
            chosen = chosen & batch.matched[batch.regions.offsets.owner]
        rows = chosen.nonzero().squeeze(1)
        return Corrupted(broken, rows, self.targets(batch, rows), flexible=True)

    def targets(self, batch: PairBatch, rows: Tensor) -> Tensor:
        """What to recover in these rows of the whole batch."""
        raise NotImplementedError

    def guess(self, encoding: Encoding, corrupted: Corrupted) -> Float[Tensor, "m outputs"]:
        """The head's answer for the rows to recover."""
        return asked_of(self.head, encoding.regions[corrupted.rows], self.name)

    def against(self, encoding: Encoding, corrupted: Corrupted) -> tuple[Tensor, Tensor]:
        """Guess and target as vectors of one width; raises ``ValueError`` where they differ."""
        guess, target = self.guess(encoding, corrupted).float(), corrupted.targets.float()
        if guess.shape[-1] != target.shape[-1]:
            raise ValueError(
                f"the head of {self.name!r} answers {guess.shape[-1]} numbers a region but there "
                f"are {target.shape[-1]} to recover; build the head for these regions"
            )
        return guess, target

    def reduced(self, total: Tensor, corrupted: Corrupted) -> LossSum:
        """A sum over rows and columns, as this objective reduces it."""
        total = total / corrupted.targets.shape[-1] if self.reduction == "mean" else total
        return LossSum(total, len(corrupted.rows))


class RegionFeatures(_MaskedRegions):
    """Masked region feature regression (MRFR, U10, M12).

    ``reduction="mean"`` averages the squared error over the feature (released code);
    ``"sum"`` is the papers' squared L2 distance.
    """

    name = "mrfr"

    def targets(self, batch: PairBatch, rows: Tensor) -> Tensor:
        """The regions' features; raises ``ValueError`` where they have been hidden already."""
        if self.already_hidden:
            raise ValueError(
                f"{self.name!r} cannot recover features that an objective before it has hidden; "
                "name it first and give the other already_hidden=True"
            )
        return batch.regions.features[rows]

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Squared error per hidden region."""
        guess, target = self.against(encoding, corrupted)
        return self.reduced(F.mse_loss(guess, target, reduction="sum"), corrupted)


class RegionClass(_MaskedRegions):
    """Masked region classification against the detector's best class (MRC, U11, M13).

    The background (column 0) stays in the softmax but is a target only where ``background`` says
    that it can be the best class (X3); further arguments are those of the other two objectives.
    """

    name = "mrc"

    def __init__(self, head: nn.Module, *, background: bool = False, **shared: Any) -> None:
        super().__init__(head, **shared)
        self.background = background

    def targets(self, batch: PairBatch, rows: Tensor) -> Tensor:
        """The regions' best classes."""
        first = 0 if self.background else 1
        return batch.regions.classes[rows][:, first:].argmax(-1) + first

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Cross-entropy per hidden region."""
        scores = self.guess(encoding, corrupted).float()
        classes = corrupted.batch.regions.classes.shape[-1]
        if scores.shape[-1] != classes:
            raise ValueError(
                f"the head of {self.name!r} knows {scores.shape[-1]} classes but these regions "
                f"come with {classes}; build the head for this detector"
            )
        total = F.cross_entropy(scores, corrupted.targets, reduction="sum")
        return LossSum(total, len(corrupted.rows))


class RegionDistribution(_MaskedRegions):
    """Masked region classification against the detector's distribution (MRC-kl, U12, V9).

    ``reduction="mean"`` divides the divergence by the number of classes (U12 [c]); ``"sum"`` is
    the Kullback–Leibler divergence itself (V9, and the papers).
    """

    name = "mrc-kl"

    def targets(self, batch: PairBatch, rows: Tensor) -> Tensor:
        """The detector's probabilities, background included."""
        return batch.regions.classes[rows]

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Divergence per hidden region."""
        guess, target = self.against(encoding, corrupted)
        total = F.kl_div(guess.log_softmax(-1), target, reduction="sum")
        return self.reduced(total, corrupted)
