"""Which samples a pair is compared with: its own, those made for it, and those of others (M4)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from workbench.objectives.samples import joined
from workbench.pairs import PairBatch


@dataclass(frozen=True)
class Related:
    """Samples made for the pairs of a batch: ``owner`` says for which, ``positive`` how near.

    Pairs are rewritten captions beside the picture (M5–M7); lone pictures and lone sentences were
    retrieved (M8–M9) and are compared with the owner's own sentence or picture (M10).
    """

    samples: PairBatch
    owner: Int[Tensor, "n"]
    positive: Bool[Tensor, "n"]

    def __post_init__(self) -> None:
        if not len(self.samples) == len(self.owner) == len(self.positive):
            raise ValueError(
                f"{len(self.samples)} related samples need an owner and a sign each, got "
                f"{len(self.owner)} owners and {len(self.positive)} signs"
            )


@dataclass(frozen=True)
class Samples:
    """All that is encoded, for which pair of the first batch, and whether it is near.

    ``shown`` says whether a sample's picture and sentence are shown to the pairs of others.
    """

    batch: PairBatch
    owner: Int[Tensor, "n"]
    positive: Bool[Tensor, "n"]
    shown: Bool[Tensor, "n"]


@dataclass(frozen=True)
class Anchors:
    """The pairs that are compared: the samples of each pair, its own picture, its own sentence."""

    pairs: Int[Tensor, "m"]
    images: Int[Tensor, "m"]
    texts: Int[Tensor, "m"]


def laid_out(
    batch: PairBatch, related: Related | None, alone: bool, paired: bool = True
) -> tuple[Samples, Anchors]:
    """The batch, with ``alone`` its pictures and sentences each alone, then what is related.

    The matched pairs are the anchors; pairs that do not match are shown to nobody.  Without
    ``paired`` no pair of the batch is encoded, only what it has alone.
    """
    both = (batch.text.offsets.lengths > 0) & (batch.regions.offsets.lengths > 0)
    pairs = (both & batch.matched).nonzero().squeeze(1)
    every = torch.arange(len(batch), device=pairs.device)
    batches, owners, positives = [batch], [every], [batch.matched]
    shown = [~both if alone else ~both | batch.matched]
    anchors = Anchors(pairs, pairs, pairs)
    if not paired:
        kept = (~both).nonzero().squeeze(1)
        batches, owners, positives = [batch.select(kept)], [kept], [batch.matched[kept]]
        shown = [torch.ones_like(kept, dtype=torch.bool)]
    before = len(batches[0])
    if alone:
        own = batch.select(pairs)
        batches += [own.without_text(), own.without_regions()]
        owners += [pairs, pairs]
        positives += [torch.ones_like(pairs, dtype=torch.bool)] * 2
        first = before + torch.arange(len(pairs), device=pairs.device)
        anchors = Anchors(pairs if paired else first, first, first + len(pairs))
    if related is not None:
        if len(related.owner) and not 0 <= int(related.owner.min()) <= int(
            related.owner.max()
        ) < len(batch):
            raise ValueError(
                f"related samples are owned by pairs 0 to {len(batch) - 1}, got owners "
                f"{int(related.owner.min())} to {int(related.owner.max())}"
            )
        batches.append(related.samples)
        owners.append(related.owner)
        positives.append(related.positive)
    owner, positive = torch.cat(owners), torch.cat(positives)
    shown.append(torch.ones_like(positive[before:]))
    everything = batch if len(batches) == 1 else joined(batches)
    return Samples(everything, owner, positive, torch.cat(shown)), anchors


def roles(samples: Samples, anchors: Anchors, in_batch: bool) -> Int[Tensor, "m columns"]:
    """1 for positives, −1 for negatives, 0 for what a pair is not compared with (eq. 7).

    Columns are all samples three times: as pairs, as pictures, as sentences.  With ``in_batch``
    the samples of other pairs are negatives, but for those of the pair's own picture.
    """
    batch = samples.batch
    has_image, has_text = batch.regions.offsets.lengths > 0, batch.text.offsets.lengths > 0
    number = {name: i for i, name in enumerate(dict.fromkeys(batch.images))}
    image = torch.tensor([number[name] for name in batch.images], device=has_text.device)
    mine = samples.owner[anchors.pairs][:, None] == samples.owner[None]
    sign = torch.where(samples.positive, 1, -1)[None]
    others = (image[anchors.pairs][:, None] != image[None]) & ~mine & samples.shown
    others = others if in_batch else torch.zeros_like(others)
    pair = torch.where(mine & has_image & has_text, sign, 0)
    picture = torch.where(mine & has_image & ~has_text, sign, 0)
    sentence = torch.where(mine & has_text & ~has_image, sign, 0)
    picture = torch.where(others & has_image, -1, picture)
    sentence = torch.where(others & has_text, -1, sentence)
    return torch.cat([pair, picture, sentence], 1)
