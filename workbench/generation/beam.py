"""Beam search: several drafts of each text at once, the best of all their continuations kept.

What happens to a finished draft, and which text is taken in the end, is the rule's
(``additive_length`` and ``divided_length``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workbench.generation.additive_length import NO_BONUS
from workbench.generation.constraints import NO_CONSTRAINTS, Constraints
from workbench.generation.frames import Frames
from workbench.generation.writing import Writer
from workbench.generation.written import Written, cut
from workbench.pairs import PairBatch


@runtime_checkable
class BeamRule(Protocol):
    """How totals grow, what becomes of drafts that have ended, and which text wins."""

    def grow(
        self,
        before: Float[Tensor, "P b"],
        ended: Bool[Tensor, "P b"],
        tokens: Int[Tensor, "P b c"],
        log_probabilities: Float[Tensor, "P b c"],
        step: int,
        end_id: int,
    ) -> tuple[Int[Tensor, "P b c"], Float[Tensor, "P b c"]]:
        """The continuations of every draft and their totals; ``step`` counts from 0."""
        ...

    def best(self, frames: Frames, picture: int, end_id: int) -> tuple[int, int, float]:
        """Frame and beam of the text to take, and its final score."""
        ...


@dataclass(frozen=True)
class Beam:
    """The best of ``beams`` drafts after at most ``longest`` tokens (P13, M24).

    Raises ``ValueError`` where the vocabulary is smaller than the number of beams.
    """

    beams: int = 5
    longest: int = 20
    rule: BeamRule = NO_BONUS
    constraints: Constraints = NO_CONSTRAINTS

    def __post_init__(self) -> None:
        if self.beams < 1 or self.longest < 1:
            raise ValueError(
                f"a search has one beam and one step or more, got beams={self.beams} and "
                f"longest={self.longest}"
            )

    @torch.no_grad()
    def frames(self, writer: Writer, prefix: PairBatch) -> Frames:
        """Every step's choices, up to the first after which all drafts of all pictures ended.

        A picture that ends earlier than others goes on; what is chosen for it then says nothing.
        """
        drafts, end_id = writer.begin(prefix), writer.feeding.end_id
        vocabulary = drafts.logits.shape[-1]
        if self.beams > vocabulary:
            raise ValueError(
                f"{self.beams} beams need as many different first tokens but the vocabulary has "
                f"{vocabulary}; ask for fewer beams"
            )
        totals = drafts.logits.new_zeros(len(prefix), 1, dtype=torch.float32)
        ended = torch.zeros_like(totals, dtype=torch.bool)
        done = ended[:, 0]
        chosen: list[tuple[Tensor, Tensor, Tensor]] = []
        for step in range(self.longest):
            _, scores = self.constraints.held(drafts.logits, drafts.tokens)
            log_probabilities, tokens = scores.topk(self.beams, -1)
            for rule in self.constraints.candidates:
                log_probabilities = rule(log_probabilities, tokens, drafts.tokens)
            tokens, grown = self.rule.grow(totals, ended, tokens, log_probabilities, step, end_id)
            totals, places = grown.flatten(1).topk(self.beams, -1)
            parents, token = places // self.beams, tokens.flatten(1).gather(1, places)
            chosen.append((token, parents, totals))
            ended = token == end_id
            done = done | ended.all(-1)
            if bool(done.all()):
                break
            if step + 1 < self.longest:
                drafts = writer.go_on(drafts, parents, token)
        return Frames(*(torch.stack(field, 1) for field in zip(*chosen, strict=True)))

    def __call__(self, writer: Writer, prefix: PairBatch) -> list[Written]:
        """The winning text for each picture, scored by the rule."""
        frames, end_id = self.frames(writer, prefix), writer.feeding.end_id
        found = []
        for picture in range(len(prefix)):
            frame, beam, score = self.rule.best(frames, picture, end_id)
            ids, ended = cut(frames.path(picture, frame, beam)[0], end_id)
            found.append(Written(ids, score, ended))
        return found
