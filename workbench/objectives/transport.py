"""Word–region alignment by optimal transport, as in the released code [c] (U33, X4).

The cost of moving a word to a region is one minus the cosine of their states; the plan is found
by IPOT (inexact proximal point iterations) without gradient, which flows through the cost alone.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.encoders.encoding import Encoding
from workbench.layers.attention import pad
from workbench.pairs import PairBatch


def cosine_cost(
    words: Float[Tensor, "P t D"], regions: Float[Tensor, "P r D"]
) -> Float[Tensor, "P t r"]:
    """One minus the cosine similarity of every word with every region."""
    words, regions = (F.normalize(states, dim=-1, eps=1e-5) for states in (words, regions))
    return 1 - words @ regions.transpose(1, 2)


@torch.no_grad()
def transport_plan(
    cost: Float[Tensor, "P t r"],
    no_word: Bool[Tensor, "P t"],
    no_region: Bool[Tensor, "P r"],
    *,
    beta: float = 0.5,
    iterations: int = 50,
) -> Float[Tensor, "P r t"]:
    """How much of each region moves to each word, uniform marginals; filler moves nothing."""
    words = (~no_word).sum(1, keepdim=True).to(cost.dtype)
    regions = (~no_region).sum(1, keepdim=True).to(cost.dtype)
    filler = no_region[:, :, None] | no_word[:, None, :]
    kernel = torch.exp(-cost.transpose(1, 2) / beta).masked_fill(filler, 0)
    plan = torch.ones_like(kernel).masked_fill(filler, 0)
    word_scale = ((~no_word) / words.clamp_min(1))[:, :, None]
    far_word, far_region = (mask.to(cost.dtype) * 1e4 for mask in (no_word, no_region))
    for _ in range(iterations):
        proposal = kernel * plan
        mass = regions * (proposal @ word_scale).squeeze(2) + far_region
        region_scale = (1 / mass)[:, None, :]
        mass = words * (region_scale @ proposal).squeeze(1) + far_word
        word_scale = (1 / mass)[:, :, None]
        plan = region_scale.transpose(1, 2) * proposal * word_scale.transpose(1, 2)
    return plan.masked_fill(filler, 0)


def transport_distance(encoding: Encoding, batch: PairBatch) -> Float[Tensor, "P"]:
    """The cost of the best plan of each pair, [CLS] and [SEP] included; always in float32.

    Raises ``ValueError`` for states of different widths: there is no cosine between them.
    """
    if encoding.text.shape[-1] != encoding.regions.shape[-1]:
        raise ValueError(
            f"transport compares words with regions, but this encoder's tokens have "
            f"{encoding.text.shape[-1]} units and its regions {encoding.regions.shape[-1]}; use "
            "an encoder of one stream, or transport=0.0"
        )
    text, regions = batch.text.offsets, batch.regions.offsets
    cost = cosine_cost(pad(encoding.text.float(), text), pad(encoding.regions.float(), regions))
    steps = torch.arange(max(text.longest, regions.longest), device=cost.device)
    no_word = steps[None, : text.longest] >= text.lengths[:, None]
    no_region = steps[None, : regions.longest] >= regions.lengths[:, None]
    cost = cost.masked_fill(no_word[:, :, None] | no_region[:, None, :], 0)
    plan = transport_plan(cost.detach(), no_word, no_region)
    return (cost * plan.transpose(1, 2)).sum((1, 2))
