"""Masked language modelling: hide words, guess them from the rest and from all regions (U6, V8).

Under the seq2seq pattern the same objective trains generation (P6, P7).
"""

from __future__ import annotations

import dataclasses

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.language_losses import (
    Smoothing,
    smoothed_cross_entropy,
    without_worst,
)
from workbench.objectives.masking import Chooser, Tokens
from workbench.objectives.objective import Corrupted, asked_of
from workbench.objectives.units import chance
from workbench.pairs import LossSum, PairBatch, TextTokens
from workbench.patterns import BIDIRECTIONAL, AttentionPattern


class MaskedLanguage(nn.Module):
    """Hides the tokens that ``choose`` picks: 80 % become [MASK], 10 % another token, 10 % stay.

    With ``source_rows`` the pattern is seq2seq: that many first text rows of each pair are a
    prefix, which is never hidden, and the rest sees only what came before it (P6).  With
    ``only_matched`` the words of pairs that do not match are hidden but not scored (X1).
    ``smoothing`` is the share of each target given to other words, by ``smoothed``;
    ``drop_worst`` the share of pairs, those with the largest summed loss, that do not count (X5).
    """

    def __init__(
        self,
        head: nn.Module,
        mask_id: int,
        random_range: tuple[int, int],
        *,
        choose: Chooser = Tokens(),  # noqa: B008
        name: str = "mlm",
        source_rows: int | None = None,
        only_matched: bool = False,
        smoothing: float = 0.0,
        smoothed: Smoothing = smoothed_cross_entropy,
        drop_worst: float = 0.0,
    ) -> None:
        super().__init__()
        self.head = head
        self.mask_id = mask_id
        self.random_range = random_range
        self.choose = choose
        self.name = name
        self.source_rows = source_rows
        self.only_matched = only_matched
        self.smoothing = smoothing
        self.smoothed = smoothed
        self.drop_worst = drop_worst

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Hides words; every region stays visible (conditional masking, U8)."""
        given = batch.text
        rows = self.chosen(given, rng).nonzero().squeeze(1)
        truth = given.ids[rows]
        fate = chance(len(rows), rng, rows.device)
        low, high = self.random_range
        other = torch.randint(low, high, (len(rows),), generator=rng, device=rng.device)
        shown = torch.where(fate < 0.8, self.mask_id, truth)
        shown = torch.where(fate >= 0.9, other.to(rows.device), shown)
        text = dataclasses.replace(given, ids=given.ids.index_copy(0, rows, shown))
        if self.only_matched:
            scored = batch.matched[given.offsets.owner[rows]]
            rows, truth = rows[scored], truth[scored]
        broken = dataclasses.replace(batch, text=text)
        counted = -1 if self.drop_worst else None  # which rows count depends on their losses
        return Corrupted(broken, rows, truth, self.pattern(given), counted=counted)

    def pattern(self, text: TextTokens) -> AttentionPattern:
        """Who may see whom in this text."""
        if self.source_rows is None:
            return BIDIRECTIONAL
        return AttentionPattern("seq2seq", text.offsets.lengths.clamp(max=self.source_rows))

    def chosen(self, text: TextTokens, rng: torch.Generator) -> Bool[Tensor, "T"]:
        """Which token rows to hide, none of them in the prefix."""
        if self.source_rows is None:
            return self.choose(text, rng)
        prefix = text.offsets.within < self.source_rows
        target = dataclasses.replace(text, words=text.words.masked_fill(prefix, -1))
        return self.choose(target, rng) & ~prefix

    def scores(self, encoding: Encoding, corrupted: Corrupted) -> Float[Tensor, "m V"]:
        """Vocabulary scores of the hidden rows."""
        return asked_of(self.head, encoding.text[corrupted.rows], self.name)

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Cross-entropy over hidden tokens."""
        scores = self.scores(encoding, corrupted)
        losses = self.smoothed(scores, corrupted.targets, self.smoothing)
        if self.drop_worst:
            offsets = corrupted.batch.text.offsets
            owner = offsets.owner[corrupted.rows]
            losses = losses[without_worst(losses, owner, len(offsets), self.drop_worst)]
        return LossSum(losses.sum(), len(losses))
