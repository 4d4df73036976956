"""One draft a picture, one choice a step: the loop that greedy search and sampling share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from workbench.generation.constraints import Constraints
from workbench.generation.writing import Writer
from workbench.generation.written import Written, cut
from workbench.pairs import PairBatch


@dataclass(frozen=True)
class Steps:
    """Tokens chosen step by step, with their logits and log-probabilities."""

    tokens: Int[Tensor, "P t"]
    logits: Float[Tensor, "P t"]
    log_probabilities: Float[Tensor, "P t"]

    def written(self, end_id: int) -> list[Written]:
        """The text of each picture, cut at its first ``end_id`` and scored up to there."""
        found = []
        scores = self.log_probabilities.tolist()
        for tokens, of_steps in zip(self.tokens.tolist(), scores, strict=True):
            ids, ended = cut(tokens, end_id)
            found.append(Written(ids, sum(of_steps[: len(ids) + ended]), ended))
        return found


def write_stepwise(
    writer: Writer,
    prefix: PairBatch,
    choose: Callable[[Float[Tensor, "P V"]], Int[Tensor, "P"]],
    longest: int,
    constraints: Constraints,
    *,
    all_steps: bool = False,
) -> Steps:
    """Chooses ``longest`` tokens a picture, fewer when every text has ended before.

    ``choose`` is given log-probabilities.  With ``all_steps`` texts go on behind their end [c].
    """
    drafts = writer.begin(prefix)
    parents = torch.zeros(len(prefix), 1, dtype=torch.int64, device=drafts.tokens.device)
    ended = torch.zeros_like(parents[:, 0], dtype=torch.bool)
    chosen, logits, log_probabilities = [], [], []
    for step in range(longest):
        by_logit, by_log = constraints.held(drafts.logits, drafts.tokens)
        token = choose(by_log[:, 0])[:, None]
        chosen.append(token)
        logits.append(by_logit[:, 0].gather(1, token))
        log_probabilities.append(by_log[:, 0].gather(1, token))
        ended |= token[:, 0] == writer.feeding.end_id
        if step + 1 == longest or (bool(ended.all()) and not all_steps):
            break
        drafts = writer.go_on(drafts, parents, token)
    return Steps(torch.cat(chosen, 1), torch.cat(logits, 1), torch.cat(log_probabilities, 1))
