"""Sampling: tokens drawn from the model's own distribution, or from its likelier part."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.generation.constraints import NO_CONSTRAINTS, Constraints
from workbench.generation.stepwise import write_stepwise
from workbench.generation.writing import Writer
from workbench.generation.written import Written
from workbench.pairs import PairBatch


def only_likeliest(scores: Float[Tensor, "P V"], count: int) -> Float[Tensor, "P V"]:
    """Scores of the ``count`` likeliest tokens, all others at minus infinity (top-k)."""
    least = scores.topk(min(count, scores.shape[-1]), -1).values[:, -1:]
    return scores.masked_fill(scores < least, -torch.inf)


def only_nucleus(scores: Float[Tensor, "P V"], share: float) -> Float[Tensor, "P V"]:
    """Scores of the fewest likeliest tokens that together have this probability (top-p)."""
    ordered, places = scores.softmax(-1).sort(-1, descending=True)
    beyond = ordered.cumsum(-1) - ordered >= share
    return scores.masked_fill(torch.zeros_like(beyond).scatter(-1, places, beyond), -torch.inf)


@dataclass(frozen=True)
class Sampled:
    """Each token drawn at random, at most ``longest`` of them; the same ``seed``, the same texts.

    Scores are divided by ``temperature``; then only the ``top_k`` likeliest tokens remain, then the
    nucleus of probability ``top_p`` (None: all).
    """

    longest: int = 20
    seed: int = 0
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    constraints: Constraints = NO_CONSTRAINTS

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise ValueError(
                f"the temperature must be above 0, got {self.temperature}; for the likeliest "
                "token use Greedy"
            )
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k keeps one token or more, got {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p is a probability above 0 and up to 1, got {self.top_p}")

    def narrowed(self, scores: Float[Tensor, "P V"]) -> Float[Tensor, "P V"]:
        """The scores that are drawn from."""
        scores = scores / self.temperature
        if self.top_k is not None:
            scores = only_likeliest(scores, self.top_k)
        return scores if self.top_p is None else only_nucleus(scores, self.top_p)

    @torch.no_grad()
    def __call__(self, writer: Writer, prefix: PairBatch) -> list[Written]:
        """One text for each picture, scored by its log-probability under the model."""
        rng = torch.Generator().manual_seed(self.seed)

        def choose(scores: Tensor) -> Tensor:
            shares = self.narrowed(scores).softmax(-1)
            return torch.multinomial(shares.cpu(), 1, generator=rng)[:, 0].to(scores.device)

        steps = write_stepwise(writer, prefix, choose, self.longest, self.constraints)
        return steps.written(writer.feeding.end_id)
