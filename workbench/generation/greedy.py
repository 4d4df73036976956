"""Greedy search: always the likeliest token."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workbench.generation.constraints import NO_CONSTRAINTS, Constraints
from workbench.generation.stepwise import Steps, write_stepwise
from workbench.generation.writing import Writer
from workbench.generation.written import Written
from workbench.pairs import PairBatch


@dataclass(frozen=True)
class Greedy:
    """The likeliest token at every step, at most ``longest`` of them (P13)."""

    longest: int = 20
    constraints: Constraints = NO_CONSTRAINTS

    @torch.no_grad()
    def steps(self, writer: Writer, prefix: PairBatch, *, all_steps: bool = False) -> Steps:
        """Every step's choice; with ``all_steps`` also behind the end of a text."""
        return write_stepwise(
            writer,
            prefix,
            lambda scores: scores.argmax(-1),
            self.longest,
            self.constraints,
            all_steps=all_steps,
        )

    def __call__(self, writer: Writer, prefix: PairBatch) -> list[Written]:
        """One text for each picture, scored by its log-probability."""
        return self.steps(writer, prefix).written(writer.feeding.end_id)
