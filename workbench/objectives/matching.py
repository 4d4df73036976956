"""Image–text matching: put some sentences beside the wrong picture, tell which (U9, V10)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.objective import Corrupted
from workbench.objectives.transport import transport_distance
from workbench.objectives.units import chance
from workbench.pairs import LossSum, PairBatch


def other_picture(batch: PairBatch, rng: torch.Generator) -> Int[Tensor, "P"]:
    """For each pair a random pair of the batch with another picture; itself where none is."""
    number = {name: i for i, name in enumerate(dict.fromkeys(batch.images))}
    image = torch.tensor([number[name] for name in batch.images])
    score = torch.rand(len(batch), len(batch), generator=rng, device=rng.device).cpu()
    score = score.masked_fill(image[:, None] == image[None], -1.0)
    best, order = score.max(1)
    return torch.where(best < 0, torch.arange(len(batch)), order)


class Matching(nn.Module):
    """Each pair keeps its picture or, with ``probability``, gets another one of the batch.

    The released code replaces only the picture (X2); class 1 means that they match.  With
    ``transport`` above zero the optimal-transport distance of matched pairs is added and that of
    the others subtracted, with this weight (0.1 in the released recipes, absent from paper v1).
    """

    name = "itm"

    def __init__(
        self, head: nn.Module, *, probability: float = 0.5, transport: float = 0.0
    ) -> None:
        super().__init__()
        self.transport = transport
        self.head = head
        self.probability = probability

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Moves pictures; words and regions themselves stay whole."""
        device = batch.matched.device
        moved = chance(len(batch), rng, device) < self.probability
        stay = torch.arange(len(batch), device=device)
        broken = batch.beside(torch.where(moved, other_picture(batch, rng).to(device), stay))
        return Corrupted(broken, stay, broken.matched.long())

    def scores(self, encoding: Encoding) -> Float[Tensor, "P 2"]:
        """Scores of "does not match" and "matches" for each pair."""
        return self.head(encoding.pair)

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Two-way cross-entropy per pair, and the weighted transport distance if asked for."""
        scores = self.scores(encoding)[corrupted.rows].float()
        total = F.cross_entropy(scores, corrupted.targets, reduction="sum")
        if self.transport:
            distance = transport_distance(encoding, corrupted.batch)[corrupted.rows]
            total = total + self.transport * (distance * (2 * corrupted.targets - 1)).sum()
        return LossSum(total, len(corrupted.rows))
