"""Cross-modal contrastive learning: a pair near, everything else far (M4, eq. 1, 6 and 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.contrast import Related, laid_out, roles
from workbench.objectives.objective import Corrupted
from workbench.pairs import LossSum, PairBatch

Similarity = Callable[[Tensor, Tensor], Tensor]
"""How near pictures [n, K] and sentences [m, K] are, as [n, m]: the papers' d(V, W) (X7)."""

Relate = Callable[[PairBatch, torch.Generator], Related]
"""Further samples for each pair of a batch: rewritten captions, retrieved pictures and texts."""


def product(images: Float[Tensor, "n K"], texts: Float[Tensor, "m K"]) -> Float[Tensor, "n m"]:
    """The inner product, as the released configuration's ``fusion_method`` "mul" hints (X7)."""
    return images @ texts.T


def cosine(images: Float[Tensor, "n K"], texts: Float[Tensor, "m K"]) -> Float[Tensor, "n m"]:
    """The inner product of vectors of length one: between −1 and 1 whatever the width (X7)."""
    return F.normalize(images, dim=-1) @ F.normalize(texts, dim=-1).T


class WeightedProduct(nn.Module):
    """The element-wise product, scored by one linear unit, as released for retrieval (X6, X7)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)

    def forward(
        self, images: Float[Tensor, "n K"], texts: Float[Tensor, "m K"]
    ) -> Float[Tensor, "n m"]:
        """The score of every picture beside every sentence."""
        return (images * self.score.weight) @ texts.T + self.score.bias


def cmcl_loss(
    scores: Float[Tensor, "m n"],
    positive: Bool[Tensor, "m n"],
    negative: Bool[Tensor, "m n"],
    temperature: float,
) -> Float[Tensor, "m"]:
    """Per pair −log(pos / (neg + pos)), sums of exp(score / temperature) (M4, eq. 6).

    A row's columns are all that its pair is compared with: pairs, pictures and sentences (eq. 7);
    what is neither positive nor negative does not count.  Every row needs a positive.
    """
    scaled = scores.float() / temperature
    near = scaled.masked_fill(~positive, -torch.inf).logsumexp(1)
    everything = scaled.masked_fill(~(positive | negative), -torch.inf).logsumexp(1)
    return everything - near


@dataclass(frozen=True, kw_only=True)
class Compared(Corrupted):
    """What to encode, and for each of the m pairs (``rows``) what it is compared with.

    ``targets`` [m, 3 samples] is 1 for positives, −1 for negatives and 0 for the rest, of the
    samples as pairs, as pictures and as sentences; ``images`` and ``texts`` are the samples whose
    states stand for the pair's own picture and sentence.
    """

    images: Int[Tensor, "m"]
    texts: Int[Tensor, "m"]


class Contrastive(nn.Module):
    """Matched pairs against the batch: each pair's picture and sentence near, others' far.

    ``relate`` adds samples to each pair: pairs (its rewritten captions, positive or negative), and
    lone pictures and sentences (retrieved ones), encoded alone (M5–M10).  With ``in_batch`` all
    pictures and sentences among the samples of other pairs are negatives (M4), unless they show
    the pair's own picture.  The papers leave open (X7): the ``similarity``, the ``temperature``,
    and which states of a pair's own picture and sentence are compared with others: those of the
    pair, or, with ``alone``, those of each encoded alone, which then are positives too.  Without
    ``paired`` the pair, both sides of which see each other, is none: it would satisfy equation 6
    by itself, unless ``relate`` gives pairs that do not match to tell it from.  In a
    ``Together`` it sees what the others leave of the words and regions; by itself it sees all.
    """

    name = "cmcl"

    def __init__(
        self,
        similarity: Similarity = cosine,
        *,
        temperature: float = 0.1,
        relate: Relate | None = None,
        alone: bool = False,
        paired: bool = True,
        in_batch: bool = True,
    ) -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"the temperature must be above 0, got {temperature}")
        if not paired and not alone:
            raise ValueError("without alone=True and paired=True a pair has no positive of its own")
        self.similarity = similarity
        self.temperature = temperature
        self.relate = relate
        self.alone = alone
        self.paired = paired
        self.in_batch = in_batch

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Compared:
        """Nothing is hidden; lone and related samples are laid behind the batch."""
        related = None if self.relate is None else self.relate(batch, rng)
        samples, anchors = laid_out(batch, related, self.alone, self.paired)
        return Compared(
            samples.batch,
            anchors.pairs,
            roles(samples, anchors, self.in_batch),
            flexible=True,
            images=anchors.images,
            texts=anchors.texts,
        )

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Eq. 6 for every matched pair.

        Raises ``ValueError`` for an encoder that says the same of a picture as of its sentence.
        """
        if not isinstance(corrupted, Compared):
            raise TypeError(f"a contrast needs what its corrupt() answered, got {type(corrupted)}")
        if encoding.image_summary is encoding.text_summary:
            raise ValueError(
                "a contrast needs one summary of the picture and one of the sentence, but this "
                "encoder makes a single one of both; give it TwoPoolers"
            )
        near = self.similarity(encoding.image_summary.float(), encoding.text_summary.float())
        pairs = near.diagonal().expand(len(corrupted.rows), -1)
        scores = torch.cat([pairs, near[:, corrupted.texts].T, near[corrupted.images]], 1)
        role = corrupted.targets
        losses = cmcl_loss(scores, role > 0, role < 0, self.temperature)
        return LossSum(losses.sum(), len(losses))
