"""Masked language modelling: hide words, guess them from the rest and from all regions (U6, V8)."""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from workbench.encoders.encoding import Encoding
from workbench.objectives.masking import chance, choose_rows, word_of_row
from workbench.objectives.objective import Corrupted
from workbench.pairs import LossSum, PairBatch


class MaskedLanguage(nn.Module):
    """Hides words with ``probability``: 80 % become [MASK], 10 % another token, 10 % stay.

    ``probability`` is one number, or one per vocabulary entry for a curriculum that looks harder
    at some words.  With ``whole_words`` all sub-words of a word are hidden together.  Every
    sentence hides at least one word; special tokens are never hidden.
    """

    name = "mlm"
    probability: Tensor

    def __init__(
        self,
        head: nn.Module,
        mask_id: int,
        random_range: tuple[int, int],
        *,
        probability: float | Float[Tensor, "V"] = 0.15,
        whole_words: bool = False,
    ) -> None:
        super().__init__()
        self.head = head
        self.mask_id = mask_id
        self.random_range = random_range
        self.whole_words = whole_words
        self.register_buffer(
            "probability", torch.as_tensor(probability).float().reshape(-1), persistent=False
        )

    def choose(self, batch: PairBatch, rng: torch.Generator) -> Bool[Tensor, "T"]:
        """Which token rows to hide."""
        text = batch.text
        score = chance(len(text.ids), rng, text.ids.device)
        probability = self.probability
        probability = probability if len(probability) == 1 else probability[text.ids]
        if not self.whole_words:
            return choose_rows(score, probability, text.offsets, text.words >= 0)
        word = word_of_row(text)
        first = torch.ones_like(text.words, dtype=torch.bool)
        first[1:] = word[1:] != word[:-1]
        chosen = choose_rows(score, probability, text.offsets, (text.words >= 0) & first)
        return chosen[first][word]

    def corrupt(self, batch: PairBatch, rng: torch.Generator) -> Corrupted:
        """Hides words; every region stays visible (conditional masking, U8)."""
        rows = self.choose(batch, rng).nonzero().squeeze(1)
        truth = batch.text.ids[rows]
        fate = chance(len(rows), rng, rows.device)
        low, high = self.random_range
        other = torch.randint(low, high, (len(rows),), generator=rng, device=rng.device)
        shown = torch.where(fate < 0.8, self.mask_id, truth)
        shown = torch.where(fate >= 0.9, other.to(rows.device), shown)
        text = dataclasses.replace(batch.text, ids=batch.text.ids.index_copy(0, rows, shown))
        return Corrupted(dataclasses.replace(batch, text=text), rows, truth)

    def scores(self, encoding: Encoding, corrupted: Corrupted) -> Float[Tensor, "m V"]:
        """Vocabulary scores of the hidden rows."""
        return self.head(encoding.text[corrupted.rows])

    def loss(self, encoding: Encoding, corrupted: Corrupted) -> LossSum:
        """Cross-entropy over hidden tokens."""
        scores = self.scores(encoding, corrupted).float()
        total = F.cross_entropy(scores, corrupted.targets, reduction="sum")
        return LossSum(total, len(corrupted.rows))
