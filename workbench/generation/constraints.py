"""Where a search may be held back: scores before and after the softmax, and candidates.

The papers' rules differ in the place as much as in the number, so the place is part of the choice.
A rule for scores is called with (scores [P, b, V], drafts [P, b, t]) and answers new scores; a rule
for candidates with (log-probabilities [P, b, c], their tokens [P, b, c], drafts [P, b, t]).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

ScoreRule = Callable[[Tensor, Tensor], Tensor]
CandidateRule = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Constraints:
    """Rules on logits (before the softmax), on log-probabilities and on chosen candidates.

    Rules on candidates come after the best ``c`` tokens of every draft were chosen by probability;
    only a beam search has them.
    """

    logits: tuple[ScoreRule, ...] = ()
    log_probabilities: tuple[ScoreRule, ...] = ()
    candidates: tuple[CandidateRule, ...] = ()

    def held(
        self, logits: Float[Tensor, "P b V"], drafts: Int[Tensor, "P b t"]
    ) -> tuple[Float[Tensor, "P b V"], Float[Tensor, "P b V"]]:
        """Logits and log-probabilities after the rules on each, in float32."""
        logits = logits.float()
        for rule in self.logits:
            logits = rule(logits, drafts)
        log_probabilities = logits.log_softmax(-1)
        for rule in self.log_probabilities:
            log_probabilities = rule(log_probabilities, drafts)
        return logits, log_probabilities


NO_CONSTRAINTS = Constraints()
