"""Generation from left to right: the state of each token predicts the next one (M16, M24)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.language_losses import smoothed_cross_entropy
from workbench.objectives.objective import Corrupted, asked_of
from workbench.pairs import LossSum, PairBatch, TextTokens
from workbench.patterns import AttentionPattern

Source = Callable[[TextTokens], Int[Tensor, "P"]]
"""How many first rows of each text are given and not generated."""


class NextToken(nn.Module):
    """Nothing is hidden: under the seq2seq pattern every target token is guessed by the one before.

    ``source`` counts the text rows of each pair that are given (object tags, a question): one
    number for all, or a function of the text.  The target begins with a start token, which is
    never guessed, and the last token's state guesses nothing.  ``smoothing`` of every target goes
    to all words alike (M24 [c]: 0.1).
    """

    def __init__(
        self,
        head: nn.Module,
        *,
        source: int | Source = 0,
        smoothing: float = 0.0,
        name: str = "generation",
    ) -> None:
        super().__init__()
        self.head = head
        self.source = source
        self.smoothing = smoothing
        self.name = name

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """The batch as it is, and which row guesses what."""
        text = batch.text
        source = self.source
        given = text.offsets.lengths.clamp(max=source) if isinstance(source, int) else source(text)
        return next_tokens(batch, given)

    def scores(self, encoding: Encoding, corrupted: Corrupted) -> Float[Tensor, "m V"]:
        """Vocabulary scores of the guessing rows."""
        return asked_of(self.head, encoding.text[corrupted.rows], self.name)

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Cross-entropy over target tokens."""
        scores = self.scores(encoding, corrupted)
        losses = smoothed_cross_entropy(scores, corrupted.targets, self.smoothing)
        return LossSum(losses.sum(), len(losses))


def next_tokens(
    batch: PairBatch, source: Int[Tensor, "P"], stops: Bool[Tensor, "T"] | None = None
) -> Corrupted:
    """Every row behind the first ``source`` rows of its text guesses the token behind it.

    The last row of a text guesses nothing, nor does a row where ``stops`` is True.
    """
    text = batch.text
    offsets = text.offsets
    guessing = offsets.within >= source[offsets.owner]
    guessing &= offsets.within < offsets.lengths[offsets.owner] - 1
    if stops is not None:
        guessing &= ~stops
    rows = guessing.nonzero().squeeze(1)
    return Corrupted(batch, rows, text.ids[rows + 1], AttentionPattern("seq2seq", source))
