"""Image–text matching: put some sentences beside the wrong picture, tell which (U9, V10)."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.objective import Corrupted, asked_of
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


def rearranged(
    batch: PairBatch, pictures: Int[Tensor, "n"], sentences: Int[Tensor, "n"]
) -> PairBatch:
    """Picture ``pictures[i]`` beside sentence ``sentences[i]``, named after the sentence's pair.

    They match where the sentence matched its own picture and this is the same one.
    """
    images = [batch.images[i] for i in pictures.tolist()]
    own = [batch.images[i] for i in sentences.tolist()]
    same = [image == other for image, other in zip(images, own, strict=True)]
    return PairBatch(
        batch.regions.select(pictures),
        batch.text.select(sentences),
        batch.matched[sentences] & torch.tensor(same, device=batch.matched.device),
        tuple(batch.names[i] for i in sentences.tolist()),
        tuple(images),
    )


class Matching(nn.Module):
    """Each pair keeps its other side or, with ``probability``, gets another one of the batch.

    ``replace`` says which side is exchanged: the picture (X2), the sentence (X1), or either one
    by a coin (U9 and V10 in the papers).  ``match_class`` is the class that says that they match:
    1 (U9), or 0 in V10 [c].  With ``transport`` above zero the optimal-transport distance of
    matched pairs is added and that of the others subtracted, with this weight (0.1 in the
    released recipes, absent from paper v1).
    """

    name = "itm"

    def __init__(
        self,
        head: nn.Module,
        *,
        probability: float = 0.5,
        replace: Literal["image", "text", "either"] = "image",
        transport: float = 0.0,
        match_class: Literal[0, 1] = 1,
    ) -> None:
        super().__init__()
        self.transport = transport
        self.head = head
        self.probability = probability
        self.replace = replace
        self.match_class = match_class

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Moves pictures or sentences; words and regions themselves stay whole."""
        device = batch.matched.device
        moved = chance(len(batch), rng, device) < self.probability
        stay = torch.arange(len(batch), device=device)
        order = torch.where(moved, other_picture(batch, rng).to(device), stay)
        if self.replace == "either":
            picture = chance(len(batch), rng, device) < 0.5
            pictures, sentences = (
                torch.where(picture, order, stay),
                torch.where(picture, stay, order),
            )
        else:
            pictures, sentences = (order, stay) if self.replace == "image" else (stay, order)
        broken = rearranged(batch, pictures, sentences)
        matches = broken.matched if self.match_class else ~broken.matched
        return Corrupted(broken, stay, matches.long())

    def scores(self, encoding: Encoding) -> Float[Tensor, "P 2"]:
        """Scores of both classes for each pair; class ``match_class`` says that it matches."""
        return asked_of(self.head, encoding.pair, self.name)

    def lead(self, encoding: Encoding) -> Float[Tensor, "P"]:
        """By how much "matches" outscores "does not", in logits."""
        scores = self.scores(encoding).float()
        return scores[:, self.match_class] - scores[:, 1 - self.match_class]

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Two-way cross-entropy per pair, and the weighted transport distance if asked for."""
        scores = self.scores(encoding)[corrupted.rows].float()
        total = F.cross_entropy(scores, corrupted.targets, reduction="sum")
        if self.transport:
            distance = transport_distance(encoding, corrupted.batch)[corrupted.rows]
            matches = corrupted.targets == self.match_class
            total = total + self.transport * torch.where(matches, distance, -distance).sum()
        return LossSum(total, len(corrupted.rows))
